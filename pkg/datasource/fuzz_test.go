package datasource

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"
)

// fuzzed returns an instance whose queries end soon.
func fuzzed(f *testing.F) *Instance {
	d, fleet := newTestWith(f, `{"targets": [{"url": "node-1:8765"}], "limits": {"queryTimeout": "2s", "maxSamples": 1000000}, "retention": {"time": "2h"}}`,
		falco("node-1", kernelCounters...), falco("node-2", kernelCounters...))
	fleet.count("node-1", 5)
	fleet.count("node-2", 0)
	return d
}

// Whatever a query contains, it has frames or an error, and never panics.
func FuzzQueries(f *testing.F) {
	text, err := os.ReadFile("../../tests/corpora/queries.json")
	require.NoError(f, err)
	var cases []struct{ Old json.RawMessage }
	require.NoError(f, json.Unmarshal(text, &cases))
	for _, c := range cases {
		f.Add([]byte(c.Old), false)
	}
	for _, query := range []string{
		`{"queryType": "health"}`, `{"queryType": "health", "instant": false, "groupBy": ["dimension"]}`, `{"queryType": "inventory"}`, `{"queryType": "rules", "limit": 3}`,
		`{"queryType": "events", "groupBy": ["cluster"], "signals": ["restart"]}`, `{"signals": ["kernel-drop-ratio"], "compare": "1h", "window": "$__range"}`,
		`{"expr": "max_over_time({__name__=~\".+\"}[1y:1s])", "format": "table"}`, `{"expr": "rate(falcosecurity_scap_n_evts_total[$__rate_interval]) @ end() offset -5m", "legendFormat": "{{node}}"}`,
		`{"expr": "label_replace(up, \"x\", \"$1\", \"node\", \"(.*)\")", "filters": [{"key": "node", "operator": "=~", "value": "a|b"}]}`,
	} {
		f.Add([]byte(query), true)
	}
	d := fuzzed(f)
	f.Fuzz(func(t *testing.T, query []byte, alert bool) {
		req := &backend.QueryDataRequest{Queries: []backend.DataQuery{{
			RefID: "A", JSON: query, Interval: 15 * time.Second, MaxDataPoints: 100, TimeRange: backend.TimeRange{From: noon.Add(-time.Hour), To: noon},
		}}}
		if alert {
			req.Headers = map[string]string{backend.FromAlertHeaderName: "true"}
		}
		res, err := d.QueryData(t.Context(), req)
		require.NoError(t, err)
		answer := res.Responses["A"]
		if answer.Error != nil {
			require.NotContains(t, answer.Error.Error(), "failed inside the plugin")
			return
		}
		require.NotEmpty(t, answer.Frames)
		_, err = json.Marshal(answer)
		require.NoError(t, err)
	})
}

// Whatever the URL of a resource contains, the response is JSON and nothing panics.
func FuzzResources(f *testing.F) {
	for _, path := range []string{
		"labels", "labels/node/values", "labels/..%2F..%2Fx/values", "labels/%252e%252e/values?from=1&to=2", "metrics", "targets", "baseline", "live?targets=id-node-1",
		"live/samples?metrics=up", "live/reasons?query=null", `live/reasons?query={"signals":["kernel-drop-ratio"]}`, "export?format=prometheus", "export?format=servicemonitor", "alerts", "expression?expr=up",
		`labels/node/values?filters=[{"key":"version","operator":"=~","value":".*"}]`, "labels/version/values?from=1e7&to=-1", "%00", "//labels", "labels/%ff/values",
	} {
		f.Add(path)
	}
	d := fuzzed(f)
	f.Fuzz(func(t *testing.T, path string) {
		u, err := url.Parse(path)
		if err != nil {
			return
		}
		var parts []*backend.CallResourceResponse
		err = d.CallResource(t.Context(), &backend.CallResourceRequest{Method: http.MethodGet, Path: u.EscapedPath(), URL: path},
			backend.CallResourceResponseSenderFunc(func(res *backend.CallResourceResponse) error { parts = append(parts, res); return nil }))
		if err != nil { // the SDK refuses a URL that makes no request
			return
		}
		require.Len(t, parts, 1)
		require.NotEqual(t, http.StatusInternalServerError, parts[0].Status, string(parts[0].Body))
		if parts[0].Status != http.StatusMovedPermanently && parts[0].Status != http.StatusTemporaryRedirect { // ServeMux cleans paths
			require.True(t, json.Valid(parts[0].Body), "%d %s", parts[0].Status, parts[0].Body)
		}
	})
}
