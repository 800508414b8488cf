package store

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi/promapitest"
)

func TestEvaluateAtAnInstant(t *testing.T) {
	f := newFakeServer(t, promapitest.Always(200, promapitest.Vector(`{"__name__": "x", "instance": "node-1", "node": "other", "zone": ""} 1.5`, `{"instance": "node-2"} NaN`)))
	s := f.store(t, func(c *Config) {
		c.Parameters = url.Values{"dedup": {"true"}}
		c.Header = http.Header{"X-Scope-Orgid": {"team-a"}}
	})
	result, err := s.Evaluate(t.Context(), promapi.Query{Expr: `sum by (cluster, node) (x{node="node-1"})`, End: promapitest.Noon})
	require.NoError(t, err)
	require.Equal(t, `sum by (instance) (x{instance="node-1"})`, result.Executed)
	require.Equal(t, `{__name__="x", exported_node="other", node="node-1"} => 1.5 @[1772366400000]`+"\n"+`{node="node-2"} => NaN @[1772366400000]`, result.Value.String())
	require.Equal(t, []promapitest.Request{{
		Method: "POST", Path: "query", Parameters: url.Values{"query": {result.Executed}, "time": {"1772366400.000"}, "timeout": {"5.000"}, "dedup": {"true"}}, Header: f.Requests[0].Header,
	}}, f.Requests)
	require.Equal(t, "team-a", f.Requests[0].Header.Get("X-Scope-OrgID"))
}

func TestEvaluateOverARange(t *testing.T) {
	f := newFakeServer(t, promapitest.Always(200, `{"data": {"result": [
		{"metric": {"instance": "b"}, "values": [[1772366385.001, "+Inf"], [1772366400, "-1e3"]]},
		{"values": [[1772366400, "7"]], "metric": {"instance": "a"}, "histograms": [[1772366400, {"count": "1"}]]}
	], "resultType": "matrix"}, "warnings": ["w"], "infos": ["i"], "isPartial": true, "status": "success"}`))
	result, err := f.store(t).Evaluate(t.Context(), promapi.Query{Expr: "x", Start: promapitest.Noon.Add(-time.Minute), End: promapitest.Noon, Step: 15 * time.Second})
	require.NoError(t, err)
	require.Equal(t, "{node=\"a\"} =>\n7 @[1772366400000]\n{node=\"b\"} =>\n+Inf @[1772366385001]\n-1000 @[1772366400000]", result.Value.String())
	require.True(t, result.Partial)
	require.Equal(t, []string{"i"}, result.Infos)
	require.Equal(t, []string{"w", "the result contains native histograms, which are not supported and were left out"}, result.Warnings)
	require.Equal(t, "15.000", f.Requests[0].Parameters.Get("step"))
	require.Equal(t, "1772366340.000", f.Requests[0].Parameters.Get("start"))
}

func TestEvaluateUserWritten(t *testing.T) {
	f := newFakeServer(t, promapitest.Always(200, promapitest.Vector(`{"instance": "node-1", "node": "other"} 1`)))
	result, err := f.store(t).Evaluate(t.Context(), promapi.Query{Expr: "rate(x)", End: promapitest.Noon, UserWritten: true}) // MetricsQL
	require.NoError(t, err)
	require.Equal(t, "rate(x)", result.Executed)
	require.Equal(t, `{instance="node-1", node="other"} => 1 @[1772366400000]`, result.Value.String())
}

// Evaluations at the current time are shared within a scrape interval.
func TestInstantsAreSharedWithinAnInterval(t *testing.T) {
	server := newEngine(t, "load 15s\n  x{instance=\"a\"} 0+1x1000\n", nil)
	s := server.store(t)
	ask := func(now, end time.Duration, userWritten bool) string {
		s.now = func() time.Time { return promapitest.TimeAt(now) }
		result, err := s.Evaluate(t.Context(), promapi.Query{Expr: "x", Start: promapitest.TimeAt(end), End: promapitest.TimeAt(end), UserWritten: userWritten})
		require.NoError(t, err)
		return result.Value.String()
	}
	require.Equal(t, `{__name__="x", node="a"} => 480 @[7200000]`, ask(7203*time.Second, 7203*time.Second, false))
	require.Equal(t, `{__name__="x", node="a"} => 480 @[7200000]`, ask(7213*time.Second, 7213*time.Second, false))
	require.Len(t, server.Requests, 1)
	require.Equal(t, `{__name__="x", node="a"} => 481 @[7215000]`, ask(7216*time.Second, 7216*time.Second, false))
	require.Equal(t, `{__name__="x", instance="a"} => 481 @[7216000]`, ask(7216*time.Second, 7216*time.Second, true), "an expression of a user")
	require.Equal(t, `{__name__="x", node="a"} => 240 @[3607000]`, ask(7216*time.Second, 3607*time.Second, false), "in the past")
}
