package datasource

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/notices"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

const libbpf = "Set metrics.libbpf_stats_enabled to true in falco.yaml and, on the host, set sysctl kernel.bpf_stats_enabled=1 (kernel 5.1 or later) before Falco starts: Falco reads it once, when it opens its engine. Cost: the kernel then measures every run of every BPF program on the host, some tens of nanoseconds per run."

func TestNotices(t *testing.T) {
	kernel := func(node string, more ...string) scrape.Status {
		return falco(node, append(more, kernelCounters...)...)
	}
	tests := []struct {
		name     string
		query    string
		statuses []scrape.Status
		want     []string
	}{
		{
			name: "all is well", query: `{}`, statuses: []scrape.Status{kernel("node-1"), kernel("node-2")},
		},
		{
			name: "not enabled: key, host, cost", query: `{"signals": ["server-load"]}`,
			statuses: []scrape.Status{kernel("node-1"), kernel("node-2"), falco("node-3", "falcosecurity_scap_sys_exit_run_cnt_total", "falcosecurity_falco_host_num_cpus_total")},
			want: []string{
				"warning: Not enabled on 2 of 3 nodes: node-1, node-2. " + libbpf,
				"info: Server load: no value on 1 of 3 nodes: node-3. {server-load}",
			},
		},
		{
			name: "not enabled for two signals is said once", query: `{"signals": ["memory-rss", "memory-pss"], "instant": true}`,
			statuses: []scrape.Status{kernel("node-1")},
			want:     []string{"warning: Not enabled on node-1. Set metrics.resource_utilization_enabled to true in falco.yaml."},
		},
		{
			name: "not exported although the switch is on", query: `{"signals": ["memory-pss"], "instant": true}`,
			statuses: []scrape.Status{kernel("node-1", "falcosecurity_falco_memory_rss_bytes")},
			want:     []string{"warning: Memory (PSS): not exported by node-1. The response has no falcosecurity_falco_memory_pss_bytes, although metrics.resource_utilization_enabled is on."},
		},
		{
			name: "not on this engine", query: `{"signals": ["server-load"], "instant": true}`,
			statuses: []scrape.Status{change(kernel("node-1"), func(s *scrape.Status) { s.Facts = map[string]string{"engine": "kmod"} })},
			want:     []string{"info: Not supported by the engine of node-1 (kmod). metrics.libbpf_stats_enabled is only available with modern_bpf, bpf."},
		},
		{
			name: "not exported, and no switch for it", query: `{"signals": ["uptime"], "instant": true}`, statuses: []scrape.Status{kernel("node-1")},
			want: []string{"warning: Uptime: not exported by node-1. The response has no falcosecurity_falco_duration_seconds_total: check that the target is a Falco of version 0.39 or later."},
		},
		{
			name: "too old a Falco", query: `{}`,
			statuses: []scrape.Status{kernel("node-1"), change(kernel("node-2"), func(s *scrape.Status) { s.Facts = map[string]string{"version": "0.38.2"} })},
			want:     []string{"warning: Falco is too old on 1 of 2 nodes: node-2 (0.38.2). Signals may be missing or wrong: upgrade to Falco 0.39 or later."},
		},
		{
			name: "down, grouped by cause", query: `{}`,
			statuses: append(many(7, "No response within 10s. Check network policies."), kernel("node-1"), kernel("node-2"),
				change(kernel("other"), func(s *scrape.Status) { s.State, s.Message = scrape.Down, "Connection refused: check the port." })),
			want: []string{
				"warning: No metrics from 7 of 10 nodes: down-0, down-1, down-2, down-3, down-4 and 2 more. No response within 10s. Check network policies.",
				"warning: No metrics from 1 of 10 nodes: other. Connection refused: check the port.",
			},
		},
		{
			name: "starting, pending, vanished, claimed twice, load balancer: the worst first", query: `{}`,
			statuses: []scrape.Status{
				kernel("node-1"), kernel("node-2"),
				change(falco("a"), func(s *scrape.Status) { s.State, s.Message = scrape.Starting, "404 Not Found: wait." }),
				change(falco("b"), func(s *scrape.Status) { s.State, s.Scrapes, s.Metrics = scrape.Pending, 0, nil }),
				change(falco("c"), func(s *scrape.Status) { s.State, s.Message = scrape.Gone, "It left discovery at 11:58." }),
				change(falco("d"), func(s *scrape.Status) { s.State, s.Message = scrape.Duplicate, "Remove one of the two." }),
				change(falco("e"), func(s *scrape.Status) { s.State, s.Message = scrape.LoadBalancer, "Make the Service headless." }),
			},
			want: []string{
				"error: A load balancer responds for 1 of 7 nodes: e. Make the Service headless.",
				"warning: Left discovery: 1 of 7 nodes: c. It left discovery at 11:58.",
				"warning: Duplicate node: 1 of 7 nodes: d. Remove one of the two.",
				"info: Starting: 1 of 7 nodes: a. 404 Not Found: wait.",
				"info: Not scraped yet: 1 of 7 nodes: b. The first values appear within seconds.",
			},
		},
		{
			name: "one target, down", query: `{"signals": ["up"]}`,
			statuses: []scrape.Status{change(falco("node-1"), func(s *scrape.Status) {
				s.State, s.Message, s.LastUp = scrape.Down, "Connection refused.", noon.Add(-26*time.Hour)
			})},
			want: []string{"warning: No metrics from node-1. Connection refused. It last responded at 2026-11-22 10:00 UTC."},
		},
		{
			name: "not yet two scrapes", query: `{}`,
			statuses: []scrape.Status{kernel("node-1"), change(kernel("node-2"), func(s *scrape.Status) { s.Scrapes = 1 })},
			want:     []string{"info: Not yet two scrapes of 1 of 2 nodes: node-2. Rates start with the second scrape, within 15s."},
		},
		{
			name: "stale", query: `{}`,
			statuses: []scrape.Status{kernel("node-1"), change(kernel("node-2"), func(s *scrape.Status) { s.LastScrape = noon.Add(-3 * time.Hour) })},
			want:     []string{"warning: Outdated values from 1 of 2 nodes: node-2. The last scrape was at 09:00 UTC. Scraping pauses after six hours without queries and has just resumed."},
		},
		{
			name: "unreadable lines of a node with a value", query: `{}`,
			statuses: []scrape.Status{kernel("node-1"), change(kernel("node-2"), func(s *scrape.Status) { s.Unreadable = 3 })},
		},
		{
			name: "PromQL before the second scrape", query: `{"expr": "rate(nothing[1m])"}`,
			statuses: []scrape.Status{change(kernel("node-1"), func(s *scrape.Status) { s.Scrapes = 1 })},
			want:     []string{"info: Not yet two scrapes of node-1. Rates start with the second scrape, within 15s."},
		},
		{
			name: "unreadable lines come last, of a node without a value", query: `{}`,
			statuses: []scrape.Status{kernel("node-1"), change(kernel("idle"), func(s *scrape.Status) {
				s.Unreadable = 3
				s.Problems = []scrape.Problem{{Line: 12, Reason: "no value", Text: "falcosecurity_x"}}
			})},
			want: []string{"info: Kernel drops: no value on 1 of 2 nodes: idle. {kernel-drop-ratio}", "info: 3 lines could not be read in the response of 1 of 2 nodes: idle. All other lines are used. The first is line 12: no value: falcosecurity_x."},
		},
		{
			name: "unreadable lines that may be why a node has no value", query: `{}`,
			statuses: []scrape.Status{kernel("node-1"), change(kernel("idle"), func(s *scrape.Status) {
				s.Unreadable = 1
				s.Problems = []scrape.Problem{{Line: 12, Reason: "no value", Text: "falcosecurity_scap_n_evts_total"}}
			})},
			want: []string{"info: Kernel drops: no value on 1 of 2 nodes: idle. {kernel-drop-ratio}", "info: 1 line could not be read in the response of 1 of 2 nodes: idle. All other lines are used. The first is line 12: no value: falcosecurity_scap_n_evts_total."},
		},
		{
			name: "unreadable lines of another metric", query: `{}`,
			statuses: []scrape.Status{kernel("node-1"), change(kernel("idle"), func(s *scrape.Status) {
				s.Unreadable = 1
				s.Problems = []scrape.Problem{{Line: 12, Reason: "no value", Text: "falcosecurity_x"}}
			})},
			want: []string{"info: Kernel drops: no value on 1 of 2 nodes: idle. {kernel-drop-ratio}"},
		},
		{
			name: "discovery in trouble, while there are values", query: `{}`,
			statuses: []scrape.Status{kernel("node-1"), change(kernel("node-2"), func(s *scrape.Status) {
				s.Configured, s.Discovery = "falco.example:8765", "The name could not be resolved: no such host."
			})},
		},
		{
			name: "discovery that finds nothing is said once", query: `{}`,
			statuses: []scrape.Status{kernel("node-1"), change(kernel("falco.example:8765"), func(s *scrape.Status) {
				s.State, s.Cause, s.Message, s.Discovery = scrape.Down, scrape.Discovery, "Discovery lists no target.", "Discovery lists no target."
			})},
			want: []string{"warning: No metrics from 1 of 2 nodes: falco.example:8765. Discovery lists no target."},
		},
		{
			name: "cannot be known", query: `{}`, statuses: []scrape.Status{kernel("node-1"), kernel("node-2"), kernel("idle")},
			want: []string{"info: Kernel drops: no value on 1 of 3 nodes: idle. {kernel-drop-ratio}"},
		},
		{
			name: "cannot be known, in groups of nodes", query: `{"groupBy": []}`, statuses: []scrape.Status{kernel("node-1"), kernel("node-2"), kernel("idle")},
			want: []string{"info: Kernel drops: no value on 1 of 3 nodes: idle. {kernel-drop-ratio}"},
		},
		{
			name: "known of all, by name only", query: `{"groupBy": ["node"]}`, statuses: []scrape.Status{kernel("node-1"), kernel("node-2")},
		},
		{
			name: "what only a store can have", query: `{"signals": ["cpu-throttled-ratio"]}`, statuses: []scrape.Status{kernel("node-1"), kernel("node-2"), kernel("node-3")},
			want: []string{"info: CPU throttling: not available for any of the 3 nodes. It requires Prometheus mode with the metrics of cAdvisor (docs/scaling-out.md)."},
		},
		{
			name: "cannot be known at all", query: `{"signals": ["kernel-drop-ratio"], "filters": [{"key": "node", "operator": "=", "value": "idle"}]}`,
			statuses: []scrape.Status{kernel("node-1"), kernel("idle")},
			want:     []string{"info: Kernel drops: no value on idle. {kernel-drop-ratio}"},
		},
		{
			name: "cannot be known on either", query: `{}`, statuses: []scrape.Status{kernel("idle-1"), kernel("idle-2")},
			want: []string{"info: Kernel drops: no value on either of the 2 nodes. {kernel-drop-ratio}"},
		},
		{
			name: "cannot be known on any", query: `{}`, statuses: []scrape.Status{kernel("idle-1"), kernel("idle-2"), kernel("idle-3")},
			want: []string{"info: Kernel drops: no value on any of the 3 nodes. {kernel-drop-ratio}"},
		},
		{
			name: "no target passes the filters", query: `{"filters": [{"key": "version", "operator": "=~", "value": "0[.]3.*"}]}`, statuses: []scrape.Status{kernel("node-1")},
			want: []string{"info: No target matches the filters of this query, or discovery has found none yet. The health check of the data source lists the configured targets."},
		},
		{
			name: "a window of less than two scrapes", query: `{"window": "20s"}`, statuses: []scrape.Status{kernel("node-1"), kernel("node-2")},
			want: []string{"info: The window of 20s contains fewer than two scrapes: the scrape interval is 15s. Rates need a window of at least 60s."},
		},
		{
			name: "clusters are named where there are several", query: `{}`,
			statuses: []scrape.Status{kernel("node-1"), kernel("node-2"), change(falco("node-1"), func(s *scrape.Status) {
				s.Labels = labels.FromStrings("cluster", "other", "node", "node-1")
				s.State, s.Message = scrape.Down, "Connection refused."
			})},
			want: []string{"warning: No metrics from 1 of 3 nodes: other/node-1. Connection refused."},
		},
		{
			name: "PromQL that gives nothing", query: `{"expr": "up > 5 or no_such_metric or scrape_samples_scraped"}`, statuses: []scrape.Status{kernel("node-1")},
			want: []string{"info: The expression returned no value: no target exports no_such_metric now. Check the spelling, or what is enabled in falco.yaml."},
		},
		{
			name: "PromQL on what the alert receiver counts, while it is off", query: `{"expr": "falco_alerts_received_total or up > 5 or falco_alert_receiver_refused_requests_total"}`, statuses: []scrape.Status{kernel("node-1")},
			want: []string{"info: The expression returned no value: the alert receiver, which is off, writes falco_alerts_received_total, falco_alert_receiver_refused_requests_total. Turn it on in the settings of the data source (receiver.enabled), and let Falco send its alerts there."},
		},
		{
			name: "PromQL that gives nothing now", query: `{"expr": "up > 5"}`, statuses: []scrape.Status{kernel("node-1")},
			want: []string{"info: The expression returned no value in this range."},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, f := newTest(t, test.statuses...)
			f.count("node-1", 5)
			f.count("node-2", 0)
			for _, node := range []string{"node-3", "idle", "idle-1", "idle-2", "idle-3"} {
				f.scraped(node)
			}
			var want []string
			for _, text := range test.want {
				for _, s := range d.source.Catalogue.Signals {
					text = strings.ReplaceAll(text, "{"+s.ID+"}", wording.Sentence(cmp.Or(s.NoValueReason, s.Description)))
				}
				want = append(want, text)
			}
			require.Equal(t, want, texts(t, queryOne(t, d, test.query)))
		})
	}
}

