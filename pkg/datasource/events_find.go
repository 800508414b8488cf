package datasource

import (
	"context"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// before is how far back of the range the search begins, so that a change at its start has a value to change from.
const before = 10 * time.Minute

// find looks for every kind of event. Changes whose values are times come first, as other events of the same node take
// their exact time from them.
func (r *request) find(ctx context.Context, a *asked, s scope) (found []event, err error) {
	from, to := a.begin().Add(-before), a.times.end.Add(2*a.times.scrape) // what happened at the end is scraped after it
	var exact []event
	for i := range r.catalogue.Events {
		kind := &r.catalogue.Events[i]
		if kind.Find != "change" {
			continue
		}
		changes, err := r.changes(ctx, kind, a, s, from, to)
		if err != nil {
			return nil, err
		}
		found = append(found, changes...)
		if kind.Time != "" {
			exact = append(exact, changes...)
		}
	}
	for i := range r.catalogue.Events {
		var more []event
		switch kind := &r.catalogue.Events[i]; kind.Find {
		case "label":
			more, err = r.relabelled(ctx, kind, a, s, from, to, exact)
		case "above":
			more, err = r.above(ctx, kind, a, s)
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
	at       int64 // of the scrape that showed it
	from, to float64
}

// steps are the changes of a metric's value, by node. They reach over the time that a node was down.
func (r *request) steps(ctx context.Context, metric string, a *asked, s scope, from, to time.Time) (map[node][]step, error) {
	out := map[node][]step{}
	remarks, err := scan(ctx, r.exec, metric, s, from, to, func(l labels.Labels, all samples) {
		previous, known := 0.0, false
		for at, v := range all {
			if !finite(v) {
				continue
			}
			if known && v != previous {
				out[nodeOf(l)] = append(out[nodeOf(l)], step{at, previous, v})
			}
			previous, known = v, true
		}
	})
	a.remarks = append(a.remarks, remarks...)
	return out, err
}

// changes finds events of kind `change`.
func (r *request) changes(ctx context.Context, kind *signals.EventKind, a *asked, s scope, from, to time.Time) (out []event, err error) {
	changed, err := r.steps(ctx, kind.Metric, a, s, from, to)
	if err != nil {
		return nil, err
	}
	var other map[node][]step
	if kind.Unless != "" {
		if other, err = r.steps(ctx, kind.Unless, a, s, from, to); err != nil {
			return nil, err
		}
	}
	for n, all := range changed {
		for _, c := range all {
			if slices.ContainsFunc(other[n], func(o step) bool { return o.at == c.at }) {
				continue
			}
			e := event{EventKind: kind, node: n, at: c.at, from: frames.WithUnit("", c.from), to: frames.WithUnit("", c.to), value: c.to}
			if kind.Time == "nanoseconds" {
				e.at, e.from, e.to = int64(c.to/1e6), r.clock(time.UnixMilli(int64(c.from/1e6))), r.clock(time.UnixMilli(int64(c.to/1e6)))
			}
			out = append(out, e)
		}
	}
	return out, nil
}

// span is how long an info series had a value without a gap.
type span struct {
	value       string
	first, last int64
}

// relabelled finds events of kind `label`: one value of the label ended and another began. The time is that of a
// restart or reload in between, else that of the scrape.
func (r *request) relabelled(ctx context.Context, kind *signals.EventKind, a *asked, s scope, from, to time.Time, exact []event) (out []event, err error) {
	type who struct {
		node
		rest string // the other labels: which file, which source
	}
	spans := map[who][]span{}
	remarks, err := scan(ctx, r.exec, kind.Metric, s, from, to, func(l labels.Labels, all samples) {
		key := who{nodeOf(l), labels.NewBuilder(l).Del(kind.Label).Labels().String()}
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
	a.remarks = append(a.remarks, remarks...)
	for key, all := range spans {
		for _, now := range all {
			then, changed := predecessor(all, now)
			if !changed {
				continue
			}
			e := event{EventKind: kind, node: key.node, at: now.first, from: then.value, to: now.value}
			latest := int64(0)
			for _, x := range exact {
				if x.node == key.node && x.at > then.last && x.at <= now.first {
					latest = max(latest, x.at)
				}
			}
			if latest > 0 {
				e.at = latest
			}
			out = append(out, e)
		}
	}
	return out, err
}

// predecessor is the value that had ended last when another began; changed is false where there was none, or it was
// the same.
func predecessor(all []span, now span) (then span, changed bool) {
	for _, s := range all {
		switch {
		case s.last >= now.first || s.last < then.last:
		case s.last == then.last && then.value == now.value: // of two that ended together, the same goes on
		default:
			then = s
		}
	}
	return then, then.value != "" && then.value != now.value
}

// eventSteps is how many steps a range is looked at in, at most: a panel of few pixels must not miss what happened.
const eventSteps = 1000

// above finds events of kind `above`: from the step at which a template crosses its bound upwards to the last one above
// it; one that goes on at the end of the range has no end. The value is the highest in between.
func (r *request) above(ctx context.Context, kind *signals.EventKind, a *asked, s scope) (out []event, err error) {
	over := *a
	t := &over.times
	t.step = max(t.scrape, t.length/eventSteps).Round(time.Second)
	over.query.Instant = false
	expr, _, err := r.template(kind.ID, kind.Expr, a.query.Window, s, &over)
	if err != nil {
		return nil, userError{err}
	}
	start, end := align(a.begin().Add(-before), t.step), align(a.times.end, t.step)
	found, err := r.evaluate(ctx, evaluation{expr: expr, start: start.UnixMilli(), end: end.UnixMilli(), step: t.step})
	if err != nil {
		return nil, err
	}
	a.addRemarks(found.notices)
	matrix, _ := found.value.(promql.Matrix)
	for _, series := range matrix {
		if !s.holds(nodeOf(series.Metric)) {
			continue
		}
		var last *event // while it is above
		lastAbove, below := int64(0), false
		for _, p := range series.Floats {
			switch above := p.F > kind.Bound; {
			case above && last != nil:
				last.value = max(last.value, p.F)
			case above && below:
				out = append(out, event{EventKind: kind, node: nodeOf(series.Metric), at: p.T, value: p.F})
				last = &out[len(out)-1]
			case !above && last != nil:
				last.end, last = lastAbove, nil
			}
			lastAbove, below = p.T, !(p.F > kind.Bound)
		}
	}
	return out, nil
}
