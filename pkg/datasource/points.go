package datasource

import (
	"context"
	"math"

	"github.com/prometheus/prometheus/promql"
)

// point is a value at a step of the query; an instant has the one step 0.
type point struct {
	step  int
	value float64
}

// points evaluates an expression with one series a node, and returns the expression as it was evaluated, too. NaN, which
// is "cannot be known", is left out.
func (r *request) points(ctx context.Context, expr string, a *asked) (values map[node][]point, executed string, err error) {
	found, err := r.over(ctx, expr, a)
	if err != nil {
		return nil, "", err
	}
	a.remarks = append(a.remarks, found.notices...)
	out := map[node][]point{}
	switch v := found.value.(type) {
	case promql.Vector:
		for _, s := range v {
			if !math.IsNaN(s.F) {
				out[nodeOf(s.Metric)] = []point{{0, s.F}}
			}
		}
	case promql.Matrix:
		start, step := a.times.start.UnixMilli(), a.times.step.Milliseconds()
		for _, s := range v {
			points := make([]point, 0, len(s.Floats))
			for _, p := range s.Floats {
				if !math.IsNaN(p.F) {
					points = append(points, point{int((p.T - start) / step), p.F})
				}
			}
			out[nodeOf(s.Metric)] = points
		}
	}
	return out, found.executed, nil
}

// last is the value at an instant.
func last(points []point) (float64, bool) {
	if len(points) == 0 {
		return math.NaN(), false
	}
	return points[len(points)-1].value, true
}