// many are targets that are down for one reason.
func many(count int, message string) []scrape.Status {
	var out []scrape.Status
	for i := range count {
		out = append(out, change(falco(fmt.Sprintf("down-%d", i)), func(s *scrape.Status) { s.State, s.Message = scrape.Down, message }))
	}
	return out
}

// What a signal says of its missing values is shown instead of its whole description.
func TestNoValue(t *testing.T) {
	s := &signals.Signal{Title: "Kernel drops", Description: "Drops over events."}
	require.Equal(t, "Drops over events.", notices.NoValue(s).Change)
	s.NoValueReason = "a node without events has none"
	require.Equal(t, "a node without events has none.", notices.NoValue(s).Change)
}

// A metric that the expression cannot do without is named where the answer lacks it; one of several ways to say the same
// is not.
func TestMissingMetricIsNamed(t *testing.T) {
	for expr, want := range map[string]string{
		`falcosecurity_scap_a{$filter} + falcosecurity_scap_b{$filter}`:  "info: Sum: the metric falcosecurity_scap_b is not in the response of 1 of 2 nodes: node-1. There is no sum without it.",
		`falcosecurity_scap_b{$filter} or falcosecurity_scap_c{$filter}`: "info: Sum: no value on 1 of 2 nodes: node-1. There is no sum without it.",
	} {
		d, f := newTest(t, falco("node-1", "falcosecurity_scap_a"), falco("node-2", "falcosecurity_scap_a", "falcosecurity_scap_b"))
		c := *d.source.Catalogue
		c.Signals = []signals.Signal{{ID: "sum", Title: "Sum", TargetKind: scrape.KindFalco, Expr: expr, GroupBy: signals.GroupBy{Default: []string{"$identity"}}, NoValueReason: "There is no sum without it"}}
		d.source.Catalogue = &c
		f.scraped("node-1")
		f.set(1, "__name__", "falcosecurity_scap_a", "cluster", "demo", "node", "node-1")
		f.set(1, "__name__", "falcosecurity_scap_a", "cluster", "demo", "node", "node-2")
		f.set(1, "__name__", "falcosecurity_scap_b", "cluster", "demo", "node", "node-2")
		require.Equal(t, []string{want}, texts(t, queryOne(t, d, `{"signals": ["sum"], "instant": true}`)), expr)
	}
}

