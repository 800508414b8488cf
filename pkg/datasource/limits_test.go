package datasource

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/budget"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/query"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

// Expressions that would overflow the stack of parser or engine are refused unread, wherever they come from.
func TestDeepExpressionsAreRefused(t *testing.T) {
	const (
		long = "the expression has 925002 bytes, and limits.expressionSizeLimit is 65536 bytes: shorten it, or raise the limit"
		deep = "the expression is nested deeper than limits.expressionDepthLimit, which is 256: split it, or raise the limit. Operators in a row count as levels"
	)
	nested := func(n int) string { return strings.Repeat("abs(", n) + "up" + strings.Repeat(")", n) }
	d, f := newTest(t, falco("node-1", kernelCounters...))
	f.count("node-1", 5)
	for expr, want := range map[string]string{nested(185_000): long, nested(10_000): deep} {
		for _, headers := range []map[string]string{nil, {backend.FromAlertHeaderName: "true"}} {
			for _, more := range []string{"", `, "filters": [{"key": "node", "operator": "=", "value": "node-1"}]`, `, "mapLabels": true`} {
				res := queries(t, d, headers, fmt.Sprintf(`{"queryType": "promql", "expr": %q%s}`, expr, more))["A"]
				require.EqualError(t, res.Error, want)
				require.Equal(t, backend.ErrorSourceDownstream, res.ErrorSource)
			}
		}
		status, body := look(t, d, "GET", "expression?expr="+expr)
		require.Equal(t, 400, status)
		require.JSONEq(t, fmt.Sprintf(`{"error": %q}`, want), body)
	}
	long2 := `{"signals": ["kernel-drop-ratio"], "filters": [{"key": "node", "operator": "=", "value": "` + strings.Repeat("x", 70_000) + `"}]}`
	const filters = "the filters have 70005 bytes, and limits.expressionSizeLimit is 65536 bytes: choose fewer values, or raise the limit"
	require.EqualError(t, queryOne(t, d, long2).Error, filters)
	many := `{"signals": ["kernel-drop-ratio"], "filters": [{"key": "node", "operator": "!="}` + strings.Repeat(`, {"key": "node", "operator": "!="}`, 11_000) + `]}`
	require.EqualError(t, queryOne(t, d, many).Error, "the filters have 66006 bytes, and limits.expressionSizeLimit is 65536 bytes: choose fewer values, or raise the limit")
	for _, values := range []string{"labels/zone/values", "promql/labels/zone/values"} {
		status, body := look(t, d, "GET", values+`?filters=`+url.QueryEscape(`[{"key": "node", "operator": "=", "value": "`+strings.Repeat("x", 70_000)+`"}]`))
		require.Equal(t, 400, status, values)
		require.JSONEq(t, fmt.Sprintf(`{"error": %q}`, filters), body, values)
	}
}

// "All" of a dashboard's variable arrives as the names of all nodes. It is no restriction, and must not make the
// expressions of a thousand nodes too long.
func TestFiltersOnAllNodesAreLeftOut(t *testing.T) {
	var statuses []scrape.Status
	var names []string
	for i := range 1000 {
		name := fmt.Sprintf("ip-10-0-%d-%d.eu-west-1.compute.internal", i/256, i%256)
		names = append(names, name)
		statuses = append(statuses, falco(name, kernelCounters...))
	}
	d, f := newTest(t, statuses...)
	f.count(names[0], 5)
	executed := func(nodes []string) string {
		res := queryOne(t, d, fmt.Sprintf(`{"signals": ["kernel-drop-ratio"], "instant": true, "filters": [{"key": "node", "operator": "=~", "value": %q}]}`, "("+strings.Join(nodes, "|")+")"))
		require.NoError(t, res.Error)
		return res.Frames[0].Meta.ExecutedQueryString
	}
	require.NotContains(t, executed(names), "eu-west-1")
	require.Contains(t, executed(names[1:]), names[1], "one node is not selected")
}

