package datasource

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

// as looks as a user with a role; an empty role is no user at all.
func as(t *testing.T, d *Instance, role, path string) (int, string) {
	t.Helper()
	req := &backend.CallResourceRequest{Method: http.MethodGet, Path: strings.Split(path, "?")[0], URL: path}
	if role != "" {
		req.PluginContext.User = &backend.User{Role: role}
	}
	var got backend.CallResourceResponse
	require.NoError(t, d.CallResource(t.Context(), req, backend.CallResourceResponseSenderFunc(func(part *backend.CallResourceResponse) error {
		require.LessOrEqual(t, len(part.Body), partBytes)
		got.Status, got.Body = max(got.Status, part.Status), append(got.Body, part.Body...)
		return nil
	})))
	require.True(t, json.Valid(got.Body))
	return got.Status, strings.TrimSpace(string(got.Body))
}

func TestLiveIsForEditors(t *testing.T) {
	const may = `{"error":"live mode is for editors and administrators, because it returns Falco's complete metrics. An administrator can allow it for viewers: live.allowViewers"}`
	const off = `{"error":"live mode is disabled in the data source's settings: live.minInterval is 0"}`
	for _, test := range []struct {
		settings, role string
		status         int
		want           string
	}{
		{`{}`, "Viewer", 403, may},
		{`{}`, "", 403, may},
		{`{}`, "None", 403, may},
		{`{}`, "Editor", 200, ""},
		{`{}`, "Admin", 200, ""},
		{`{"allowViewers": true}`, "Viewer", 200, ""},
		{`{"minInterval": "0"}`, "Admin", 403, off},
		{`{"minInterval": "0", "allowViewers": true}`, "Viewer", 403, off},
	} {
		d, _ := newTestWith(t, `{"targets": [{"url": "node-1:8765"}], "live": `+test.settings+`}`, falco("node-1"))
		for _, path := range []string{"live?ids=id-node-1", "live/samples?ids=id-node-1", "live/reasons?query={}&range=60000"} {
			status, body := as(t, d, test.role, path)
			require.Equal(t, test.status, status, body)
			if test.want != "" {
				require.Equal(t, test.want, body)
			}
		}
	}
}

func TestLive(t *testing.T) {
	up := change(falco("node-1"), func(s *scrape.Status) {
		s.Gauges = []scrape.Gauge{{Name: "falco_target_cpu_limit", Value: 2}, {Name: "pinned_info", Labels: map[string]string{"version": "1"}, Value: 1}}
	})
	down := change(falco("node-2"), func(s *scrape.Status) {
		s.State, s.Cause, s.Message = scrape.Down, scrape.Refused, "Connection refused."
		s.Duration = 250 * time.Millisecond
	})
	fresh := change(falco("node-3"), func(s *scrape.Status) { s.State, s.LastScrape = scrape.Pending, time.Time{} })
	d, f := newTest(t, up, down, fresh)
	f.live = map[string]scrape.Live{
		"1": {Status: up, Body: "falcosecurity_x 1\n"}, "2": {Status: down}, "3": {Status: fresh, Waiting: time.Second},
		"4": {Status: up, DuplicateNode: true},
	}
	status, body := as(t, d, "Editor", "live?ids=1,2,3,4")
	require.Equal(t, 200, status)
	at := noon.Add(-time.Second).UnixMilli()
	own := func(node string) string { return `{"cluster": "demo", "node": "` + node + `", "zone": "a"}` }
	require.JSONEq(t, fmt.Sprintf(`{"data": {"now": %d, "targets": [
		{"id": "id-node-1", "time": %d, "seconds": 0, "state": "up", "labels": %s, "gauges": [{"name": "falco_target_cpu_limit", "value": 2}, {"name": "pinned_info", "labels": {"version": "1"}, "value": 1}], "text": "falcosecurity_x 1\n"},
		{"id": "id-node-2", "time": %d, "seconds": 0.25, "state": "down", "cause": "refused", "message": "Connection refused.", "labels": %s, "gauges": [],
			"trouble": {"severity": "warning", "what": "No metrics from", "change": "Connection refused."}},
		{"id": "id-node-3", "seconds": 0, "state": "pending", "labels": %s, "gauges": [], "waiting": 1,
			"trouble": {"severity": "info", "what": "Not scraped yet:", "change": "The first values appear within seconds."}},
		{"id": "id-node-1", "time": %d, "seconds": 0, "state": "up", "labels": %s, "gauges": [{"name": "falco_target_cpu_limit", "value": 2}, {"name": "pinned_info", "labels": {"version": "1"}, "value": 1}], "elsewhere": true}
	]}}`, noon.UnixMilli(), at, own("node-1"), at, own("node-2"), own("node-3"), at, own("node-1")), body)

	for path, want := range map[string]string{
		"live":      "the request names 0 targets: expected 1 to 20 ids, separated by commas",
		"live?ids=": "the request names 0 targets: expected 1 to 20 ids, separated by commas",
		"live?ids=" + strings.Repeat("a,", 20) + "b": "the request names 21 targets: expected 1 to 20 ids, separated by commas",
		"live/samples?ids=a&from=x":                  `the time from is \"x\": expected unix milliseconds`,
		"live/reasons?query={}&range=1h":             `the range is \"1h\": expected milliseconds`,
		"live/reasons?query=null":                    "the query is null: expected an object",
		"live/reasons?query=x":                       "the query is not valid JSON: invalid character 'x' looking for beginning of value",
	} {
		status, body := as(t, d, "Editor", path)
		require.Equal(t, 400, status)
		require.Equal(t, `{"error":"`+want+`"}`, body, path)
	}
}