func TestUnknownValue(t *testing.T) {
	d, f := newTest(t, falco("node-1", "falcosecurity_falco_container_memory_used_bytes"), falco("node-2", "falcosecurity_falco_container_memory_used_bytes"))
	f.set(0, "__name__", "falcosecurity_falco_container_memory_used_bytes", "cluster", "demo", "node", "node-1")
	f.set(5e7, "__name__", "falcosecurity_falco_container_memory_used_bytes", "cluster", "demo", "node", "node-2")
	require.Equal(t, []string{
		"warning: Container memory: unknown on 1 of 2 nodes: node-1. Falco reads a cgroup v1 file by default, which does not exist on hosts with cgroup v2. Set Falco's environment variable FALCO_CGROUP_MEM_PATH to the file with the memory usage, /sys/fs/cgroup/memory.current with cgroup v2. A privileged container does not have that file (in the Helm chart, use driver.kind modern_ebpf with driver.modernEbpf.leastPrivileged: true).",
	}, texts(t, queryOne(t, d, `{"signals": ["container-memory"], "instant": true}`)))
}

// What the byte budget cuts is not told as a restart.
func TestTrimmedHistory(t *testing.T) {
	d, f := newTest(t, falco("node-1", kernelCounters...))
	f.count("node-1", 5)
	f.since, f.trimmed = noon.Add(-10*time.Minute), true
	const want = "Data starts at 11:50 UTC. Older samples were evicted because of retention.size. Raise it to keep more, up to retention.time."
	require.Equal(t, []string{"info: " + want}, texts(t, queryOne(t, d, `{"instant": true, "window": "1h"}`)))
	result, h := check(t, d)
	require.Equal(t, backend.HealthStatusOk, result.Status)
	require.Contains(t, h.VerboseMessage, "• "+want)
}

