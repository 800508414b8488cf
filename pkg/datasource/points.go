package datasource

import (
	"context"
	"math"

	"github.com/prometheus/prometheus/promql"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

// point is a value at a step of the query; an instant has the one step 0.
type point struct {
	step  int
	value float64
}

// points evaluates an expression with one series a node. NaN, which is "cannot be known", is left out. With a kind,
// only the series that the scrapes of such targets wrote count.
func (r *request) points(ctx context.Context, expr, kind string, a *asked) (map[node][]point, error) {
	value, err := r.over(ctx, expr, a)
	if err != nil {
		return nil, err
	}
	ofKind := func(label string) bool {
		return kind == "" || label == kind || label == "" && kind == scrape.KindFalco
	}
	out := map[node][]point{}
	switch v := value.(type) {
	case promql.Vector:
		for _, s := range v {
			if !math.IsNaN(s.F) && ofKind(s.Metric.Get("kind")) {
				out[nodeOf(s.Metric)] = []point{{0, s.F}}
			}
		}
	case promql.Matrix:
		start, step := a.times.start.UnixMilli(), a.times.step.Milliseconds()
		for _, s := range v {
			if !ofKind(s.Metric.Get("kind")) {
				continue
			}
			points := make([]point, 0, len(s.Floats))
			for _, p := range s.Floats {
				if !math.IsNaN(p.F) {
					points = append(points, point{int((p.T - start) / step), p.F})
				}
			}
			out[nodeOf(s.Metric)] = points
		}
	}
	return out, nil
}

// last is the value at an instant.
func last(points []point) (float64, bool) {
	if len(points) == 0 {
		return math.NaN(), false
	}
	return points[len(points)-1].value, true
}
