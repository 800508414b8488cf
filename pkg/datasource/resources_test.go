package datasource

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

// look sends a look-up as Grafana does and returns its status and body.
func look(t *testing.T, d *Instance, method, path string) (int, string) {
	t.Helper()
	u, err := url.Parse(path)
	require.NoError(t, err)
	var got *backend.CallResourceResponse
	err = d.CallResource(t.Context(), &backend.CallResourceRequest{Method: method, Path: u.EscapedPath(), URL: path},
		backend.CallResourceResponseSenderFunc(func(res *backend.CallResourceResponse) error { got = res; return nil }))
	require.NoError(t, err)
	require.Equal(t, []string{"application/json"}, got.Headers["Content-Type"])
	require.True(t, json.Valid(got.Body))
	return got.Status, string(got.Body[:len(got.Body)-1])
}

func filters(json string) string { return "?filters=" + url.QueryEscape(json) }

func TestLookUps(t *testing.T) {
	d, f := newTest(t, falco("node-1"), change(falco("node-2"), func(s *scrape.Status) { s.Facts = map[string]string{"version": "0.39.0"} }),
		change(falco("node-3"), func(s *scrape.Status) { s.Facts = nil })) // has never answered
	f.count("node-1", 5)
	f.count("node-2", 0)
	f.count("node-3", 0)
	f.set(1, "__name__", "falcosecurity_falco_version_info", "node", "node-1", "version", "0.44.1")
	f.set(1, "__name__", "falcosecurity_scap_engine_name_info", "node", "node-1", "engine_name", "modern_bpf")
	f.set(1, "__name__", "falcosecurity_scap_engine_name_info", "node", "node-1", "engine_name", "source_plugin")
	tests := []struct {
		path   string
		status int
		want   string
	}{
		{"labels", 200, `{"data":["cluster","engine","node","version","zone"]}`},
		{"promql/labels", 200, `{"data":["cluster","engine_name","node","version","zone"]}`},
		{"promql/labels?metric=falcosecurity_scap_engine_name_info", 200, `{"data":["engine_name","node"]}`},
		{"promql/labels?metric=falcosecurity_scap_engine_name_info&metric=falcosecurity_falco_version_info", 200, `{"data":["engine_name","node","version"]}`},
		{"promql/labels?metric=nothing", 200, `{"data":[]}`},
		{"promql/labels/engine_name/values", 200, `{"data":["modern_bpf","source_plugin"]}`},
		{"promql/labels/node/values?metric=falcosecurity_scap_engine_name_info", 200, `{"data":["node-1"]}`},
		{"promql/labels/engine_name/values" + filters(`[{"key":"engine_name","operator":"!~","value":"source.*"}]`), 200, `{"data":["modern_bpf"]}`},
		{"promql/labels/node/values" + filters(`x`), 400, `{"error":"the filters cannot be read: expected [{\"key\": \"node\", \"operator\": \"=\", \"value\": \"node-1\"}]: invalid character 'x' looking for beginning of value"}`},
		{"promql/labels/node/values" + filters(`[{"key":"node","operator":"=~","value":"("}]`), 400, `{"error":"the filter on \"node\" is not a valid regular expression: \"(\""}`},
		{"labels/node/values", 200, `{"data":["node-1","node-2","node-3"]}`},
		{fmt.Sprintf("labels/node/values?from=%d&to=%d", noon.Add(-time.Hour).UnixMilli(), noon.UnixMilli()), 200, `{"data":["node-1","node-2","node-3"]}`},
		{fmt.Sprintf("labels/node/values?to=%d", noon.Add(-2*time.Hour).UnixMilli()), 200, `{"data":[]}`},
		{"labels/node/values?from=x", 400, `{"error":"the time from is \"x\": expected unix milliseconds"}`},
		{"labels/nothing/values", 200, `{"data":[]}`},
		{"labels/engine/values", 200, `{"data":["modern_bpf"]}`},
		{"labels/version/values", 200, `{"data":["0.44.1"]}`},
		{"labels/node/values" + filters(`[{"key":"node","operator":"!~","value":".*1"}]`), 200, `{"data":["node-2","node-3"]}`},
		{"labels/node/values" + filters(`[{"key":"version","operator":"=","value":"0.39.0"}]`), 200, `{"data":["node-2"]}`},
		{"labels/node/values" + filters(`[{"key":"version","operator":"=~","value":".*"}]`), 200, `{"data":["node-1","node-2","node-3"]}`},
		{"metrics", 200, `{"data":["falcosecurity_falco_version_info","falcosecurity_scap_engine_name_info","falcosecurity_scap_n_drops_total","falcosecurity_scap_n_evts_total","up"]}`},
		{"labels/node/values" + filters(`x`), 400, `{"error":"the filters cannot be read: expected [{\"key\": \"node\", \"operator\": \"=\", \"value\": \"node-1\"}]: invalid character 'x' looking for beginning of value"}`},
		{"labels/node/values" + filters(`[{"key":"node","operator":"~","value":"a"}]`), 400, `{"error":"the filter on \"node\" has the operator \"~\"; allowed: = != =~ !~"}`},
		{"labels/node/values" + filters(`[{"key":"node","operator":"=~","value":"("}]`), 400, `{"error":"the filter on \"node\" is not a valid regular expression: \"(\""}`},
		{"series", 404, `{"error":"there is no resource \"series\": expected labels, labels/\u003cname\u003e/values, metrics, promql/labels, promql/labels/\u003cname\u003e/values, targets, alerts, baseline, export, expression or live"}`},
	}
	for _, test := range tests {
		t.Run(test.path, func(t *testing.T) {
			status, body := look(t, d, http.MethodGet, test.path)
			require.Equal(t, test.status, status)
			require.Equal(t, test.want, body)
		})
	}
	status, body := look(t, d, http.MethodPost, "labels")
	require.Equal(t, 405, status)
	require.Equal(t, `{"error":"the method is POST: expected GET"}`, body)
}

