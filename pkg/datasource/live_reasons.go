package datasource

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// liveReasons answers live/reasons?query=<JSON>: why a query has no figures of some nodes, or odd ones, as far as the
// history can tell. How targets stand is not among it: that is told by `live` itself, which knows better.
func (d *Instance) liveReasons(r *http.Request) (any, error) {
	if err := d.mayWatch(r.Context()); err != nil {
		return nil, err
	}
	q, err := readQuery(json.RawMessage(r.URL.Query().Get("query")))
	if err != nil {
		return nil, userError{err}
	}
	request := d.newRequest(false)
	defer request.close()
	q.Instant = true
	now := d.now()
	dq := backend.DataQuery{TimeRange: backend.TimeRange{From: now.Add(-time.Minute), To: now}, Interval: d.settings.interval}
	a := &asked{query: q, times: timesOf(dq, d.settings.interval).at(dq)}
	notices, err := request.reasons(r.Context(), a)
	if err != nil {
		return nil, err
	}
	return append([]data.Notice{}, notices...), nil
}

// reasons are the notices of a query of signals that do not depend on how its targets stand now.
func (r *request) reasons(ctx context.Context, a *asked) ([]data.Notice, error) {
	if a.query.Kind != "signal" {
		return nil, nil
	}
	if err := r.compileAll(a, a.query.Filters); err != nil {
		return nil, err
	}
	a.targets = r.targetsOf(a)
	if err := r.evaluateAll(ctx, a); err != nil {
		return nil, err
	}
	why := newGroups(a.targets)
	for _, result := range a.results {
		r.missing(ctx, why, a, result)
	}
	for _, t := range a.targets.all {
		undiscovered(why, t)
		r.tooOld(why, t)
	}
	return append(why.notices(), r.garbled(a.targets, a.withoutValue()).notices()...), nil
}
