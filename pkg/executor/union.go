package executor

import (
	"math"
	"slices"
	"sort"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

// union puts the values of an expression for groups of nodes together.
type union struct {
	total  func(a, b float64) float64 // how two totals become one; nil if no series is in two groups
	values []parser.Value
	// samples is how many samples the values have.
	samples int
	// free gives the memory of the values back; nil if there is nothing to do.
	free func()
}

func (u *union) add(v parser.Value) {
	u.values = append(u.values, v)
	u.samples += countSamples(v)
}

// own returns a value in memory of its own: the engine uses that of a range again.
func own(v parser.Value) parser.Value {
	if m, isRange := v.(promql.Matrix); isRange {
		return join(m, nil)
	}
	return v
}

// value returns all values as one. It may share their memory.
func (u *union) value() parser.Value {
	if len(u.values) == 1 {
		return u.values[0]
	}
	if _, isRange := u.values[0].(promql.Matrix); isRange {
		return u.matrix()
	}
	return u.vector()
}

func (u *union) vector() promql.Vector {
	var all promql.Vector
	place := map[uint64]int{} // by the hash of the labels
	for _, v := range u.values {
		for _, s := range v.(promql.Vector) {
			if u.total != nil {
				hash := s.Metric.Hash()
				if i, known := place[hash]; known {
					all[i].F = u.total(all[i].F, s.F)
					continue
				}
				place[hash] = len(all)
			}
			all = append(all, s)
		}
	}
	return all
}

func (u *union) matrix() promql.Matrix {
	var all promql.Matrix
	for _, v := range u.values {
		all = append(all, v.(promql.Matrix)...)
	}
	sort.Sort(all)
	if u.total == nil {
		return all
	}
	out := all[:0]
	for _, s := range all {
		if last := len(out) - 1; last >= 0 && labels.Equal(out[last].Metric, s.Metric) {
			out[last].Floats = addPoints(out[last].Floats, s.Floats, u.total)
			continue
		}
		out = append(out, s)
	}
	return out
}

// addPoints returns the points of two series, added up where both have one.
func addPoints(a, b []promql.FPoint, total func(a, b float64) float64) []promql.FPoint {
	out := make([]promql.FPoint, 0, max(len(a), len(b)))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].T < b[0].T:
			out, a = append(out, a[0]), a[1:]
		case a[0].T > b[0].T:
			out, b = append(out, b[0]), b[1:]
		default:
			out = append(out, promql.FPoint{T: a[0].T, F: total(a[0].F, b[0].F)})
			a, b = a[1:], b[1:]
		}
	}
	return slices.Concat(out, a, b)
}

// totals returns what an expression adds up over nodes, and how two totals become one. Without totals, that is the
// expression itself and nil.
func totals(expr parser.Expr) (inner parser.Expr, total func(a, b float64) float64) {
	e, isAggregation := expr.(*parser.AggregateExpr)
	if !isAggregation || divide(e) == perNode {
		return expr, nil
	}
	switch e.Op {
	case parser.SUM, parser.COUNT:
		return e.Expr, func(a, b float64) float64 { return a + b }
	case parser.MAX:
		return e.Expr, func(a, b float64) float64 { return outer(a, b, b > a) }
	case parser.MIN:
		return e.Expr, func(a, b float64) float64 { return outer(a, b, b < a) }
	}
	return expr, nil
}

// outer returns b if it is further out than a. A number is further out than NaN, as for the engine.
func outer(a, b float64, further bool) float64 {
	if further || math.IsNaN(a) {
		return b
	}
	return a
}