// Falco's counters have digits, Falcosidekick's count in the opposite direction, and alerts have words.
func TestPrioritiesAreWords(t *testing.T) {
	d, f := newTest(t, falco("node-1"), falco("node-2"))
	f.set(1, "__name__", "falcosecurity_falco_rules_matches_total", "node", "node-1", "rule_name", "Shell", "priority", "5")
	f.set(1, "__name__", "falcosecurity_falco_rules_matches_total", "node", "node-2", "rule_name", "Drift", "priority", "3")
	f.set(1, "__name__", "falcosecurity_falcosidekick_falco_events_total", "node", "sidekick", "rule", "Shell", "priority", "3")
	f.set(1, "__name__", "falcosecurity_falcosidekick_falco_events_total", "node", "sidekick", "rule", "Odd", "priority", "0")
	f.set(1, "__name__", "falco_alerts_received_total", "node", "node-2", "rule", "Write", "priority", "Critical")
	for path, want := range map[string]string{
		"labels/priority/values": `{"data":["critical","error","notice"]}`,
		"labels/priority/values" + filters(`[{"key":"node","operator":"=","value":"node-2"}]`):        `{"data":["critical","error"]}`,
		"labels/rule_name/values" + filters(`[{"key":"priority","operator":"=","value":"Notice"}]`):   `{"data":["Shell"]}`,
		"labels/rule/values" + filters(`[{"key":"priority","operator":"=","value":"Notice"}]`):        `{"data":["Shell"]}`,
		"labels/node/values" + filters(`[{"key":"priority","operator":"!=","value":"error"}]`):        `{"data":["node-1","node-2","sidekick"]}`,
		"labels/node/values" + filters(`[{"key":"priority","operator":"=~","value":"error|crit.*"}]`): `{"data":["node-2"]}`,
	} {
		status, body := look(t, d, http.MethodGet, path)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, want, body, path)
	}
}

func TestBaselineOfTheMajority(t *testing.T) {
	d, f := newTest(t, falco("a"), falco("b"), falco("c"))
	for node, version := range map[string]string{"a": "0.44.1", "b": "0.44.1", "c": "0.43.0"} {
		f.set(1, "__name__", "falcosecurity_falco_version_info", "cluster", "demo", "node", node, "version", version)
		// Each has other settings, and all have the same two rules files.
		f.set(1, "__name__", "falcosecurity_falco_sha256_config_files_info", "cluster", "demo", "node", node, "sha256", node)
		f.set(1, "__name__", "falcosecurity_falco_sha256_rules_files_info", "cluster", "demo", "node", node, "file_name", "y", "sha256", "2")
		f.set(1, "__name__", "falcosecurity_falco_sha256_rules_files_info", "cluster", "demo", "node", node, "file_name", "x", "sha256", "1")
	}
	status, body := look(t, d, http.MethodGet, "baseline")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, `{"data":{"rules":"1,2","version":"0.44.1"}}`, body)
}

func TestTargetList(t *testing.T) {
	d, _ := newTest(t, change(falco("node-1", "up"), func(s *scrape.Status) {
		s.State, s.Cause, s.Message = scrape.Down, scrape.Refused, "Connection refused."
		s.Unreadable, s.Problems = 1, []scrape.Problem{{Line: 3, Reason: "no value", Text: "x"}}
	}))
	_, body := look(t, d, http.MethodGet, "targets")
	require.JSONEq(t, `{"data": [{
		"id": "id-node-1", "address": "http://node-1:8765/metrics", "configured": "http://node-1:8765/metrics", "kind": "falco",
		"labels": {"cluster": "demo", "node": "node-1", "zone": "a"}, "state": "down", "cause": "refused", "message": "Connection refused.",
		"since": "2026-11-23T11:00:07Z", "lastScrape": "2026-11-23T12:00:06Z", "lastUp": "2026-11-23T12:00:06Z", "seconds": 0,
		"samples": 100, "unreadable": 1, "duplicates": 0, "problems": [{"line": 3, "reason": "no value", "text": "x"}],
		"facts": {"version": "0.44.1", "engine": "modern_bpf", "kernel": "6.8.0"}
	}]}`, body)

	d, _ = newTest(t)
	_, body = look(t, d, http.MethodGet, "targets")
	require.Equal(t, `{"data":[]}`, body)
}

func TestLookUpsWithoutSettings(t *testing.T) {
	d, _ := newTestWith(t, `{}`)
	status, body := look(t, d, http.MethodGet, "labels")
	require.Equal(t, 400, status)
	require.Equal(t, `{"error":"no targets are configured: enter the Address of a Falco, such as node-1:8765, in the settings of the data source"}`, body)
}

func TestListsAreBounded(t *testing.T) {
	require.Len(t, bounded(make([]string, mostValues+1)), mostValues)
	require.Equal(t, []string{}, bounded[string](nil))
}
