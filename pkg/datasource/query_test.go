package datasource

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/grafana/dataplane/sdata/numeric"
	"github.com/grafana/dataplane/sdata/timeseries"
	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/prometheus/storage"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// twoNodes has one Falco that loses 5 of 100 events, and one that loses none.
func twoNodes(t *testing.T) (*Instance, *fakeFleet) {
	d, f := newTest(t, falco("node-1", kernelCounters...), falco("node-2", kernelCounters...))
	f.count("node-1", 5)
	f.count("node-2", 0)
	return d, f
}

func TestDefaultQuery(t *testing.T) {
	d, f := twoNodes(t)
	res := queryOne(t, d, `{}`)
	require.NoError(t, res.Error)
	require.EqualValues(t, 1, f.uses.Load())
	require.Empty(t, texts(t, res))

	reader, err := timeseries.CollectionReaderFromFrames(res.Frames)
	require.NoError(t, err)
	c, err := reader.GetCollection(true)
	require.NoError(t, err)
	require.Equal(t, "A", c.RefID)
	require.Len(t, c.Refs, 2)
	for i, want := range []struct {
		node  string
		ratio float64
	}{{"node-1", 0.05}, {"node-2", 0}} {
		s := c.Refs[i]
		require.Equal(t, data.Labels{"cluster": "demo", "node": want.node}, s.GetLabels())
		require.Equal(t, "kernel-drop-ratio", s.GetMetricName())
		require.Equal(t, want.node, s.ValueField.Config.DisplayNameFromDS)
		require.Equal(t, 15_000.0, s.TimeField.Config.Interval)
		require.Equal(t, 121, s.ValueField.Len(), "every step of half an hour")
		for j := range s.ValueField.Len() {
			require.InDelta(t, want.ratio, s.ValueField.At(j), 1e-12)
		}
	}
	require.Equal(t,
		`sum by (cluster, node) (rate(falcosecurity_scap_n_drops_total{}[60s])) / (sum by (cluster, node) (rate(falcosecurity_scap_n_evts_total{}[60s])) > 0)`,
		res.Frames[0].Meta.ExecutedQueryString)
	require.Equal(t, map[string]any{"window": "60s"}, res.Frames[0].Meta.Custom)
}

func TestFormats(t *testing.T) {
	d, _ := twoNodes(t)
	alert := map[string]string{"FromAlert": "true"}
	tests := []struct {
		name, query string
		headers     map[string]string
		kind        data.FrameType
		frames      int
	}{
		{"range", `{"signals": ["up"]}`, nil, data.FrameTypeTimeSeriesMulti, 2},
		{"instant", `{"signals": ["up"], "instant": true}`, nil, data.FrameTypeNumericMulti, 2},
		{"table", `{"signals": ["up", "kernel-drop-ratio"], "format": "table"}`, nil, data.FrameTypeNumericLong, 1},
		{"table over the range", `{"signals": ["up"], "format": "table", "instant": false}`, nil, data.FrameTypeTimeSeriesLong, 1},
		{"an alert rule gets no table", `{"signals": ["up"], "format": "table"}`, alert, data.FrameTypeNumericMulti, 2},
		{"nor over a range", `{"signals": ["up"], "format": "table", "instant": false}`, alert, data.FrameTypeTimeSeriesMulti, 2},
		{"nor when the header came over HTTP", `{"signals": ["up"], "format": "table"}`, map[string]string{"http_FromAlert": "true"}, data.FrameTypeNumericMulti, 2},
		{"scalar", `{"queryType": "promql", "expr": "2 * 3", "instant": true}`, nil, data.FrameTypeNumericMulti, 1},
		{"promql, its macro", `{"expr": "rate(falcosecurity_scap_n_evts_total[$__rate_interval])"}`, nil, data.FrameTypeTimeSeriesMulti, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			res := queries(t, d, test.headers, test.query)["A"]
			require.NoError(t, res.Error)
			require.Len(t, res.Frames, test.frames)
			for _, f := range res.Frames {
				require.Equal(t, test.kind, f.Meta.Type)
				require.Equal(t, "A", f.RefID)
			}
		})
	}
}

