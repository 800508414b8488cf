package events

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/query"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// lookBefore is how long before the range the search begins, so that a change at the start of the range has a value to
// change from.
const lookBefore = 10 * time.Minute

// find finds events of the wanted kinds. Changes whose values are times are found first, because other events of the same
// node take their exact time from them.
func find(ctx context.Context, r *request.Request, qc *request.QueryContext, s executor.Scope, wanted func(id string) bool) (found []event, err error) {
	from, to := qc.Begin().Add(-lookBefore), qc.Times.End.Add(2*qc.Times.Scrape) // scrapes after the range show what happened at its end
	var exact []event
	for i := range r.Catalogue.Events {
		kind := &r.Catalogue.Events[i]
		if kind.Find != "change" || kind.Time == "" && !wanted(kind.ID) {
			continue
		}
		changes, err := changes(ctx, r, kind, qc, s, from, to)
		if err != nil {
			return nil, err
		}
		if wanted(kind.ID) {
			found = append(found, changes...)
		}
		if kind.Time != "" {
			exact = append(exact, changes...)
		}
	}
	searches := map[*signals.EventKind]executor.Evaluation{}
	for i := range r.Catalogue.Events {
		if kind := &r.Catalogue.Events[i]; kind.Find == "above" && wanted(kind.ID) {
			search, err := searchAbove(r, kind, qc, s)
			if err != nil {
				return nil, err
			}
			searches[kind] = search
		}
	}
	r.PrefetchEvaluations(ctx, slices.Collect(maps.Values(searches)))
	for i := range r.Catalogue.Events {
		kind := &r.Catalogue.Events[i]
		if !wanted(kind.ID) {
			continue
		}
		var more []event
		switch kind.Find {
		case "label":
			more, err = relabelled(ctx, r, kind, qc, s, from, to, exact)
		case "above":
			more, err = above(ctx, r, kind, searches[kind], qc, s)
		case "history":
			if since := r.Executor.HistoryStart(); !since.IsZero() {
				more = []event{{EventKind: kind, At: since.UnixMilli()}}
			}
		}
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	return found, nil
}

// step is a change of a metric's value between two scrapes.
type step struct {
	before, at int64 // of the last scrape with the previous value, and of the scrape that showed the change
	from, to   float64
}

// steps returns the changes of a metric's value by node, including changes while a node was down.
func steps(ctx context.Context, r *request.Request, metric string, qc *request.QueryContext, s executor.Scope, from, to time.Time) (map[target.Node][]step, error) {
	out := map[target.Node][]step{}
	remarks, err := executor.Scan(ctx, r.Executor, metric, s, from, to, func(l labels.Labels, all executor.Samples) {
		previous, before, known := 0.0, int64(0), false
		for at, v := range all {
			if !executor.Finite(v) {
				continue
			}
			if known && v != previous {
				out[target.NodeOf(l)] = append(out[target.NodeOf(l)], step{before, at, previous, v})
			}
			previous, before, known = v, at, true
		}
	})
	qc.Notices = append(qc.Notices, remarks...)
	return out, err
}

// changes finds events of the kind `change`.
func changes(ctx context.Context, r *request.Request, kind *signals.EventKind, qc *request.QueryContext, s executor.Scope, from, to time.Time) (out []event, err error) {
	changed, err := steps(ctx, r, kind.Metric, qc, s, from, to)
	if err != nil {
		return nil, err
	}
	var other map[target.Node][]step
	if kind.Unless != "" {
		if other, err = steps(ctx, r, kind.Unless, qc, s, from, to); err != nil {
			return nil, err
		}
	}
	for n, all := range changed {
		for _, c := range all {
			if slices.ContainsFunc(other[n], func(o step) bool { return o.at == c.at }) {
				continue
			}
			e := event{EventKind: kind, node: n, At: c.at, from: frames.WithUnit("", c.from), to: frames.WithUnit("", c.to), value: c.to}
			if kind.Time == "nanoseconds" {
				e.from, e.to = r.Clock(time.UnixMilli(int64(c.from/1e6))), r.Clock(time.UnixMilli(int64(c.to/1e6)))
				e.place(c, int64(c.to/1e6), r.Catalogue.Clock.Tolerance)
			}
			out = append(out, e)
		}
	}
	return out, nil
}

// place sets when the event happened. The node reports a time of its own clock. If that is not between the scrapes before and
// after the event, the clock is wrong, and the event is at the scrape that showed it. tolerance is in seconds.
func (e *event) place(c step, reported int64, tolerance float64) {
	if c.before <= reported && reported <= c.at {
		e.At = reported
		return
	}
	e.At = c.at
	e.misdated = float64(max(c.before-reported, reported-c.at)) > 1000*tolerance
}

// span is a time in which an info series had a value without a gap.
type span struct {
	value       string
	first, last int64
}

// relabelled finds events of the kind `label`: one value of the label ended and another began. The time is that of a
// restart or reload in between, otherwise that of the scrape.
func relabelled(ctx context.Context, r *request.Request, kind *signals.EventKind, qc *request.QueryContext, s executor.Scope, from, to time.Time, exact []event) (out []event, err error) {
	type who struct {
		target.Node
		rest string // the other labels: which file, which source
	}
	spans := map[who][]span{}
	remarks, err := executor.Scan(ctx, r.Executor, kind.Metric, s, from, to, func(l labels.Labels, all executor.Samples) {
		key := who{target.NodeOf(l), labels.NewBuilder(l).Del(kind.Label).Labels().String()}
		open := false
		for at, v := range all {
			switch {
			case value.IsStaleNaN(v):
				open = false
			case open:
				spans[key][len(spans[key])-1].last = at
			default:
				spans[key] = append(spans[key], span{l.Get(kind.Label), at, at})
				open = true
			}
		}
	})
	qc.Notices = append(qc.Notices, remarks...)
	for key, all := range spans {
		for _, now := range all {
			then, changed := predecessor(all, now)
			if !changed {
				continue
			}
			e := event{EventKind: kind, node: key.Node, At: now.first, from: then.value, to: now.value}
			latest := int64(0)
			for _, x := range exact {
				if x.node == key.Node && x.At > then.last && x.At <= now.first {
					latest = max(latest, x.At)
				}
			}
			if latest > 0 {
				e.At = latest
			}
			out = append(out, e)
		}
	}
	return out, err
}

// predecessor returns the value that ended last when another began. changed is false if there was none or it was the same.
func predecessor(all []span, now span) (then span, changed bool) {
	for _, s := range all {
		switch {
		case s.last >= now.first || s.last < then.last:
		case s.last == then.last && then.value == now.value: // of two that ended at the same time, one continues
		default:
			then = s
		}
	}
	return then, then.value != "" && then.value != now.value
}

// eventSteps is the maximum number of steps of the search, so that a narrow panel does not miss events.
const eventSteps = 1000

// searchAbove returns the evaluation of the template of an event of the kind `above`.
func searchAbove(r *request.Request, kind *signals.EventKind, qc *request.QueryContext, s executor.Scope) (executor.Evaluation, error) {
	over := *qc
	over.Query.Instant = false
	t := &over.Times
	t.Step = max(t.Scrape, t.Length/eventSteps).Round(time.Second)
	t.Start, t.End = query.Align(qc.Begin().Add(-lookBefore), t.Step), query.Align(qc.Times.End, t.Step)
	*t = t.Within(r.Executor.HistoryStart(), qc.Times.End)
	expr, _, err := r.CompileTemplate(kind.ID, kind.Expr, qc.Query.Window, s, &over)
	if err != nil {
		return executor.Evaluation{}, failure.User(err)
	}
	return executor.Evaluation{Expr: expr, Start: t.Start.UnixMilli(), End: t.End.UnixMilli(), Step: t.Step}, nil
}

// above finds events of the kind `above`: from the step at which a template crosses its bound upwards to the last step
// above it. If it is still above at the end of the range, the event has no end. The value is the highest in between.
func above(ctx context.Context, r *request.Request, kind *signals.EventKind, search executor.Evaluation, qc *request.QueryContext, s executor.Scope) (out []event, err error) {
	found, err := r.Evaluate(ctx, search)
	if err != nil {
		return nil, err
	}
	qc.AddNotices(found.Notices)
	matrix, _ := found.Value.(promql.Matrix)
	for _, series := range matrix {
		if !s.Contains(target.NodeOf(series.Metric)) {
			continue
		}
		var last *event // while it is above
		lastAbove, below := int64(0), false
		for _, p := range series.Floats {
			switch above := p.F > kind.Bound; {
			case above && last != nil:
				last.value = max(last.value, p.F)
			case above && below:
				out = append(out, event{EventKind: kind, node: target.NodeOf(series.Metric), At: p.T, value: p.F})
				last = &out[len(out)-1]
			case !above && last != nil:
				last.End, last = lastAbove, nil
			}
			lastAbove, below = p.T, !(p.F > kind.Bound)
		}
	}
	return out, nil
}