// The start of the history is a fact about the whole data source: a panel tells it only where it makes its values wrong or
// leaves it without any.
func TestShortHistory(t *testing.T) {
	d, f := newTest(t, falco("node-1", kernelCounters...))
	f.count("node-1", 5)
	f.since = noon.Add(-10 * time.Minute)
	want := []string{"info: Data starts at 11:50 UTC. The history is kept in memory: it starts when the data source is first used, and again when Grafana or the plugin restarts."}
	require.Empty(t, texts(t, queryOne(t, d, `{}`)), "a graph that begins late is right where it has values")
	require.Equal(t, want, texts(t, queryOne(t, d, `{"compare": "1h"}`)), "but there is nothing to compare with")
	require.Empty(t, texts(t, queryOne(t, d, `{"instant": true}`)), "an instant needs no history")
	require.Equal(t, want, texts(t, queryOne(t, d, `{"instant": true, "window": "1h"}`)), "but its window does")
	require.Subset(t, texts(t, queryOne(t, d, `{"queryType": "health", "window": "1h"}`)), want, "the checks tell it for all panels")
	require.NotContains(t, texts(t, queryOne(t, d, `{"queryType": "health", "window": "1h", "format": "timeseries", "instant": true, "groupBy": ["dimension"]}`)), want[0],
		"verdicts leave it to the checks below them")

	d.source.Settings.Retention = 10 * time.Minute
	require.Equal(t, []string{"info: Data starts at 11:50 UTC. The history is kept for 600s. Raise retention.time and retention.size to keep more."},
		texts(t, queryOne(t, d, `{"instant": true, "window": "1h"}`)))
}

