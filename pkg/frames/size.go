package frames

import (
	"cmp"

	"github.com/prometheus/prometheus/promql"
)

// Bytes is an amount of memory.
type Bytes int64

const (
	// SeriesBytes is roughly what the frame of a series takes while it is encoded: fields, labels, configuration, and the
	// buffers of the Arrow format. Measured with 5000 series.
	SeriesBytes Bytes = 8 << 10
	pointBytes  Bytes = 64
	rowBytes    Bytes = 512 // of a table
)

// Size estimates how much memory the frames of results take while they are encoded.
func Size(results []Result, table bool) (sum Bytes) {
	for _, r := range results {
		series, points := 1, 1
		switch v := r.Value.(type) {
		case promql.Vector:
			series, points = len(v), len(v)
		case promql.Matrix:
			series, points = len(v), 0
			for _, s := range v {
				points += len(s.Floats)
			}
		}
		if table {
			sum += Bytes(points) * rowBytes
			continue
		}
		executed := Bytes(len(cmp.Or(r.Executed, r.Expr))) // every frame contains it
		sum += Bytes(series)*(SeriesBytes+2*executed) + Bytes(points)*pointBytes
	}
	return sum
}