// While one user's heavy queries take every place that user can have, another user's query and an alert rule are answered.
func TestHeavyQueriesLeaveOthersAlone(t *testing.T) {
	d, f := newTest(t, falco("node-1", kernelCounters...))
	f.count("node-1", 5)
	gate := make(chan struct{})
	var inside atomic.Int32
	f.queryable = func() storage.Queryable {
		return storage.QueryableFunc(func(from, to int64) (storage.Querier, error) {
			q, err := history.NewView([]*history.History{f.history}, nil, "").Querier(from, to)
			return gatedQuerier{q, gate, &inside}, err
		})
	}
	ask := func(login string, headers map[string]string, expr string) backend.DataResponse {
		ctx := backend.WithPluginContext(t.Context(), backend.PluginContext{User: &backend.User{Login: login}})
		req := &backend.QueryDataRequest{Headers: headers, Queries: []backend.DataQuery{{
			RefID: "A", JSON: json.RawMessage(fmt.Sprintf(`{"queryType": "promql", "instant": true, "expr": %q}`, expr)),
			TimeRange: backend.TimeRange{From: noon.Add(-30 * time.Minute), To: noon},
		}}}
		res, err := d.QueryData(ctx, req)
		require.NoError(t, err)
		return res.Responses["A"]
	}
	done := make(chan error)
	for i := range 20 {
		go func() {
			done <- ask("greedy", nil, fmt.Sprintf(`max_over_time({__name__=~".+"}[1y:1s]) + %d`, i)).Error
		}()
	}
	share := int32(min(runtime.NumCPU(), 8))
	require.Eventually(t, func() bool { return inside.Load() == share }, time.Minute, time.Millisecond)
	require.NoError(t, ask("modest", nil, "up").Error)
	require.NoError(t, ask("", map[string]string{backend.FromAlertHeaderName: "true"}, "up").Error)
	close(gate)
	for range 20 {
		require.ErrorContains(t, <-done, "same labelset")
	}
}

// limits.queryTimeout, or the client that goes, ends a query of every type whatever it is busy with.
func TestEveryQueryEnds(t *testing.T) {
	stuck := make(chan struct{}, 1000)
	newStuck := func(timeout string) *Instance {
		d, f := newTestWith(t, `{"targets": [{"url": "a:1"}], "limits": {"queryTimeout": "`+timeout+`"}}`, falco("node-1", kernelCounters...), falco("node-2", kernelCounters...))
		f.since = noon.Add(-time.Hour)
		f.queryable = func() storage.Queryable {
			return storage.QueryableFunc(func(int64, int64) (storage.Querier, error) { return stuckQuerier{storage.NoopQuerier(), stuck}, nil })
		}
		return d
	}
	impatient, patient := newStuck("20ms"), newStuck("1h")
	for _, query := range []string{
		`{"signals": ["kernel-drop-ratio"]}`, `{"signals": ["kernel-drop-ratio"], "compare": "1h", "limit": 3}`, `{"queryType": "promql", "expr": "up"}`,
		`{"queryType": "health"}`, `{"queryType": "health", "instant": false}`, `{"queryType": "inventory"}`, `{"queryType": "rules"}`, `{"queryType": "events"}`, `{"queryType": "impact"}`,
	} {
		require.ErrorContains(t, queryOne(t, impatient, query).Error, "the query took longer than 20ms", query)
		for len(stuck) > 0 {
			<-stuck
		}
		ctx, leave := context.WithCancel(t.Context())
		go func() {
			<-stuck
			leave()
		}()
		res, err := patient.QueryData(ctx, &backend.QueryDataRequest{Queries: []backend.DataQuery{{
			RefID: "A", JSON: json.RawMessage(query), Interval: 15 * time.Second, MaxDataPoints: 100, TimeRange: backend.TimeRange{From: noon.Add(-30 * time.Minute), To: noon},
		}}})
		require.NoError(t, err)
		require.EqualError(t, res.Responses["A"].Error, "the query was cancelled", query)
	}
	for _, path := range []string{"labels", "labels/node/values", "metrics", "baseline"} {
		status, body := look(t, impatient, "GET", path)
		require.Equal(t, 400, status, path)
		require.JSONEq(t, `{"error": "the query took longer than 20ms: narrow its time range or its filters, or raise limits.queryTimeout"}`, body, path)
	}
}

// stuckQuerier answers nothing until its caller gives up.
type stuckQuerier struct {
	storage.Querier
	stuck chan<- struct{}
}

func (q stuckQuerier) Select(ctx context.Context, _ bool, _ *storage.SelectHints, _ ...*labels.Matcher) storage.SeriesSet {
	return storage.ErrSeriesSet(q.wait(ctx))
}

func (q stuckQuerier) LabelNames(ctx context.Context, _ *storage.LabelHints, _ ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, q.wait(ctx)
}

func (q stuckQuerier) LabelValues(ctx context.Context, _ string, _ *storage.LabelHints, _ ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, q.wait(ctx)
}

func (q stuckQuerier) wait(ctx context.Context) error {
	q.stuck <- struct{}{}
	<-ctx.Done()
	return ctx.Err()
}

