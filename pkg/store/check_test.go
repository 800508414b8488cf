package store

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func build(version string) func(string, url.Values) (int, string) {
	return always(200, `{"status": "success", "data": {"version": "`+version+`", "revision": "x"}}`)
}

func checkOf(t *testing.T, script string, change ...func(*Config)) CheckResult {
	t.Helper()
	s := newEngine(t, script, build("2.42.0")).store(t, change...)
	s.now = func() time.Time { return timeAt(1500 * time.Second) }
	require.NoError(t, s.Ready(t.Context()))
	c, err := s.Check(t.Context())
	require.NoError(t, err)
	return c
}

func TestCheck(t *testing.T) {
	require.Equal(t, CheckResult{Summary: "Prometheus 2.42.0 has 5 Falcos (job falco) and 1 Falcosidekick (job sidekick)."}, checkOf(t, twoJobs))
}

func TestCheckSuggestsIdentityLabels(t *testing.T) {
	script := `
load 15s
  up{job="falco", instance="10.0.0.1:8765", cluster="c", node="worker-1"} 1x100
  falcosecurity_falco_version_info{job="falco", instance="10.0.0.1:8765", cluster="c", node="worker-1", version="0.44.1"} 1x100
  falcosecurity_evt_hostname_info{job="falco", instance="10.0.0.1:8765", cluster="c", node="worker-1", hostname="worker-1"} 1x100
`
	require.Equal(t, []string{`Set prometheus.identityLabels to ["cluster" "node"]. These labels hold the node names that Falco reports.`}, checkOf(t, script).Suggestions)
	require.Empty(t, checkOf(t, script, func(c *Config) { c.Identity = Identity{"cluster", "node"} }).Suggestions)
}

func TestCheckFindsProblems(t *testing.T) {
	c := checkOf(t, `
load 30s
  up{job="falco", instance="a:1", replica="0"} 1x50
  up{job="falco", instance="a:1", replica="1"} 1x50
  up{job="pods", instance="b:1"} 1x50
  falcosecurity_falco_version_info{job="falco", instance="a:1", replica="0", version="0.44.1"} 1x50
  falcosecurity_falco_version_info{job="falco", instance="a:1", replica="1", version="0.44.1"} 1x50
  falcosecurity_falco_version_info{job="pods", instance="b:1", version="0.44.1"} 1x50
  falcosecurity_falco_start_timestamp_nanoseconds{job="pods", instance="b:1"} 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1 2 1
`, func(c *Config) { c.Identity = Identity{"node"} })
	require.Equal(t, []string{
		"3 of 3 Falcos do not have the label node, which prometheus.identityLabels contains, and cannot be told apart. Add the label by relabelling, or use another one.",
		"Series exist up to 2 times and differ in replica, so sums count them several times. Deduplicate the replicas (Thanos: set prometheus.parameters to dedup=true, and --query.replica-label on the querier), or select one with prometheus.matchers.",
		"Several Falcos answer in turn at the address b:1, so rates are meaningless. Let Prometheus discover the pods, through a headless Service (clusterIP: None) or a PodMonitor.",
		"The Prometheus server scrapes Falco every 30s, but scrapeInterval is 15s. Set it to 30s, because the windows of rates depend on it.",
	}, c.Problems)
	require.Equal(t, []string{`Several jobs scrape Falcos: falco (1), pods (1). If they scrape the same ones, set prometheus.matchers to job="falco".`}, c.Suggestions)
}

func TestFlavours(t *testing.T) {
	for body, want := range map[string]string{
		`{"status": "success", "data": {"version": "3.5.0"}}`:                                  "Prometheus 3.5.0",
		`{"status": "success", "data": {"version": "0.37.2"}}`:                                 "Thanos 0.37.2",
		`{"status": "success", "data": {"version": "2.15.0", "application": "Grafana Mimir"}}`: "Mimir 2.15.0",
		"404 page not found": "The Prometheus-compatible server",
	} {
		f, _ := newFakeServer(t, always(200, body)).store(t).flavour(t.Context())
		require.Equal(t, want, f.String())
	}
}
