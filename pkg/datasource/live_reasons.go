package datasource

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// liveReasons answers live/reasons?query=<JSON>&range=<ms>: why a query has no figures of some nodes, or of a part of its
// range, as far as the history can tell: see reasons. How targets stand is not among it: that is told by `live` itself, which knows better.
func (d *Instance) liveReasons(r *http.Request) (any, error) {
	if _, err := d.watched(r.Context()); err != nil {
		return nil, err
	}
	q, err := readQuery(json.RawMessage(r.URL.Query().Get("query")))
	if err != nil {
		return nil, userError{err}
	}
	request := d.newRequest(false)
	defer request.close()
	length, err := strconv.ParseInt(r.URL.Query().Get("range"), 10, 64)
	if err != nil || length < 0 {
		return nil, userError{fmt.Errorf("the range is %q: expected milliseconds", r.URL.Query().Get("range"))}
	}
	q.Instant = true
	now := d.now()
	begin := now.Add(-time.Duration(length) * time.Millisecond)
	dq := backend.DataQuery{TimeRange: backend.TimeRange{From: begin, To: now}, Interval: d.settings.interval}
	a := &asked{query: q, times: timesOf(dq, d.settings.interval).at(dq)}
	return request.reasons(r.Context(), a)
}

// reasons are the notices of a query that do not depend on how its targets stand now.
type reasons struct {
	Missing []data.Notice `json:"missing"` // why nodes have no value
	Besides []data.Notice `json:"besides"` // what is to be told in any case
	Passing bool          `json:"passing"` // whether some of Missing will be over with the next scrape
}

func (r *request) reasons(ctx context.Context, a *asked) (reasons, error) {
	out := reasons{Missing: []data.Notice{}, Besides: []data.Notice{}}
	if text := r.shortHistory(a.begin().Add(2 * a.times.scrape)); text != "" {
		out.Besides = append(out.Besides, data.Notice{Severity: data.NoticeSeverityInfo, Text: text})
	}
	if a.query.QueryType != "signal" {
		return out, nil
	}
	if err := r.compileAll(a, a.query.Filters); err != nil {
		return out, err
	}
	a.targets = r.targetsOf(a)
	if err := r.evaluateAll(ctx, a); err != nil {
		return out, err
	}
	why, besides := newGroups(a.targets), newGroups(a.targets)
	for _, result := range a.results {
		r.missing(ctx, why, a, result)
	}
	_, out.Passing = why.names[r.notYetTwo()]
	for _, t := range a.targets.all {
		undiscovered(besides, t)
		r.tooOld(besides, t)
	}
	out.Missing = append(append(out.Missing, why.notices()...), r.garbled(a.targets, a.withoutValue()).notices()...)
	out.Besides = append(append([]data.Notice{}, besides.notices()...), out.Besides...)
	return out, nil
}
