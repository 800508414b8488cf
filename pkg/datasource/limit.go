package datasource

import (
	"cmp"
	"context"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// worst is what the limit of a query leaves.
type worst struct {
	names []string       // of the labels by which the first signal's series are told apart
	rank  map[string]int // by those labels' values; 0 is the worst
	// nodes are those of which the first signal has a value, true where the limit leaves any of it.
	nodes map[node]bool
}

// limit works out which series the limit of a query leaves: those that the first signal is worst of. What is left out
// is then not even evaluated, where leaving out nodes does not change the figures of the others.
func (r *request) limit(ctx context.Context, a *asked) error {
	if a.query.Limit == 0 {
		return nil
	}
	series, err := r.ranked(ctx, a)
	if err != nil {
		return err
	}
	lowest := a.results[0].Signal.LowestIsWorst()
	slices.SortStableFunc(series, func(x, y promql.Sample) int {
		if lowest {
			x, y = y, x
		}
		return cmp.Compare(y.F, x.F)
	})
	kept := series[:min(a.query.Limit, len(series))]
	a.worst = rank(kept)
	for i, s := range series {
		n := nodeOf(s.Metric)
		a.worst.nodes[n] = a.worst.nodes[n] || i < len(kept)
	}
	if slices.ContainsFunc(a.results, func(result frames.Result) bool { return result.Signal.ComparesNodes }) {
		return nil
	}
	return r.compileAll(a, slices.Concat(a.query.Filters, filtersOn(kept)))
}

func rank(series promql.Vector) *worst {
	w := &worst{rank: map[string]int{}, nodes: map[node]bool{}}
	for _, s := range series {
		s.Metric.Range(func(l labels.Label) {
			if !slices.Contains(w.names, l.Name) {
				w.names = append(w.names, l.Name)
			}
		})
	}
	for i, s := range series {
		w.rank[w.key(s.Metric)] = i
	}
	return w
}

// ranked are the values that series are ranked by: at an instant those asked for; over a range of a state how long it
// lasted, of a signal with a window its figure over the whole of the range, of any other its extreme.
func (r *request) ranked(ctx context.Context, a *asked) (promql.Vector, error) {
	first := a.results[0]
	state := len(first.Signal.Values) > 0
	if !a.query.Instant && !state && strings.Contains(first.Signal.Expr, "$window") {
		window := signals.FormatDuration(max(a.times.length, first.Window))
		once := *a
		once.query.Instant = true
		whole, err := r.compile(first.Signal.ID, &once, a.query.Filters, window)
		if err != nil {
			return nil, userError{err}
		}
		found, err := r.over(ctx, whole.Expr, &once)
		return valued(found.value), err
	}
	found, err := r.over(ctx, first.Expr, a)
	if err != nil || a.query.Instant {
		return valued(found.value), err
	}
	matrix, _ := found.value.(promql.Matrix)
	var out promql.Vector
	for _, s := range matrix {
		var known []float64
		for _, p := range s.Floats {
			if !math.IsNaN(p.F) {
				known = append(known, p.F)
			}
		}
		if len(known) == 0 {
			continue
		}
		figure := slices.Max(known)
		switch {
		case state:
			figure = mean(known)
		case first.Signal.LowestIsWorst():
			figure = slices.Min(known)
		}
		out = append(out, promql.Sample{Metric: s.Metric, F: figure})
	}
	return out, nil
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// valued are the series of an instant that have a value.
func valued(value parser.Value) promql.Vector {
	vector, _ := value.(promql.Vector)
	return slices.DeleteFunc(slices.Clone(vector), func(s promql.Sample) bool { return math.IsNaN(s.F) })
}

// filtersOn are filters that only the nodes of some series pass; none where the series are not by node.
func filtersOn(series promql.Vector) []signals.Filter {
	var out []signals.Filter
	for _, name := range identity {
		var values []string
		for _, s := range series {
			if !s.Metric.Has("node") {
				return nil
			}
			if value := regexp.QuoteMeta(s.Metric.Get(name)); !slices.Contains(values, value) {
				values = append(values, value)
			}
		}
		slices.Sort(values)
		out = append(out, signals.Filter{Key: name, Operator: "=~", Value: strings.Join(values, "|")})
	}
	return out
}

// of are the series of a value that the limit leaves, in the order of their rank at an instant. The value is shared and
// stays as it is. Without a limit all are left.
func (w *worst) of(value parser.Value) parser.Value {
	if w == nil {
		return value
	}
	left := func(l labels.Labels) bool { _, ok := w.rank[w.key(l)]; return ok }
	switch v := value.(type) {
	case promql.Matrix:
		return slices.DeleteFunc(slices.Clone(v), func(s promql.Series) bool { return !left(s.Metric) })
	case promql.Vector:
		out := slices.DeleteFunc(slices.Clone(v), func(s promql.Sample) bool { return !left(s.Metric) })
		slices.SortStableFunc(out, func(x, y promql.Sample) int { return w.rank[w.key(x.Metric)] - w.rank[w.key(y.Metric)] })
		return out
	}
	return value
}

// hides is whether a node is missing in the result of a signal only because the limit leaves it out.
func (w *worst) hides(n node, first bool) bool {
	if w == nil {
		return false
	}
	left, known := w.nodes[n]
	return first && known || !first && !left
}

func (w *worst) key(l labels.Labels) string {
	var b strings.Builder
	for _, name := range w.names {
		b.WriteString(l.Get(name) + "\xff")
	}
	return b.String()
}

// limited are the first rows of a table; without a limit, which is 0, all of them.
func limited[T any](rows []T, most int) []T {
	if most == 0 {
		return rows
	}
	return rows[:min(most, len(rows))]
}