// A node that joined is named; one that was down before it answered was known.
func TestLateNodes(t *testing.T) {
	d, f := newTest(t, falco("node-1", kernelCounters...), falco("node-2", kernelCounters...), falco("node-3", kernelCounters...))
	f.count("node-1", 5)
	f.count("node-2", 5)
	f.count("node-3", 5)
	require.Empty(t, texts(t, queryOne(t, d, `{}`)))

	d, f = newTest(t, falco("node-1"), falco("node-2"), falco("node-3"))
	f.since = noon.Add(-time.Hour)
	for node, up := range map[string]string{"node-1": "-60m 1, -31m 1, -1m 1", "node-2": "-60m 0, -31m 0, -1m 1", "node-3": "-10m 1, -1m 1"} {
		f.write(t, up, "__name__", "up", "cluster", "demo", "node", node)
	}
	require.Equal(t, []string{"info: Not known at the start of this range: 1 of 3 nodes: node-3. Data starts with the first scrape."},
		texts(t, queryOne(t, d, `{"signals": ["up"]}`)))
	require.Empty(t, texts(t, queryOne(t, d, `{"signals": ["up"], "instant": true}`)))
}

func TestLowRates(t *testing.T) {
	d, f := newTest(t, falco("node-1", kernelCounters...), falco("node-2", kernelCounters...))
	f.count("node-1", 5)
	f.write(t, "-12s 1, -1s 1", "__name__", "up", "cluster", "demo", "node", "node-2")
	const low = "info: node-2 has been scraped for 12 s of the 60 s window: its rates are too low until 12:00:55 UTC."
	for query, want := range map[string]string{
		`{"signals": ["kernel-event-rate"], "instant": true}`:                                 low,
		`{"signals": ["kernel-event-rate-per-cpu"], "instant": true}`:                         low,
		`{"expr": "sum(increase(up[60s])) + 1", "instant": true}`:                             low,
		`{"expr": "rate(up[10s]) > bool 0", "instant": true}`:                                 "",
		`{"signals": ["kernel-drop-ratio"], "instant": true}`:                                 "", // low over low
		`{"signals": ["up"], "instant": true}`:                                                "",
		`{"expr": "rate(up[60s]) / (rate(up[60s]) > 0)", "instant": true}`:                    "",
		`{"expr": "rate(up[60s]) * 100 / 60", "instant": true}`:                               low,
		`{"expr": "up and rate(up[60s]) > 0", "instant": true}`:                               "",
		`{"expr": "label_replace(rate(up[60s]), \"a\", \"b\", \"\", \"\")", "instant": true}`: low,
	} {
		found := strings.Join(texts(t, queryOne(t, d, query)), "|")
		if want == "" {
			require.NotContains(t, found, "read low", query)
		} else {
			require.Contains(t, found, want, query)
		}
	}
}

