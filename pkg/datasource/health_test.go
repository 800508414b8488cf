package datasource

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/health"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// everything is what a Falco exports with all switches on that Falco's own file has on.
var everything = append([]string{"falcosecurity_scap_sys_exit_run_cnt_total", "falcosecurity_falco_memory_rss_bytes", "falcosecurity_scap_n_threads_total"}, kernelCounters...)

func check(t *testing.T, d *Instance) (*backend.CheckHealthResult, health.Report) {
	t.Helper()
	return checkIn(t.Context(), t, d)
}

func checkIn(ctx context.Context, t *testing.T, d *Instance) (*backend.CheckHealthResult, health.Report) {
	t.Helper()
	res, err := d.CheckHealth(ctx, &backend.CheckHealthRequest{})
	require.NoError(t, err)
	var h health.Report
	if res.JSONDetails != nil {
		require.NoError(t, json.Unmarshal(res.JSONDetails, &h))
	}
	return res, h
}

func TestHealth(t *testing.T) {
	d, _ := newTest(t, falco("node-1", everything...), falco("node-2", everything...),
		change(falco("node-3", everything...), func(s *scrape.Status) { s.Facts = map[string]string{"version": "0.39.0", "engine": "kmod"} }))
	res, h := check(t, d)
	require.Equal(t, backend.HealthStatusOk, res.Status)
	require.Equal(t, "All 3 targets respond. Falco 0.44.1 (2), 0.39.0 (1).", res.Message)
	require.Equal(t, health.Report{
		VerboseMessage: "• Engine modern_bpf (2), kmod (1).\n• No Falcosidekick is among the targets. Whether alerts reach Falcosidekick and its destinations is unknown. Add it to the data source's targets with kind: falcosidekick.\n• metrics.kernel_event_counters_per_cpu_enabled is off on all 3 nodes, which is the default of Falco. Set metrics.kernel_event_counters_per_cpu_enabled to true in falco.yaml. Cost: two more series for every possible CPU of the node.",
		Targets:        3, Answering: 3, Versions: map[string]int{"0.44.1": 2, "0.39.0": 1}, Engines: map[string]int{"modern_bpf": 2, "kmod": 1},
	}, h)
}

func TestHealthTellsTheMemoryOfTheHistory(t *testing.T) {
	d, fleet := newTestWith(t, `{"targets": [{"url": "node-1:8765"}], "retention": {"size": "64MB"}}`, falco("node-1", everything...))
	fleet.set(1, "__name__", "up", "node", "node-1")
	fleet.set(2, "__name__", "falcosecurity_scap_n_evts_total", "node", "node-1")
	_, h := check(t, d)
	require.Contains(t, h.VerboseMessage, "\n• The history takes 649 bytes of 64 MiB (retention.size).")
}

func TestHealthOfALargeFleet(t *testing.T) {
	var all []scrape.Status
	for i := range 300 {
		s := falco(fmt.Sprintf("node-%d", i), everything...)
		if i == 17 || i == 40 {
			s = change(s, func(s *scrape.Status) {
				s.State, s.Cause, s.Message = scrape.Down, scrape.Timeout, "No response within 10s. Check network policies and firewalls between Grafana and port 8765."
			})
		}
		if i == 5 {
			s = change(s, func(s *scrape.Status) {
				s.State, s.Cause, s.Message = scrape.Down, scrape.HTML, "Metrics were expected, HTML was found."
			})
		}
		all = append(all, s)
	}
	d, _ := newTest(t, all...)
	res, h := check(t, d)
	require.Equal(t, backend.HealthStatusError, res.Status)
	require.Equal(t, "297 of 300 targets respond. Falco 0.44.1.", res.Message)
	require.Equal(t, "1. No metrics from 1 of 300 nodes: node-5. Metrics were expected, HTML was found."+
		" 2. No metrics from 2 of 300 nodes: node-17, node-40. No response within 10s. Check network policies and firewalls between Grafana and port 8765.", h.Message)
	require.Equal(t, 297, h.Answering)
}

func TestHealthTellsWhatCouldBeBetter(t *testing.T) {
	d, _ := newTest(t,
		change(falco("node-1", kernelCounters...), func(s *scrape.Status) {
			s.Unreadable, s.Problems = 1, []scrape.Problem{{Line: 7, Reason: "no value", Text: "falco"}}
		}),
		change(falco("node-2", everything...), func(s *scrape.Status) { s.Facts["version"] = "0.38.1" }))
	res, h := check(t, d)
	require.Equal(t, "Both targets respond. Falco 0.44.1 (1), 0.38.1 (1).", res.Message)
	require.Equal(t, "Falco is too old on 1 of 2 nodes: node-2 (0.38.1). Signals may be missing or wrong: upgrade to Falco 0.39 or later.", h.Message)
	lines := strings.Split(h.VerboseMessage, "\n")
	require.Contains(t, lines, "• 1 line could not be read in the response of 1 of 2 nodes: node-1. All other lines are used. The first is line 7: no value: falco.")
	require.Contains(t, lines, "• metrics.libbpf_stats_enabled is off on 1 of 2 nodes: node-1. Set metrics.libbpf_stats_enabled to true in falco.yaml and, on the host, kernel.bpf_stats_enabled=1. Cost: the kernel then measures every run of every BPF program on the host.")
	require.Contains(t, lines[len(lines)-1], "which is the default of Falco", "what is usual comes last")
}

