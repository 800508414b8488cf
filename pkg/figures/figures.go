// Package figures answers queries of type signal and promql, with their limits and comparisons.
package figures

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/prometheus/promql"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/notices"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/query"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

// empty reports whether there is no value at all.
func empty(results []frames.Result) bool {
	for _, r := range results {
		switch v := r.Value.(type) {
		case promql.Matrix:
			if len(v) > 0 {
				return false
			}
		case promql.Vector:
			if len(v) > 0 {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// Signal answers queries of type signal. Several signals are several series, or the columns of one table.
func Signal(ctx context.Context, r *request.Request, qc *request.QueryContext) (data.Frames, error) {
	if err := r.CompileAll(qc, qc.Query.Filters); err != nil {
		return nil, err
	}
	qc.Targets = r.TargetsOf(qc)
	if err := limit(ctx, r, qc); err != nil {
		return nil, err
	}
	return figures(ctx, r, qc)
}

// PromQL answers queries of type promql: any expression, with Grafana's macros.
func PromQL(ctx context.Context, r *request.Request, qc *request.QueryContext) (data.Frames, error) {
	if qc.Query.Expr == "" {
		return nil, failure.User(errors.New("the query has no expression: write one, such as up == 0"))
	}
	expanded := qc.Times.ExpandMacros(qc.Query.Expr)
	if err := r.Settings.Expressions.Check(expanded); err != nil {
		return nil, err
	}
	allowed := slices.Concat(target.IdentityLabels, r.Settings.TargetLabels)
	written := r.Executor.SampleLabel
	if !qc.Query.UserWritten() {
		written = func(label string) string { return label } // translated with the expression
	}
	expr, err := query.AddFilters(expanded, qc.Query.Filters, allowed, written)
	if err != nil {
		return nil, failure.User(err)
	}
	if err := r.Settings.Expressions.Check(expr); err != nil {
		return nil, err
	}
	qc.Results = []frames.Result{{Expr: expr}}
	qc.Targets = target.NewSet(r.Targets())
	hints, asNotices := notices.Hints(ctx, r, qc, expanded)
	qc.Notices = append(qc.Notices, asNotices...)
	out, err := figures(ctx, r, qc)
	if err == nil && len(hints) > 0 {
		out[0].Meta.Custom = map[string]any{"hints": hints} // the query editor offers their fixes
	}
	return out, err
}

// figures evaluates the expressions of a query and returns its frames.
func figures(ctx context.Context, r *request.Request, qc *request.QueryContext) (data.Frames, error) {
	if err := r.EvaluateAll(ctx, qc); err != nil {
		return nil, err
	}
	if err := noneMeasuredError(r, qc); err != nil {
		return nil, err
	}
	shown, err := compared(ctx, r, qc)
	if err != nil {
		return nil, err
	}
	if err := r.Reserve(ctx, frames.Size(shown, qc.Query.LegendFormat, qc.Query.Format == "table")); err != nil {
		return nil, err
	}
	options := qc.FrameOptions(notices.ForFigures(ctx, r, qc))
	priority := r.Catalogue.Priority
	options.Orders = map[string][]string{priority.Label: priority.Words}
	options.Text, options.Nodes = text(r, qc), wording.Count(countNodes(qc.Targets), "node")
	out, err := frames.From(shown, options)
	if err != nil {
		return nil, failure.User(err)
	}
	return out, nil
}

// text returns the text of a query. A sentence is copied without the notices of its panel, so it says itself when the data
// starts if that is within the range.
func text(r *request.Request, qc *request.QueryContext) string {
	since := r.Executor.HistoryStart()
	if qc.Query.Text == "" || since.IsZero() || !since.After(qc.Begin()) {
		return qc.Query.Text
	}
	return fmt.Sprintf("%s Data starts at %s.", qc.Query.Text, r.Clock(since))
}

// countNodes counts nodes. Several targets may be on one.
func countNodes(targets target.Set) int {
	nodes := map[target.Node]bool{}
	for _, t := range targets.All {
		nodes[target.NodeOf(t.Labels)] = true
	}
	return len(nodes)
}

// noneMeasuredError returns an error if there is no value because no target is up. An empty panel, or "no data" in an alert
// rule, would look as if all were well.
func noneMeasuredError(r *request.Request, qc *request.QueryContext) error {
	if !empty(qc.Results) || len(qc.Targets.All) == 0 || !qc.Targets.NoneMeasured() {
		return nil
	}
	return failure.Targets(errors.New(notices.ForStates(r, qc.Targets.All).Sentence()))
}