// A Falco that refreshes its metrics once a second is not scraped more often, which a notice says.
func TestLiveOfASnapshot(t *testing.T) {
	d, f := newTest(t, falco("node-1"))
	f.live = map[string]scrape.Live{"1": {Status: falco("node-1"), Body: "falcosecurity_x 1\n", SnapshotInterval: time.Second}}
	_, body := as(t, d, "Editor", "live?ids=1")
	require.Contains(t, body, `"trouble":{"severity":"info","what":"Live updates are limited to one every 1s for","change":"Falco 0.45.1 and later refreshes its metrics that often."}`)
}

func TestLiveIsBounded(t *testing.T) {
	d, f := newTestWith(t, `{"targets": [{"url": "node-1:8765"}], "limits": {"bodySizeLimit": "10B"}}`, falco("node-1"))
	f.live = map[string]scrape.Live{"1": {Status: falco("node-1"), Body: "123456"}, "2": {Status: falco("node-2"), Body: "78901"}}
	_, body := as(t, d, "Editor", "live?ids=1,2")
	require.Contains(t, body, `"text":"123456"`)
	require.NotContains(t, body, "78901")
	require.Contains(t, body, `The responses of all targets together exceed limits.bodySizeLimit (10 bytes): select fewer targets, or raise the limit.`)
}

func TestLiveSamples(t *testing.T) {
	sidekick := change(falco("node-1"), func(s *scrape.Status) {
		s.ID, s.Kind = "sidekick", scrape.KindFalcosidekick
		s.Labels = labels.FromStrings("cluster", "demo", "node", "node-1", "kind", scrape.KindFalcosidekick)
	})
	twice := change(falco("node-2"), func(s *scrape.Status) { s.State = scrape.Duplicate })
	d, f := newTest(t, falco("node-1"), twice, sidekick)
	f.write(t, "-3m 1, -2m 2.5, -90s end, -1m 1e300", "__name__", "a", "cluster", "demo", "node", "node-1", "zone", "a")
	f.write(t, "-1m +Inf", "__name__", "b", "cluster", "demo", "node", "node-1", "zone", "a", "cpu", "0")
	f.write(t, "-1m 7", "__name__", "a", "cluster", "demo", "node", "node-1", "kind", scrape.KindFalcosidekick)
	f.write(t, "-1m 8", "__name__", "a", "cluster", "demo", "node", "node-2", "zone", "a")
	f.set(math.NaN(), "__name__", "c", "cluster", "demo", "node", "node-1", "zone", "a")

	ms := func(ago time.Duration) int64 { return noon.Add(-ago).UnixMilli() }
	span := fmt.Sprintf("&from=%d&to=%d", ms(150*time.Second), ms(0))
	one := `{"labels": {"__name__": "a", "cluster": "demo", "node": "node-1", "zone": "a"}, "times": [%d, %d, %d], "values": [2.5, "stale", 1e300]}`
	_, body := as(t, d, "Editor", "live/samples?ids=id-node-1,id-node-2,sidekick,gone&metrics=a,b"+span)
	require.JSONEq(t, fmt.Sprintf(`{"data": {"now": %d, "targets": [
		[`+one+`, {"labels": {"__name__": "b", "cluster": "demo", "cpu": "0", "node": "node-1", "zone": "a"}, "times": [%d], "values": ["+Inf"]}],
		[],
		[{"labels": {"__name__": "a", "cluster": "demo", "kind": "falcosidekick", "node": "node-1"}, "times": [%d], "values": [7]}],
		[]
	]}}`, ms(0), ms(2*time.Minute), ms(90*time.Second), ms(time.Minute), ms(time.Minute), ms(time.Minute)), body)

	_, body = as(t, d, "Editor", "live/samples?ids=id-node-1"+span)
	require.Contains(t, body, `"values":["NaN"]`, "without names, all of them")
}