func TestInstantIsReadBack(t *testing.T) {
	d, _ := twoNodes(t)
	res := queryOne(t, d, `{"instant": true, "groupBy": ["node"], "filters": [{"key": "node", "operator": "=", "value": "node-1"}]}`)
	require.NoError(t, res.Error)
	reader, err := numeric.CollectionReaderFromFrames(res.Frames)
	require.NoError(t, err)
	c, err := reader.GetCollection(false)
	require.NoError(t, err)
	require.Len(t, c.Refs, 1)
	value, _, err := c.Refs[0].NullableFloat64Value()
	require.NoError(t, err)
	require.InDelta(t, 0.05, *value, 1e-12)
}

func TestSeveralSignalsAreToldApart(t *testing.T) {
	d, _ := twoNodes(t)
	res := queryOne(t, d, `{"signals": ["kernel-drop-ratio", "up", "up"], "filters": [{"key": "node", "operator": "=", "value": "node-1"}]}`)
	require.NoError(t, res.Error)
	require.Len(t, res.Frames, 2, "a signal named twice is shown once")
	require.Equal(t, data.Labels{"cluster": "demo", "node": "node-1", "signal": "kernel-drop-ratio"}, res.Frames[0].Fields[1].Labels)
	require.Equal(t, "Kernel drops, node-1", res.Frames[0].Fields[1].Config.DisplayNameFromDS)
	require.Equal(t, data.Labels{"cluster": "demo", "node": "node-1", "signal": "up"}, res.Frames[1].Fields[1].Labels)
}

func TestErrors(t *testing.T) {
	d, _ := twoNodes(t)
	tests := map[string]string{
		`[`:                         `the query is not valid JSON: unexpected end of JSON input`,
		`{"queryType": "logs"}`:     `the query type is "logs": expected signal, health, inventory, rules, events, impact or promql`,
		`{"queryType": "promql"}`:   `the query has no expression: write one, such as up == 0`,
		`{"signals": ["ups"]}`:      `there is no signal "ups"; the nearest are up, uptime, outputs-queue-drops`,
		`{"groupBy": ["pod"]}`:      `signal "kernel-drop-ratio" cannot be grouped by "pod"; allowed: cluster, engine, kernel, node, version, zone`,
		`{"window": "soon"}`:        `the window "soon" is no duration; expected something like 90s, 5m, $__range, $__interval or $__rate_interval`,
		`{"expr": "sum(up"}`:        `the expression cannot be parsed at character 7: unclosed left parenthesis`,
		`{"expr": "up\n + up{a=}"}`: `the expression cannot be parsed at line 2, character 9: unexpected "}" in label matching, expected string`,
		`{"expr": "up * on(node) {__name__=~\"up|falcosecurity_scap_n_evts_total\"}"}`: ``,
		`{"expr": "\"text\"", "instant": true}`:                                        `the expression returns a string, which cannot be shown or alerted on: expected numbers`,
	}
	for query, want := range tests {
		res := queryOne(t, d, query)
		if want == "" {
			require.ErrorContains(t, res.Error, "the expression cannot be evaluated: found duplicate series")
		} else {
			require.EqualError(t, res.Error, want, query)
		}
		require.Equal(t, backend.StatusBadRequest, res.Status, query)
		require.Equal(t, backend.ErrorSourceDownstream, res.ErrorSource, query)
		require.Empty(t, res.Frames)
	}
}

func TestLimits(t *testing.T) {
	d, f := newTestWith(t, `{"targets": [{"url": "a:1"}], "limits": {"maxSamples": 40}}`, falco("node-1", kernelCounters...))
	f.count("node-1", 5)
	require.EqualError(t, queryOne(t, d, `{}`).Error, "the query needs more than 1 series at once, for whose labels and steps its share of limits.maxSamples has no room: narrow its filters or its time range, shorten the labels that it makes, or raise limits.maxSamples")

	d, _ = newTestWith(t, `{"targets": [{"url": "a:1"}], "limits": {"queryTimeout": "1ms"}}`, falco("node-1", kernelCounters...))
	d.source.Executor = waitingExecutor{d.source.Executor}
	const timeout = "the query took longer than 1ms: narrow its time range or its filters, or raise limits.queryTimeout"
	require.EqualError(t, queryOne(t, d, `{}`).Error, timeout)
	require.EqualError(t, queryOne(t, d, `{"queryType": "health"}`).Error, timeout)
}

// waitingExecutor waits until the query ends.
type waitingExecutor struct{ executor.Executor }

