package request

import (
	"context"
	"slices"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// CompileAll compiles the signals of a query, each once.
func (r *Request) CompileAll(qc *QueryContext, filters []signals.Filter) error {
	qc.Filters, qc.Results = filters, nil
	for _, id := range qc.Query.Signals {
		result, err := r.Compile(id, qc, filters, qc.Query.Window)
		if err != nil {
			return failure.User(err)
		}
		if !slices.ContainsFunc(qc.Results, func(other frames.Result) bool { return other.Signal == result.Signal }) {
			qc.Results = append(qc.Results, result)
		}
	}
	return nil
}

// Compile compiles a signal with the filters and the window of a query.
func (r *Request) Compile(id string, qc *QueryContext, filters []signals.Filter, window string) (frames.Result, error) {
	s, err := r.Catalogue.Signal(id)
	if err != nil {
		return frames.Result{}, err
	}
	expr, length, err := r.Catalogue.Compile(s, qc.Query.GroupBy, filters, qc.Times.ExpandMacros(window), r.CompileOptions(qc))
	return frames.Result{Signal: s, Expr: expr, Window: length}, err
}

// CompileOptions returns what templates need to know about the data source and the query's times.
func (r *Request) CompileOptions(qc *QueryContext) signals.CompileOptions {
	o := signals.CompileOptions{
		Identity: target.IdentityLabels, TargetLabels: r.Settings.TargetLabels,
		Step: qc.Times.Step, ScrapeInterval: qc.Times.Scrape, Range: qc.Times.Length,
	}
	if since := r.Executor.HistoryStart(); qc.Query.Instant && !since.IsZero() {
		// A window includes its end but not its start.
		o.History = max(time.Second, qc.Times.End.Sub(since).Truncate(time.Second)+time.Second)
	}
	return o
}

// EvaluateAll evaluates every expression of a query.
func (r *Request) EvaluateAll(ctx context.Context, qc *QueryContext) error {
	if len(qc.Results) > 1 {
		exprs := make([]string, len(qc.Results))
		for i, result := range qc.Results {
			exprs[i] = result.Expr
		}
		r.Prefetch(ctx, exprs, qc)
	}
	for i := range qc.Results {
		found, err := r.EvaluateQuery(ctx, qc.Results[i].Expr, qc)
		if err != nil {
			return err
		}
		qc.Results[i].Value, qc.Results[i].Ranked = qc.Ranking.Keep(found.Value), qc.Ranking != nil
		qc.Results[i].Executed = found.Executed
		qc.AddNotices(found.Notices)
	}
	return nil
}
