package frames

import (
	"cmp"

	"github.com/prometheus/prometheus/model/labels"
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
	// usualTextBytes is how much text, the labels and the name of a series, is part of SeriesBytes and of rowBytes.
	usualTextBytes Bytes = 256
)

// Size estimates how much memory the frames of results take while they are encoded.
func Size(results []Result, legend string, table bool) (sum Bytes) {
	parts := legendPart.FindAllStringSubmatch(legend, -1)
	for _, r := range results {
		executed := Bytes(len(cmp.Or(r.Executed, r.Expr))) // every frame contains it
		add := func(l labels.Labels, points int) {
			text := max(0, textBytes(l, legend, parts)-usualTextBytes)
			if table {
				sum += Bytes(points) * (rowBytes + text)
				return
			}
			sum += SeriesBytes + 2*executed + 2*text + Bytes(points)*pointBytes
		}
		switch v := r.Value.(type) {
		case promql.Vector:
			for _, s := range v {
				add(s.Metric, 1)
			}
		case promql.Matrix:
			for _, s := range v {
				add(s.Metric, len(s.Floats))
			}
		default:
			add(labels.EmptyLabels(), 1)
		}
	}
	return sum
}

// textBytes returns the size of the labels of a series and of its name. parts are the labels in the legend.
func textBytes(l labels.Labels, legend string, parts [][]string) Bytes {
	name := len(legend)
	for _, part := range parts {
		name += len(l.Get(part[1]))
	}
	if legend == "" {
		name = int(l.ByteSize()) //nolint:gosec // G115: labels fit into memory
	}
	return Bytes(l.ByteSize()) + Bytes(name) //nolint:gosec // G115: as above
}
