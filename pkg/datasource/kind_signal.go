package datasource

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// signal answers queries of type signal: several signals are several series, or the columns of one table.
func (r *request) signal(ctx context.Context, a *asked) (data.Frames, error) {
	if err := r.compileAll(a, a.query.Filters); err != nil {
		return nil, err
	}
	a.targets = r.targetsOf(a)
	if err := r.limit(ctx, a); err != nil {
		return nil, err
	}
	return r.figures(ctx, a)
}

// compileAll compiles the signals of a query, each once.
func (r *request) compileAll(a *asked, filters []signals.Filter) error {
	a.filters, a.results = filters, nil
	for _, id := range a.query.Signals {
		result, err := r.compile(id, a, filters, a.query.Window)
		if err != nil {
			return userError{err}
		}
		if !slices.ContainsFunc(a.results, func(other frames.Result) bool { return other.Signal == result.Signal }) {
			a.results = append(a.results, result)
		}
	}
	return nil
}

// promql answers queries of type promql: any expression, with Grafana's macros.
func (r *request) promql(ctx context.Context, a *asked) (data.Frames, error) {
	if a.query.Expr == "" {
		return nil, userError{errors.New("the query has no expression: write one, such as up == 0")}
	}
	allowed := slices.Concat(identity, r.settings.targetLabels)
	written := r.exec.written
	if !a.query.byHand() {
		written = func(label string) string { return label } // they are translated with the rest
	}
	expr, err := withFilters(a.times.expand(a.query.Expr), a.query.Filters, allowed, written)
	if err != nil {
		return nil, userError{err}
	}
	a.results = []frames.Result{{Expr: expr}}
	a.targets = newTargets(r.targets())
	return r.figures(ctx, a)
}

func (r *request) compile(id string, a *asked, filters []signals.Filter, window string) (frames.Result, error) {
	s, err := r.catalogue.Signal(id)
	if err != nil {
		return frames.Result{}, err
	}
	expr, length, err := r.catalogue.Compile(s, a.query.GroupBy, filters, a.times.expand(window), r.options(a))
	return frames.Result{Signal: s, Expr: expr, Window: length}, err
}

// options are what templates need to know of the data source and of the query's times.
func (d *Instance) options(a *asked) signals.CompileOptions {
	o := signals.CompileOptions{
		Identity: identity, TargetLabels: d.settings.targetLabels,
		Step: a.times.step, ScrapeInterval: a.times.scrape, Range: a.times.length,
	}
	if since := d.exec.since(); a.query.Instant && !since.IsZero() {
		// A window ends with the instant, and does not hold its first moment.
		o.History = max(time.Second, a.times.end.Sub(since).Truncate(time.Second)+time.Second)
	}
	return o
}

// figures evaluates the expressions of a query and makes its frames.
func (r *request) figures(ctx context.Context, a *asked) (data.Frames, error) {
	if err := r.evaluateAll(ctx, a); err != nil {
		return nil, err
	}
	if err := r.nothing(a); err != nil {
		return nil, err
	}
	shown, err := r.compared(ctx, a)
	if err != nil {
		return nil, err
	}
	out, err := frames.From(shown, a.frameOptions(r.notices(ctx, a)))
	if err != nil {
		return nil, userError{err}
	}
	return out, nil
}

// evaluateAll works out the value of every expression of a query.
func (r *request) evaluateAll(ctx context.Context, a *asked) error {
	for i := range a.results {
		found, err := r.over(ctx, a.results[i].Expr, a)
		if err != nil {
			return err
		}
		a.results[i].Value, a.results[i].Ranked = a.worst.of(found.value), a.worst != nil
		a.results[i].Executed = found.executed
		a.addRemarks(found.notices)
	}
	return nil
}

// addRemarks adds what the executor says of a value. Infos are about the way an expression is written, so only the author of
// the expression gets them.
func (a *asked) addRemarks(notices []data.Notice) {
	for _, n := range notices {
		if n.Severity != data.NoticeSeverityInfo || a.query.QueryType == "promql" {
			a.remarks = append(a.remarks, n)
		}
	}
}

func (a *asked) frameOptions(notices []data.Notice) frames.Options {
	o := frames.Options{RefID: a.refID, LegendFormat: a.query.LegendFormat, Identity: identity, Table: a.query.Format == "table", Notices: notices}
	if !a.query.Instant {
		o.Step = a.times.step
	}
	return o
}

// nothing is the error of a query that has no value because no target answers: then there was nothing
// to evaluate, and an empty panel or "no data" would say that all is well.
func (r *request) nothing(a *asked) error {
	if !empty(a.results) || len(a.targets.all) == 0 || !a.targets.dead() {
		return nil
	}
	return errors.New(r.troubles(a.targets.all).sentence())
}
