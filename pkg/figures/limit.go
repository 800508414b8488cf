package figures

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// limit finds the series that remain under the limit of a query: the worst of the first signal. It excludes other nodes
// from the evaluation, unless a signal compares nodes with each other.
func limit(ctx context.Context, r *request.Request, qc *request.QueryContext) error {
	if qc.Query.Limit == 0 {
		return nil
	}
	series, err := rankedSeries(ctx, r, qc)
	if err != nil {
		return err
	}
	lowest := qc.Results[0].Signal.LowestIsWorst()
	slices.SortStableFunc(series, func(x, y promql.Sample) int {
		worse := cmp.Compare(y.F, x.F)
		if lowest {
			worse = -worse
		}
		a, b := target.NodeOf(x.Metric), target.NodeOf(y.Metric)
		return cmp.Or(worse, frames.CompareNatural(a.Cluster, b.Cluster), frames.CompareNatural(a.Name, b.Name))
	})
	kept := series[:min(qc.Query.Limit, len(series))]
	qc.Ranking = request.NewRanking(kept)
	for i, s := range series {
		n := target.NodeOf(s.Metric)
		qc.Ranking.Nodes[n] = qc.Ranking.Nodes[n] || i < len(kept)
	}
	if slices.ContainsFunc(qc.Results, func(result frames.Result) bool { return result.Signal.ComparesNodes }) {
		return nil
	}
	return r.CompileAll(qc, slices.Concat(qc.Query.Filters, filtersOn(kept)))
}

// rankedSeries returns the values by which series are ranked. For an instant these are the values themselves. For a range,
// a state is ranked by how long it lasted, a signal with a window by its value over the whole range, and any other signal
// by its extreme.
func rankedSeries(ctx context.Context, r *request.Request, qc *request.QueryContext) (promql.Vector, error) {
	first := qc.Results[0]
	state := len(first.Signal.Values) > 0
	if !qc.Query.Instant && !state && strings.Contains(first.Signal.Expr, "$window") {
		window := signals.FormatDuration(max(qc.Times.Length, first.Window))
		once := *qc
		once.Query.Instant = true
		whole, err := r.Compile(first.Signal.ID, &once, qc.Query.Filters, window)
		if err != nil {
			return nil, failure.User(err)
		}
		found, err := r.EvaluateQuery(ctx, whole.Expr, &once)
		return valued(found.Value), err
	}
	found, err := r.EvaluateQuery(ctx, first.Expr, qc)
	if err != nil || qc.Query.Instant {
		return valued(found.Value), err
	}
	matrix, _ := found.Value.(promql.Matrix)
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

// valued returns the series of an instant that have a value.
func valued(value parser.Value) promql.Vector {
	vector, _ := value.(promql.Vector)
	return slices.DeleteFunc(slices.Clone(vector), func(s promql.Sample) bool { return math.IsNaN(s.F) })
}

// filtersOn returns filters that only match the nodes of the series. It is empty if the series are not by node.
func filtersOn(series promql.Vector) []signals.Filter {
	var out []signals.Filter
	for _, name := range target.IdentityLabels {
		var values []string
		for _, s := range series {
			if !s.Metric.Has("node") {
				return nil
			}
			values = append(values, s.Metric.Get(name))
		}
		out = append(out, signals.AnyOf(name, values))
	}
	return out
}