// Each node handles 100 events per second. Where scrapes were late or failed, PromQL's rates are lower, and a notice says so.
func TestUnevenScrapes(t *testing.T) {
	const query = `{"signals": ["kernel-event-rate"], "instant": true}`
	fleet := func(t *testing.T, ago ...string) (*Instance, *fakeFleet) {
		d, f := newTest(t, falco("node-1", kernelCounters...), falco("node-2", kernelCounters...))
		f.count("node-1", 5)
		for _, at := range ago {
			before, err := time.ParseDuration(at)
			require.NoError(t, err)
			f.write(t, at+" 1", "__name__", "up", "cluster", "demo", "node", "node-2", "zone", "a")
			f.write(t, fmt.Sprintf("%s %g", at, 1e6+100*before.Seconds()), "__name__", "falcosecurity_scap_n_evts_total", "cluster", "demo", "node", "node-2", "zone", "a")
		}
		return d, f
	}
	rateOf := func(res backend.DataResponse) float64 { return figure(t, res.Frames[1], 0) }
	for _, test := range []struct {
		name   string
		ago    []string
		rate   float64
		notice string
	}{
		{"on time", []string{"-80s", "-65s", "-50s", "-35s", "-20s", "-5s"}, 100, ""},
		{"late by less than the tolerance of PromQL", []string{"-80s", "-65s", "-49s", "-35s", "-20s", "-5s"}, 100, ""},
		{"one failed amid the window", []string{"-80s", "-65s", "-50s", "-20s", "-5s"}, 100, ""},
		{
			"the last one is late", []string{"-78s", "-63s", "-48s", "-33s", "-18s"}, 100 * (30 + 12 + 7.5) / 60,
			"info: Scrapes of node-2 were late or failed, last before 12:00:07 UTC. Rates whose window of 60 s begins or ends there are up to 18 % too low.",
		},
		{
			"the last two failed", []string{"-80s", "-65s", "-50s", "-35s"}, 100 * (15 + 10 + 7.5) / 60,
			"info: Scrapes of node-2 were late or failed, last before 12:00:07 UTC. Rates whose window of 60 s begins or ends there are up to 46 % too low.",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, _ := fleet(t, test.ago...)
			res := queryOne(t, d, query)
			require.InDelta(t, test.rate, rateOf(res), 1e-6)
			if test.notice == "" {
				require.NotContains(t, strings.Join(texts(t, res), "|"), "Scrapes of")
			} else {
				require.Contains(t, texts(t, res), test.notice)
			}
		})
	}

	t.Run("worked out once for several queries", func(t *testing.T) {
		d, f := fleet(t, "-78s", "-63s", "-48s", "-33s", "-18s")
		reads := &readsOf{Embedded: d.source.Executor.(*executor.Embedded)}
		d.source.Executor = reads
		notice := func(query string) string { return strings.Join(texts(t, queryOne(t, d, query)), "|") }
		ask := func(want string) {
			require.Contains(t, notice(query), want)
			require.Contains(t, notice(`{"signals": ["kernel-drop-rate"], "instant": true}`), want)
		}
		ask("last before 12:00:07 UTC. Rates whose window of 60 s begins or ends there are up to 18 % too low.")
		first := reads.count.Load()
		ask("up to 18 % too low.")
		again := reads.count.Load() - first
		require.Equal(t, int64(2), first-again, "up and scrape_duration_seconds of the first of four queries")
		f.write(t, "-3s 1", "__name__", "up", "cluster", "demo", "node", "node-2", "zone", "a")
		require.NotContains(t, notice(query), "Scrapes of", "a sample has arrived")
	})

	t.Run("over a range", func(t *testing.T) {
		var ago []string
		for s := 1800; s > 0; s -= 15 {
			if s != 615 && s != 600 { // at 11:49:52 and 11:50:07
				ago = append(ago, fmt.Sprintf("-%ds", s))
			}
		}
		d, _ := fleet(t, ago...)
		require.Contains(t, strings.Join(texts(t, queryOne(t, d, `{"signals": ["kernel-event-rate"], "window": "60s"}`)), "|"),
			"info: Scrapes of node-2 were late or failed, last before 11:51:00 UTC. Rates whose window of 60 s begins or ends there are up to 51 % too low.")
		require.NotContains(t, strings.Join(texts(t, queryOne(t, d, `{"signals": ["kernel-drop-ratio"], "window": "60s"}`)), "|"), "Scrapes of", "low over low")
	})

	t.Run("a slow response", func(t *testing.T) {
		d, f := fleet(t, "-80s", "-65s", "-50s", "-35s", "-20s", "-5s")
		f.write(t, "-50s 3.01, -35s 0.01, -20s 0.01, -5s 0.01", "__name__", "scrape_duration_seconds", "cluster", "demo", "node", "node-2", "zone", "a")
		require.Contains(t, texts(t, queryOne(t, d, query)), "info: Some responses of node-2 were slow. Rates over the window of 60 s are wrong by up to 5 %.")
	})
}