func (waitingExecutor) Evaluate(ctx context.Context, _ executor.Evaluation) (executor.Value, error) {
	<-ctx.Done()
	return executor.Value{}, ctx.Err()
}

func TestFailedQueryLeavesOthersAlone(t *testing.T) {
	d, f := twoNodes(t)
	var calls atomic.Int32
	f.queryable = func() storage.Queryable {
		whole := history.NewView([]*history.History{f.history}, nil, "")
		return storage.QueryableFunc(func(from, to int64) (storage.Querier, error) {
			if calls.Add(1) == 3 {
				panic("boom")
			}
			return whole.Querier(from, to)
		})
	}
	texts := []string{`{"signals": ["nope"]}`, `[`}
	for i := range 10 {
		texts = append(texts, fmt.Sprintf(`{"window": "%dm", "instant": true}`, i+1)) // each evaluates one expression
	}
	good, panicked := 0, 0
	for ref, res := range queries(t, d, nil, texts...) {
		switch {
		case ref == "A" || ref == "B":
			require.Error(t, res.Error)
		case res.Error == nil:
			require.Len(t, res.Frames, 2)
			good++
		default:
			require.EqualError(t, res.Error, "this query failed inside the plugin, whose log has the details; please report it")
			require.Equal(t, backend.ErrorSourcePlugin, res.ErrorSource)
			require.Equal(t, backend.StatusInternal, res.Status)
			panicked++
		}
	}
	require.Equal(t, 9, good)
	require.Equal(t, 1, panicked)
}

// What several queries of a request ask for is evaluated once.
func TestSharedWithinARequest(t *testing.T) {
	d, f := twoNodes(t)
	var calls atomic.Int32
	f.queryable = func() storage.Queryable {
		whole := history.NewView([]*history.History{f.history}, nil, "")
		return storage.QueryableFunc(func(from, to int64) (storage.Querier, error) {
			calls.Add(1)
			return whole.Querier(from, to)
		})
	}
	for _, res := range queries(t, d, nil, `{}`, `{"legendFormat": "x"}`, `{"format": "table", "instant": false}`, `{"instant": true}`) {
		require.NoError(t, res.Error)
		require.NotEmpty(t, res.Frames[0].Fields)
	}
	require.EqualValues(t, 4, calls.Load(), "the range, the instant, and who was known when the range began and ended")
}

func TestNothingToEvaluate(t *testing.T) {
	down := func(node string) scrape.Status {
		return change(falco(node), func(s *scrape.Status) {
			s.State, s.Cause, s.Message = scrape.Down, scrape.Timeout, "No response within 10s. Check network policies."
		})
	}
	d, f := newTest(t, down("node-1"), down("node-2"))
	res := queryOne(t, d, `{}`)
	require.EqualError(t, res.Error, "No metrics from both nodes. No response within 10s. Check network policies.")
	require.Equal(t, backend.StatusBadGateway, res.Status)
	require.Equal(t, backend.ErrorSourceDownstream, res.ErrorSource)

	f.set(0, "__name__", "up", "cluster", "demo", "node", "node-1")
	res = queryOne(t, d, `{"signals": ["up"]}`)
	require.Len(t, res.Frames, 1, "that it is down is a value too")
	require.Equal(t, []string{"warning: No metrics from both nodes. No response within 10s. Check network policies."}, texts(t, res)[:1])
}

func TestSettingsThatCannotBeUsed(t *testing.T) {
	d, _ := newTestWith(t, `{"scrapeInterval": "x"}`)
	const want = `the settings of this data source cannot be used: scrapeInterval is "x": expected a duration such as 15s or 1m`
	for _, res := range queries(t, d, nil, `{}`, `{}`) {
		require.EqualError(t, res.Error, want)
		require.Equal(t, backend.StatusBadRequest, res.Status)
	}
	d.Dispose()

	d, _ = newTestWith(t, `{}`)
	require.EqualError(t, queryOne(t, d, `{}`).Error, "no targets are configured: enter the Address of a Falco, such as node-1:8765, in the settings of the data source")
}

func TestDispose(t *testing.T) {
	d, f := twoNodes(t)
	d.Dispose()
	require.True(t, f.released)
}

func TestFramesAreJSON(t *testing.T) {
	d, _ := twoNodes(t)
	text, err := json.Marshal(queryOne(t, d, `{}`))
	require.NoError(t, err)
	require.Contains(t, string(text), `"thresholds"`)
}
