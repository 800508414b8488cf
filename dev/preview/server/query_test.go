package server

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestQueriesAreGroupedByDataSource(t *testing.T) {
	groups, err := parseQueries([]byte(`{
		"from": "1700000000000", "to": "1700000060000",
		"queries": [
			{ "refId": "A", "datasource": { "uid": "one" }, "intervalMs": 15000, "maxDataPoints": 720, "queryType": "signal" },
			{ "refId": "B", "datasource": { "uid": "two" }, "queryType": "x" },
			{ "refId": "C", "datasource": "one", "timeRange": { "from": "1700000030000", "to": "1700000060000" } }
		]
	}`))
	require.NoError(t, err)
	require.Len(t, groups, 2)
	require.Equal(t, "one", groups[0].uid)
	require.Equal(t, "two", groups[1].uid)

	first := groups[0].queries[0]
	require.Equal(t, "A", first.RefID)
	require.Equal(t, 15*time.Second, first.Interval)
	require.Equal(t, int64(720), first.MaxDataPoints)
	require.Equal(t, time.UnixMilli(1_700_000_000_000).UTC(), first.TimeRange.From)
	require.JSONEq(t, `{ "refId": "A", "datasource": { "uid": "one" }, "intervalMs": 15000, "maxDataPoints": 720, "queryType": "signal" }`, string(first.JSON))

	require.Equal(t, "C", groups[0].queries[1].RefID)
	require.Equal(t, time.UnixMilli(1_700_000_030_000).UTC(), groups[0].queries[1].TimeRange.From)

	second := groups[1].queries[0]
	require.Equal(t, "x", second.QueryType)
	require.Equal(t, time.Second, second.Interval)
	require.Equal(t, int64(100), second.MaxDataPoints)
}

func TestRelativeTimes(t *testing.T) {
	groups, err := parseQueries([]byte(`{ "from": "now-1h", "to": "now", "queries": [{ "datasource": { "uid": "one" } }] }`))
	require.NoError(t, err)
	require.Equal(t, time.Hour, groups[0].queries[0].TimeRange.Duration())
	require.Equal(t, "A", groups[0].queries[0].RefID)
}

func TestQueryMistakes(t *testing.T) {
	for body, message := range map[string]string{
		`[]`:                  "expected a JSON object with from, to and queries: json: cannot unmarshal array into Go value of type server.metricRequest",
		`{ "queries": [] }`:   "no queries found: expected at least one in queries",
		`{ "queries": [{}] }`: "queries[0]: expected datasource.uid",
		`{ "queries": [{ "datasource": { "uid": "one" } }], "from": "yesterday", "to": "now" }`: `queries[0]: expected from as epoch milliseconds or now-…, found "yesterday"`,
		`{ "queries": [{ "datasource": { "uid": "one" } }], "from": "now", "to": "" }`:          `queries[0]: expected to as epoch milliseconds or now-…, found ""`,
	} {
		_, err := parseQueries([]byte(body))
		require.EqualError(t, err, message)
	}
}

func TestHeadersThatAPluginSees(t *testing.T) {
	incoming := http.Header{}
	incoming.Set("FromAlert", "true")
	incoming.Set("X-Rule-Uid", "drops")
	incoming.Set("X-Dashboard-Uid", "overview")
	incoming.Set("Cookie", "secret")
	require.Equal(t, map[string]string{
		"FromAlert": "true", "X-Cache-Skip": "true", "X-Grafana-Org-Id": "1",
		"http_X-Rule-Uid": "drops", "http_X-Dashboard-Uid": "overview",
	}, forwardedHeaders(incoming, 1).Headers)
	require.Equal(t, "drops", forwardedHeaders(incoming, 1).GetHTTPHeader("X-Rule-Uid"))
}