func TestLiveSamplesAreBounded(t *testing.T) {
	d, f := newTest(t, falco("node-1"))
	f.count("node-1", 1)
	for i := range 500_000 / 200 {
		f.write(t, "-1m 1, -30s 1", "__name__", "a", "i", fmt.Sprint(i), "cluster", "demo", "node", "node-1", "zone", "a")
	}
	status, _ := as(t, d, "Editor", "live/samples?ids=id-node-1")
	require.Equal(t, 200, status)
	ids := "id-node-1" + strings.Repeat(",id-node-1", 19)
	status, body := as(t, d, "Editor", "live/samples?ids="+ids+"&metrics="+strings.Repeat("a,", 50)+"a")
	require.Equal(t, 400, status)
	require.Equal(t, `{"error":"there are more than 500000 samples in this range: ask for a shorter one, or for fewer nodes"}`, body)
}

func TestLiveReasons(t *testing.T) {
	kmod := change(falco("node-2", kernelCounters...), func(s *scrape.Status) { s.Facts["engine"] = "kmod" })
	down := change(falco("node-3", kernelCounters...), func(s *scrape.Status) { s.State, s.Message = scrape.Down, "Connection refused." })
	old := change(falco("node-4", kernelCounters...), func(s *scrape.Status) { s.Facts["version"], s.Discovery = "0.38.2", "DNS gave no answer." })
	d, f := newTest(t, falco("node-1", kernelCounters...), kmod, down, old)
	for _, node := range []string{"node-1", "node-2", "node-3", "node-4"} {
		f.count(node, 1)
	}
	ask := func(query string) string {
		status, body := as(t, d, "Editor", "live/reasons?range=600000&query="+url.QueryEscape(query))
		require.Equal(t, 200, status, body)
		return body
	}
	require.JSONEq(t, `{"data": {"missing": [
		{"severity": "warning", "text": "Not enabled on 2 of 4 nodes: node-1, node-4. Set metrics.libbpf_stats_enabled to true in falco.yaml and, on the host, set sysctl kernel.bpf_stats_enabled=1 (kernel 5.1 or later) before Falco starts: Falco reads it once, when it opens its engine. Cost: the kernel then measures every run of every BPF program on the host, some tens of nanoseconds per run."},
		{"severity": "info", "text": "Not supported by the engine of 1 of 4 nodes: node-2 (kmod). metrics.libbpf_stats_enabled is only available with modern_bpf, bpf."}
	], "besides": [
		{"severity": "warning", "text": "Discovery of http://node-4:8765/metrics has a problem. DNS gave no answer."},
		{"severity": "warning", "text": "Falco is too old on 1 of 4 nodes: node-4 (0.38.2). Signals may be missing or wrong: upgrade to Falco 0.39 or later."}
	], "hints": [], "passing": false}}`, ask(`{"signals": "server-load", "live": true}`), "how targets stand is told by live itself")
	const none = `{"data":{"missing":[],"besides":[],"hints":[],"passing":false}}`
	require.Equal(t, none, ask(`{"signals": "kernel-drop-ratio", "filters": [{"key": "node", "operator": "=", "value": "node-1"}]}`))
	require.Equal(t, none, ask(`{"expr": "nothing"}`))

	f.statuses[0].Scrapes = 1
	fresh := ask(`{"signals": "kernel-event-rate"}`)
	require.Contains(t, fresh, `Not yet two scrapes of 1 of 4 nodes: node-1.`)
	require.Contains(t, fresh, `"passing":true`)
	f.statuses[0].Scrapes = 2

	d.source.Now = func() time.Time { return noon.Add(-55 * time.Minute) }
	short := `{"data":{"missing":[],"besides":[{"severity":"info","text":"Data starts at 11:00 UTC. The history is kept in memory: it starts when the data source is first used, and again when Grafana or the plugin restarts."}],"hints":[],"passing":false}}`
	require.Equal(t, short, ask(`{"signals": "kernel-drop-ratio", "filters": [{"key": "node", "operator": "=", "value": "node-1"}]}`))
	require.Equal(t, short, ask(`{"expr": "nothing"}`))
	status, body := as(t, d, "Editor", `live/reasons?query={"signals":"x"}&range=1`)
	require.Equal(t, 400, status)
	require.Contains(t, body, `there is no signal`)
}

// What Grafana's server asks by itself comes past the browser, which would have taken "live" off.
func TestLiveIsIgnoredInAlertRules(t *testing.T) {
	d, _ := twoNodes(t)
	res := queries(t, d, map[string]string{"FromAlert": "true"}, `{"signals": "up", "live": true}`)["A"]
	require.Contains(t, texts(t, res), "info: Live is ignored: alert rules and expressions use the history.")
	require.NotContains(t, texts(t, queryOne(t, d, `{"signals": "up"}`)), "info: Live is ignored: alert rules and expressions use the history.")
}
