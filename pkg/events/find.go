package events

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/common/model"
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

// find finds events of the wanted kinds. Changes whose values are times are found first, because changes of labels on the
// same node take their exact time from them.
func find(ctx context.Context, r *request.Request, qc *request.QueryContext, s executor.Scope, wanted func(id string) bool) (found []event, err error) {
	samples, err := scan(ctx, r, qc, s, wanted)
	if err != nil {
		return nil, err
	}
	var exact []event
	for i := range r.Catalogue.Events {
		kind := &r.Catalogue.Events[i]
		if kind.Find != "change" {
			continue
		}
		changes := changes(r, kind, samples)
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
			more = relabelled(kind, samples.spans[kind.ID], exact)
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

// span is a time in which an info series had a value without a gap.
type span struct {
	value       string
	first, last int64
}

// infoSeries is what an info series is about.
type infoSeries struct {
	target.Node
	rest string // the labels beside the one that changes: which file, which source
}

// scanned is what the scraped samples of the events' metrics show.
type scanned struct {
	steps map[string]map[target.Node][]step // by metric
	spans map[string]map[infoSeries][]span  // by id of the kind
}

// scan reads the samples that events of the wanted kinds are found in, of all metrics together.
func scan(ctx context.Context, r *request.Request, qc *request.QueryContext, s executor.Scope, wanted func(id string) bool) (out scanned, err error) {
	kinds := r.Catalogue.Events
	times := slices.ContainsFunc(kinds, func(k signals.EventKind) bool { return k.Find == "label" && wanted(k.ID) })
	var metrics []string
	byMetric := map[string][]*signals.EventKind{}
	out = scanned{steps: map[string]map[target.Node][]step{}, spans: map[string]map[infoSeries][]span{}}
	for i := range kinds {
		switch kind := &kinds[i]; {
		case kind.Find == "change" && (wanted(kind.ID) || times && kind.Time != ""):
			for _, metric := range []string{kind.Metric, kind.Unless} {
				if metric != "" {
					metrics, out.steps[metric] = append(metrics, metric), map[target.Node][]step{}
				}
			}
		case kind.Find == "label" && wanted(kind.ID):
			metrics, byMetric[kind.Metric] = append(metrics, kind.Metric), append(byMetric[kind.Metric], kind)
			out.spans[kind.ID] = map[infoSeries][]span{}
		}
	}
	slices.Sort(metrics)
	from, to := qc.Begin().Add(-lookBefore), qc.Times.End.Add(2*qc.Times.Scrape) // scrapes after the range show what happened at its end
	remarks, err := executor.Scan(ctx, r.Executor, slices.Compact(metrics), s, from, to, func(l labels.Labels, all executor.Samples) {
		metric, node := l.Get(model.MetricNameLabel), target.NodeOf(l)
		if steps := out.steps[metric]; steps != nil {
			steps[node] = appendSteps(steps[node], all)
		}
		for _, kind := range byMetric[metric] {
			key := infoSeries{node, labels.NewBuilder(l).Del(kind.Label).Labels().String()}
			out.spans[kind.ID][key] = appendSpans(out.spans[kind.ID][key], l.Get(kind.Label), all)
		}
	})
	qc.Notices = append(qc.Notices, remarks...)
	return out, err
}

// appendSteps appends the changes of a series' value, including those while its node was down.
func appendSteps(steps []step, all executor.Samples) []step {
	previous, before, known := 0.0, int64(0), false
	for at, v := range all {
		if !executor.Finite(v) {
			continue
		}
		if known && v != previous {
			steps = append(steps, step{before, at, previous, v})
		}
		previous, before, known = v, at, true
	}
	return steps
}

// appendSpans appends the times in which a series had a sample in every scrape.
func appendSpans(spans []span, label string, all executor.Samples) []span {
	open := false
	for at, v := range all {
		switch {
		case value.IsStaleNaN(v):
			open = false
		case open:
			spans[len(spans)-1].last = at
		default:
			spans, open = append(spans, span{label, at, at}), true
		}
	}
	return spans
}

// changes finds events of the kind `change`.
func changes(r *request.Request, kind *signals.EventKind, samples scanned) (out []event) {
	other := samples.steps[kind.Unless]
	for n, all := range samples.steps[kind.Metric] {
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
	return out
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

// relabelled finds events of the kind `label`: one value of the label ended and another began. The time is that of a
// restart or reload in between, otherwise that of the scrape.
func relabelled(kind *signals.EventKind, spans map[infoSeries][]span, exact []event) (out []event) {
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
	return out
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
