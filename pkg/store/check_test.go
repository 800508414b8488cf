package store

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func build(version string) func(string, url.Values) (int, string) {
	return one(200, `{"status": "success", "data": {"version": "`+version+`", "revision": "x"}}`)
}

func checkOf(t *testing.T, script string, change ...func(*Config)) Checkup {
	t.Helper()
	s := newEngine(t, script, build("2.42.0")).store(t, change...)
	s.now = func() time.Time { return after(1500 * time.Second) }
	require.NoError(t, s.Ready(t.Context()))
	c, err := s.Check(t.Context())
	require.NoError(t, err)
	return c
}

func TestCheck(t *testing.T) {
	require.Equal(t, Checkup{Lead: "Prometheus 2.42.0 holds 5 Falcos (job falco) and 1 Falcosidekick (job sidekick)."}, checkOf(t, twoJobs))
}

func TestCheckProposesWhatNamesNodes(t *testing.T) {
	script := `
load 15s
  up{job="falco", instance="10.0.0.1:8765", cluster="c", node="worker-1"} 1x100
  falcosecurity_falco_version_info{job="falco", instance="10.0.0.1:8765", cluster="c", node="worker-1", version="0.44.1"} 1x100
  falcosecurity_evt_hostname_info{job="falco", instance="10.0.0.1:8765", cluster="c", node="worker-1", hostname="worker-1"} 1x100
`
	require.Equal(t, []string{`Set store.identity to ["cluster" "node"]: these labels name the nodes as Falco itself does.`}, checkOf(t, script).Better)
	require.Empty(t, checkOf(t, script, func(c *Config) { c.Identity = Identity{"cluster", "node"} }).Better)
}

func TestCheckFindsWhatMakesFiguresWrong(t *testing.T) {
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
		"store.identity has the label node, which 3 of 3 Falcos do not have: they cannot be told apart by it. Relabel them, or take another.",
		"Series are there up to 2 times; they differ in replica. Sums count all of them. Let the store deduplicate its replicas (Thanos: store.parameters dedup=true, and --query.replica-label at the querier), or let store.matchers take one.",
		"The address b:1 answers for several Falcos in turn: rates over it mean nothing. Let the scraper discover the pods, through a headless Service (clusterIP: None) or a PodMonitor.",
		"Falco is scraped every 30s, but scrapeInterval is 15s: set it to 30s, as windows of rates follow it.",
	}, c.Wrong)
	require.Equal(t, []string{`Several jobs look like Falco's: falco (1), pods (1). If they scrape the same Falcos, set store.matchers to job="falco".`}, c.Better)
}

func TestFlavours(t *testing.T) {
	for body, want := range map[string]string{
		`{"status": "success", "data": {"version": "3.5.0"}}`:                                  "Prometheus 3.5.0",
		`{"status": "success", "data": {"version": "0.37.2"}}`:                                 "Thanos 0.37.2",
		`{"status": "success", "data": {"version": "2.15.0", "application": "Grafana Mimir"}}`: "Mimir 2.15.0",
		"404 page not found": "A store that does not tell its name",
	} {
		f, _ := newFake(t, one(200, body)).store(t).flavour(t.Context())
		require.Equal(t, want, f.String())
	}
}