// The responses of resources share the memory of their user with those of queries. Other users and alert rules have their own.
func TestResourcesShareTheMemoryOfResponses(t *testing.T) {
	impatient, _ := newTestWith(t, `{"targets": [{"url": "a:1"}], "limits": {"queryTimeout": "50ms"}}`, falco("node-1"))
	d, f := newTest(t, falco("node-1", kernelCounters...))
	f.count("node-1", 5)
	const whole = 128 << 20
	ask := func(d *Instance, login string) int {
		req := &backend.CallResourceRequest{Method: "GET", Path: "targets", URL: "targets", PluginContext: backend.PluginContext{User: &backend.User{Login: login}}}
		status := 0
		require.NoError(t, d.CallResource(t.Context(), req, backend.CallResourceResponseSenderFunc(func(res *backend.CallResourceResponse) error {
			status = max(status, res.Status)
			return nil
		})))
		return status
	}
	for _, login := range []string{"greedy", ""} {
		taken := request.New(d.source, false)
		taken.Responses = &responses
		taken.User = budget.UserOf(budget.WithClient(backend.WithPluginContext(t.Context(), backend.PluginContext{User: &backend.User{Login: login}}), false))
		require.NoError(t, taken.Reserve(t.Context(), whole))
		require.Equal(t, 400, ask(impatient, login), "targets")
		require.Equal(t, 200, ask(d, "modest"))
		require.NoError(t, queries(t, d, map[string]string{backend.FromAlertHeaderName: "true"}, `{"signals": ["kernel-drop-ratio"]}`)["A"].Error)
		taken.Close()
		require.Equal(t, 200, ask(d, login))
	}
}

// A query does not wait for the same query of another user, who may have to wait for a place.
func TestUsersDoNotWaitForEachOthersAnswers(t *testing.T) {
	var statuses []scrape.Status
	for i := range manyTargets {
		statuses = append(statuses, falco(fmt.Sprint("node-", i)))
	}
	d, _ := newTest(t, statuses...)
	share := func(user string, do func()) backend.DataResponse {
		r := request.New(d.source, false)
		defer r.Close()
		r.User = user
		return d.answers.share(t.Context(), r, backend.DataQuery{}, query.Times{}, func() backend.DataResponse {
			do()
			return backend.DataResponse{Status: backend.StatusOK}
		})
	}
	entered, release, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		share("greedy", func() {
			close(entered)
			<-release
		})
	}()
	<-entered
	require.Equal(t, backend.StatusOK, share("modest", func() {}).Status)
	close(release)
	<-done
	for i := range 100 { // the room of answers is a quarter of 128 MB
		r := request.New(d.source, false)
		long := backend.DataQuery{RefID: fmt.Sprint(i), JSON: json.RawMessage(strings.Repeat("x", 1<<20))}
		d.answers.share(t.Context(), r, long, query.Times{}, func() backend.DataResponse { return backend.DataResponse{} })
		r.Close()
	}
	require.LessOrEqual(t, len(d.answers.kept), 33, "long queries count")
}

// gatedQuerier holds up selectors without a metric's name.
type gatedQuerier struct {
	storage.Querier
	gate   chan struct{}
	inside *atomic.Int32
}

func (q gatedQuerier) Select(ctx context.Context, sorted bool, hints *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	for _, m := range matchers {
		if m.Name == model.MetricNameLabel && m.Type == labels.MatchRegexp {
			q.inside.Add(1)
			<-q.gate
		}
	}
	return q.Querier.Select(ctx, sorted, hints, matchers...)
}

// A range is cut to the history and the retention before anything is computed, and what is computed stays the same.
func TestRangesAreCutToTheRetention(t *testing.T) {
	d, f := newTestWith(t, `{"targets": [{"url": "a:1"}], "retention": {"time": "2h"}}`, falco("node-1", kernelCounters...))
	f.count("node-1", 5)
	year := backend.DataQuery{RefID: "A", JSON: json.RawMessage(`{"queryType": "promql", "expr": "vector(1)"}`), MaxDataPoints: 10_000,
		TimeRange: backend.TimeRange{From: noon.AddDate(-1, 0, 0), To: noon}}
	res, err := d.QueryData(t.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{year}})
	require.NoError(t, err)
	require.NoError(t, res.Responses["A"].Error)
	require.LessOrEqual(t, res.Responses["A"].Frames[0].Rows(), 100, "of 10,000 steps")

	for expr, want := range map[string]string{
		`max_over_time(up[1y:1s])`:                                        `max_over_time(up[2h:1s])`,
		`max_over_time(up[1y:1s] offset 1h)`:                              `max_over_time(up[2h:1s] offset 1h)`,
		`max_over_time(up[1y:1s] offset -1h)`:                             `max_over_time(up[3h:1s] offset -1h)`,
		`max_over_time(min_over_time(up[1d:1m])[1y:1m])`:                  `max_over_time(min_over_time(up[2h:1m])[2h:1m])`,
		`rate(falcosecurity_scap_n_evts_total[1d:1m])`:                    `rate(falcosecurity_scap_n_evts_total[1d:1m])`,
		`max_over_time(rate(falcosecurity_scap_n_evts_total[5m])[1h:1m])`: `max_over_time(rate(falcosecurity_scap_n_evts_total[5m])[1h:1m])`,
	} {
		got := queryOne(t, d, fmt.Sprintf(`{"queryType": "promql", "instant": true, "expr": %q}`, expr))
		require.NoError(t, got.Error)
		require.Equal(t, want, got.Frames[0].Meta.ExecutedQueryString)
	}
}