// What is set for a target counts as exported; what is not set is named by its setting.
func TestUnsetSetting(t *testing.T) {
	d, _ := newTest(t)
	d.source.Catalogue = &signals.Catalogue{TargetGauges: []signals.TargetGauge{{Setting: "memoryLimit", Metric: "limit"}}}
	r := request.New(d.source, false)
	s := &signals.Signal{Title: "Memory", Needs: []signals.Need{{Metric: "limit"}}}
	c, _, lacks := notices.MissingRequirement(t.Context(), r, s, falco("node-1"), noon)
	require.True(t, lacks)
	require.Equal(t, "Memory: not available for", c.What)
	require.Equal(t, "Set memoryLimit for the target in the data source's settings.", c.Change)
	_, _, lacks = notices.MissingRequirement(t.Context(), r, s, change(falco("node-1"), func(s *scrape.Status) { s.Gauges = []scrape.Gauge{{Name: "limit", Value: 1}} }), noon)
	require.False(t, lacks)
}

func TestOlder(t *testing.T) {
	require.True(t, signals.OlderVersion("0.38.2", "0.39"))
	require.True(t, signals.OlderVersion("0.9.0", "0.39"))
	require.False(t, signals.OlderVersion("0.39.0", "0.39"))
	require.False(t, signals.OlderVersion("1.0.0", "0.39"))
	require.False(t, signals.OlderVersion("", "0.39"))
	require.False(t, signals.OlderVersion("master", "0.39"))
	require.False(t, signals.OlderVersion("0.40.0", ""))
}