func TestHealthErrors(t *testing.T) {
	down := change(falco("node-1"), func(s *scrape.Status) { s.State, s.Message = scrape.Down, "Connection refused." })
	tests := []struct {
		name, settings string
		statuses       []scrape.Status
		summary        string
		message        string
	}{
		{"nobody answers", `{"targets": [{"url": "node-1:8765"}]}`, []scrape.Status{down}, "The target does not respond with metrics. Falco 0.44.1.", "No metrics from node-1. Connection refused. It last responded at 12:00 UTC."},
		{"no targets", `{}`, nil, "No targets are configured: enter the Address of a Falco, such as node-1:8765, in the settings of the data source", ""},
		{"nothing discovered", `{"targets": [{"url": "falco:8765", "discovery": "dns"}]}`, nil, "Discovery has found no target yet: falco:8765. Check the names, and that the pods are ready.", ""},
		{"wrong settings", `{"mode": "prometheus"}`, nil, "The settings of this data source cannot be used: prometheus.url is empty: expected a URL, e.g. http://prometheus:9090, http://mimir/prometheus or http://victoria-metrics:8428", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, _ := newTestWith(t, test.settings, test.statuses...)
			res, h := check(t, d)
			require.Equal(t, backend.HealthStatusError, res.Status)
			require.Equal(t, test.summary, res.Message)
			require.Equal(t, test.message, h.Message)
		})
	}
}

// waiting is a fleet whose targets never get their first scrape.
type waiting struct{ *fakeFleet }

func (waiting) Wait(ctx context.Context, _ int) error { <-ctx.Done(); return ctx.Err() }

func TestHealthWaitsButNotForLong(t *testing.T) {
	d, f := newTest(t, change(falco("node-1"), func(s *scrape.Status) { s.State, s.Metrics, s.Facts, s.LastUp = scrape.Pending, nil, nil, time.Time{} }))
	d.source.Executor.(*executor.Embedded).Fleet = waiting{f}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	res, h := checkIn(ctx, t, d)
	require.Equal(t, "The target does not respond with metrics.", res.Message)
	require.Equal(t, "No metrics from node-1. No response within 4s. Check network policies and firewalls between Grafana and the target. A slow target has until scrapeTimeout (10s).", h.Message)
	require.Less(t, health.Patience, 5*time.Second)
}

// A load balancer's address gives no figures: the tick is not green, and an alert rule gets an error, not nothing.
func TestLoadBalancerIsNotMeasured(t *testing.T) {
	d, _ := newTest(t, change(falco("lb", kernelCounters...), func(s *scrape.Status) {
		s.State, s.Message = scrape.LoadBalancer, "Make the Service headless."
	}))
	res, h := check(t, d)
	require.Equal(t, backend.HealthStatusError, res.Status)
	require.Equal(t, "The target does not respond with metrics. Falco 0.44.1.", res.Message)
	require.Equal(t, "A load balancer responds for lb. Make the Service headless.", h.Message)
	require.Zero(t, h.Answering)
	got := queries(t, d, map[string]string{"FromAlert": "true"}, `{"signals": ["kernel-drop-ratio"]}`)["A"]
	require.EqualError(t, got.Error, "A load balancer responds for lb. Make the Service headless.")
	require.True(t, target.NewSet([]scrape.Status{{State: scrape.Duplicate}}).NoneMeasured())
}

// Who has just begun to start is waited for; who left discovery is not configured any more.
func TestHealthOfThoseThatCome(t *testing.T) {
	starting := func(since time.Duration) *Instance {
		d, _ := newTest(t, falco("node-1", everything...), change(falco("node-2"), func(s *scrape.Status) {
			s.State, s.Since, s.Message = scrape.Starting, noon.Add(-since), "404 Not Found: wait."
		}), change(falco("node-3"), func(s *scrape.Status) { s.State, s.Message = scrape.Gone, "It left discovery at 11:58." }))
		return d
	}
	for since, status := range map[time.Duration]backend.HealthStatus{time.Minute: backend.HealthStatusOk, 2 * time.Minute: backend.HealthStatusError} {
		res, h := check(t, starting(since))
		require.Equal(t, status, res.Status)
		require.Equal(t, "1 of 2 targets responds. Falco 0.44.1.", res.Message)
		require.Equal(t, "1. Left discovery: 1 of 3 nodes: node-3. It left discovery at 11:58. 2. Starting: 1 of 3 nodes: node-2. 404 Not Found: wait.", h.Message)
	}
}

// What does no harm is in the list and does not make a warning.
func TestHealthRemarks(t *testing.T) {
	d, _ := newTest(t,
		change(falco("node-1", everything...), func(s *scrape.Status) { s.Duplicates, s.Message = 2, "The content type is wrong." }),
		change(falco("node-2", append(everything, "falcosecurity_scap_sys_exit_abcdef_run_cnt_total")...), func(s *scrape.Status) { s.Duplicates = 3 }))
	res, h := check(t, d)
	require.Equal(t, "Both targets respond. Falco 0.44.1.", res.Message)
	require.Empty(t, h.Message)
	require.Contains(t, h.VerboseMessage, "\n• 2 samples are duplicates in the response of 1 of 2 nodes: node-1. The first of each is used.\n"+
		"• Note on 1 of 2 nodes: node-1. The content type is wrong.\n• 3 samples are duplicates in the response of 1 of 2 nodes: node-2. The first of each is used.\n")
}

func TestHealthTellsAChangedHostNameOnce(t *testing.T) {
	d, _ := newTest(t, change(falco("node-1", everything...), func(s *scrape.Status) {
		s.Cause, s.Message = target.HostRenamed, "Falco reports the host name node-1 after node-0."
	}))
	_, h := check(t, d)
	const once = "Changed host name: node-1. Falco reports the host name node-1 after node-0."
	require.Equal(t, 1, strings.Count(h.Message+h.VerboseMessage, once))
}
