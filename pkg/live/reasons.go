package live

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/hints"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/notices"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/query"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
)

// Reasons answers live/reasons?query=<JSON>&range=<ms>: why a query has no values for some nodes or for a part of its
// range, as far as the history shows. It leaves out the states of the targets, because `live` knows them better.
func Reasons(r *request.Request, req *http.Request) (any, error) {
	if _, err := fleetFor(req.Context(), r); err != nil {
		return nil, err
	}
	q, err := query.Read(json.RawMessage(req.URL.Query().Get("query")))
	if err != nil {
		return nil, failure.User(err)
	}
	length, err := strconv.ParseInt(req.URL.Query().Get("range"), 10, 64)
	if err != nil || length < 0 {
		return nil, failure.User(fmt.Errorf("the range is %q: expected milliseconds", req.URL.Query().Get("range")))
	}
	q.Instant = true
	now := r.Now()
	begin := now.Add(-time.Duration(length) * time.Millisecond)
	dq := backend.DataQuery{TimeRange: backend.TimeRange{From: begin, To: now}, Interval: r.Settings.Interval}
	qc := &request.QueryContext{Query: q, Times: query.NewTimes(dq, r.Settings.Interval).AtEnd(dq)}
	return findReasons(req.Context(), r, qc)
}

// reasons are the notices of a query that do not depend on the current state of its targets.
type reasons struct {
	Missing []data.Notice `json:"missing"` // why nodes have no value
	Besides []data.Notice `json:"besides"` // notices that always apply
	Hints   []hints.Hint  `json:"hints"`   // what is probably a mistake in PromQL; Besides has the texts too
	Passing bool          `json:"passing"` // the next scrape resolves some of Missing
}

func findReasons(ctx context.Context, r *request.Request, qc *request.QueryContext) (reasons, error) {
	out := reasons{Missing: []data.Notice{}, Besides: []data.Notice{}, Hints: []hints.Hint{}}
	if text := notices.ShortHistory(r, qc.Begin().Add(2*qc.Times.Scrape)); text != "" {
		out.Besides = append(out.Besides, data.Notice{Severity: data.NoticeSeverityInfo, Text: text})
	}
	if qc.Query.QueryType == "promql" {
		expr := qc.Times.ExpandMacros(qc.Query.Expr)
		found, asNotices := notices.Hints(ctx, r, qc, expr)
		out.Hints = append(out.Hints, found...)
		out.Besides = append(out.Besides, asNotices...)
	}
	if qc.Query.QueryType != "signal" {
		return out, nil
	}
	if err := r.CompileAll(qc, qc.Query.Filters); err != nil {
		return out, err
	}
	qc.Targets = r.TargetsOf(qc)
	if err := r.EvaluateAll(ctx, qc); err != nil {
		return out, err
	}
	why, besides := notices.NewGroups(qc.Targets), notices.NewGroups(qc.Targets)
	for _, result := range qc.Results {
		notices.MissingNodes(ctx, r, why, qc, result)
	}
	_, out.Passing = why.Names[notices.NotYetTwoScrapes(r)]
	for _, t := range qc.Targets.All {
		notices.DiscoveryFailed(besides, t)
		notices.TooOld(r, besides, t)
	}
	out.Missing = append(append(out.Missing, why.Notices()...), notices.LostLinesOfFigures(r, qc)...)
	out.Besides = append([]data.Notice{}, slices.Concat(notices.SharedKernels(ctx, r, qc), besides.Notices(), out.Besides)...)
	return out, nil
}