// A signal of Falcos that needs a Falcosidekick beside them.
func TestNeedOfAnotherKind(t *testing.T) {
	d, f := newTest(t, falco("node-1"))
	d.source.Catalogue = testCatalogue(t)
	s := &signals.Signal{Title: "Hot restarts", Needs: []signals.Need{{Metric: "sidekick_events"}}}
	c, _, lacks := notices.MissingRequirement(t.Context(), request.New(d.source, false), s, f.statuses[0], noon)
	require.True(t, lacks)
	g := notices.NewGroups(target.NewSet(f.statuses))
	g.Add(c, "node-1")
	require.Equal(t, "Hot restarts: no falcosidekick is scraped for node-1. Add it to the data source's targets with kind: falcosidekick.", g.Sentence())

	f.statuses = append(f.statuses, change(falco("sidekick"), func(s *scrape.Status) { s.Kind = scrape.KindFalcosidekick }))
	_, _, lacks = notices.MissingRequirement(t.Context(), request.New(d.source, false), s, f.statuses[0], noon)
	require.False(t, lacks)
}

// Unreadable lines are a fact about the node, not about a panel: of those that explain no missing value, only the checks
// tell.
func TestUnreadableLinesAreToldByChecks(t *testing.T) {
	d, _ := newTest(t, change(falco("node-1", everything...), func(s *scrape.Status) {
		s.Unreadable, s.Problems = 1, []scrape.Problem{{Line: 7, Reason: "no value", Text: "falcosecurity_x"}}
	}))
	tells := func(query string) bool {
		return slices.ContainsFunc(texts(t, queryOne(t, d, query)), func(text string) bool { return strings.Contains(text, "1 line could not be read") })
	}
	require.True(t, tells(`{"queryType": "health", "format": "table"}`))
	require.True(t, tells(`{"queryType": "health", "format": "table", "groupBy": ["check"]}`))
	require.True(t, tells(`{"queryType": "health", "format": "timeseries", "instant": true, "groupBy": []}`), "of a dashboard without that table")
	for _, query := range []string{
		`{"queryType": "health", "format": "timeseries", "instant": true, "groupBy": ["dimension"]}`,
		`{"queryType": "inventory"}`, `{"queryType": "events"}`, `{"queryType": "rules"}`, `{"queryType": "impact"}`,
	} {
		require.False(t, tells(query), query)
	}
}

// A rule may be missing because its line could not be read.
func TestUnreadableLinesOfRules(t *testing.T) {
	d, _ := newTest(t, change(falco("node-1", everything...), func(s *scrape.Status) {
		s.Unreadable, s.Problems = 1, []scrape.Problem{{Line: 7, Reason: "no value", Text: `falcosecurity_falco_rules_matches_total{rule_name="x"}`}}
	}))
	require.Contains(t, strings.Join(texts(t, queryOne(t, d, `{"queryType": "rules"}`)), "\n"), "1 line could not be read")
}

// readsOf counts how often samples are read as they were scraped.
type readsOf struct {
	*executor.Embedded
	count atomic.Int64
}

func (r *readsOf) Querier(from, to int64) (storage.Querier, error) {
	r.count.Add(1)
	return r.Embedded.Querier(from, to)
}
