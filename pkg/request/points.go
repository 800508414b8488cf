package request

import (
	"context"
	"math"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/query"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// Point is a value at a step of the query. An instant has the one step 0.
type Point struct {
	Step  int
	Value float64
}

// Points evaluates an expression with one series per node. It also returns the expression as it was evaluated. NaN, which
// means "unknown", is left out. The points are shared and must not be modified.
func (r *Request) Points(ctx context.Context, expr string, qc *QueryContext) (values map[target.Node][]Point, executed string, err error) {
	found, err := r.EvaluateQuery(ctx, expr, qc)
	if err != nil {
		return nil, "", err
	}
	qc.Notices = append(qc.Notices, found.Notices...)
	key := qc.evaluation(expr)
	r.mu.Lock()
	defer r.mu.Unlock()
	values, known := r.points[key]
	if !known {
		values = pointsByNode(found.Value, qc.Times)
		r.points[key] = values
	}
	return values, found.Executed, nil
}

func pointsByNode(value parser.Value, times query.Times) map[target.Node][]Point {
	out := map[target.Node][]Point{}
	switch v := value.(type) {
	case promql.Vector:
		for _, s := range v {
			if !math.IsNaN(s.F) {
				out[target.NodeOf(s.Metric)] = []Point{{0, s.F}}
			}
		}
	case promql.Matrix:
		start, step := times.Start.UnixMilli(), times.Step.Milliseconds()
		for _, s := range v {
			points := make([]Point, 0, len(s.Floats))
			for _, p := range s.Floats {
				if !math.IsNaN(p.F) {
					points = append(points, Point{int((p.T - start) / step), p.F})
				}
			}
			out[target.NodeOf(s.Metric)] = points
		}
	}
	return out
}

// Last returns the last value, which is the only one at an instant.
func Last(points []Point) (float64, bool) {
	if len(points) == 0 {
		return math.NaN(), false
	}
	return points[len(points)-1].Value, true
}
