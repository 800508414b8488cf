package store

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi/promapitest"
)

func build(version string) func(string, url.Values) (int, string) {
	return promapitest.Always(200, `{"status": "success", "data": {"version": "`+version+`", "revision": "x"}}`)
}

func checkOf(t *testing.T, script string, change ...func(*Config)) CheckResult {
	t.Helper()
	s := newEngine(t, script, build("2.42.0")).store(t, change...)
	s.now = func() time.Time { return promapitest.TimeAt(1500 * time.Second) }
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
	require.Equal(t, []string{`Set prometheus.identityLabels to ["cluster", "node"]. These labels hold the node names that Falco reports.`}, checkOf(t, script).Suggestions)
	require.Empty(t, checkOf(t, script, func(c *Config) { c.Identity = Identity{"cluster", "node"} }).Suggestions)
}

// The OpenTelemetry Collector's Kubernetes attributes name node and cluster.
func TestCheckSuggestsOpenTelemetryLabels(t *testing.T) {
	const pods = `
load 15s
  up{job="falco", instance="10.0.0.7:8765", k8s_node_name="worker-1", k8s_cluster_name="lab"} 1x100
  up{job="falco", instance="10.0.0.8:8765", k8s_node_name="worker-2", k8s_cluster_name="lab"} 1x100
  falcosecurity_scap_n_evts_total{job="falco", instance="10.0.0.7:8765", k8s_node_name="worker-1", k8s_pod_name="falco-aaaaa", k8s_cluster_name="lab"} 0+1x100
  falcosecurity_scap_n_evts_total{job="falco", instance="10.0.0.8:8765", k8s_node_name="worker-2", k8s_pod_name="falco-bbbbb", k8s_cluster_name="lab"} 0+1x100
  up{job="falcosidekick", instance="10.0.0.9:2801", namespace="monitoring", exported_namespace="falco"} 1x100
  falcosecurity_falcosidekick_inputs_total{job="falcosidekick", instance="10.0.0.9:2801", exported_namespace="falco", namespace="monitoring"} 0+1x100
`
	const want = `Set prometheus.identityLabels to ["k8s_cluster_name", "k8s_node_name"]. `
	require.Equal(t, []string{want + "A node then keeps its name when its pod is replaced."}, checkOf(t, pods).Suggestions)
	named := pods + `  falcosecurity_evt_hostname_info{job="falco", instance="10.0.0.7:8765", k8s_node_name="worker-1", k8s_pod_name="falco-aaaaa", k8s_cluster_name="lab", hostname="HOST-1"} 1x100
  falcosecurity_evt_hostname_info{job="falco", instance="10.0.0.8:8765", k8s_node_name="worker-2", k8s_pod_name="falco-bbbbb", k8s_cluster_name="lab", hostname="HOST-2"} 1x100
`
	hosts := strings.NewReplacer("HOST-1", "worker-1", "HOST-2", "worker-2").Replace(named)
	require.Equal(t, []string{want + "These labels hold the node names that Falco reports."}, checkOf(t, hosts).Suggestions)
	podNames := strings.NewReplacer("HOST-1", "falco-aaaaa", "HOST-2", "falco-bbbbb").Replace(named)
	require.Equal(t, []string{want + "A node then keeps its name when its pod is replaced."}, checkOf(t, podNames).Suggestions, "the host name that Falco reports is its pod's")

	set := func(c *Config) { c.Identity = Identity{"k8s_cluster_name", "k8s_node_name"} }
	require.Empty(t, checkOf(t, pods, set).Suggestions)
	require.Empty(t, checkOf(t, podNames, set).Suggestions)
	require.Empty(t, checkOf(t, strings.ReplaceAll(pods, "worker-2", "worker-1"), func(c *Config) { c.Identity = Identity{"k8s_cluster_name", "instance"} }).Suggestions,
		"a label that does not tell the targets apart, such as the collector's own node")
}

// With the labels of the node, a replaced pod continues the node's series.
func TestReplacedPodKeepsItsNode(t *testing.T) {
	s := newEngine(t, `
load 15s
  up{job="falco", instance="10.0.0.7:8765", k8s_node_name="worker-1", k8s_cluster_name="lab"} 1x50 stale
  up{job="falco", instance="10.0.0.9:8765", k8s_node_name="worker-1", k8s_cluster_name="lab"} _x51 1x49
  falcosecurity_falco_version_info{job="falco", instance="10.0.0.7:8765", k8s_node_name="worker-1", k8s_cluster_name="lab", version="0.44.1"} 1x50 stale
  falcosecurity_falco_version_info{job="falco", instance="10.0.0.9:8765", k8s_node_name="worker-1", k8s_cluster_name="lab", version="0.44.1"} _x51 1x49
`, nil).store(t, func(c *Config) { c.Identity = Identity{"k8s_cluster_name", "k8s_node_name"} })
	s.now = func() time.Time { return promapitest.TimeAt(1500 * time.Second) }
	require.NoError(t, s.Ready(t.Context()))
	require.Equal(t, []string{`falco {cluster="lab", node="worker-1"} at 10.0.0.9:8765 of falco: up map[version:0.44.1], 50 scrapes, 1 metrics`}, summary(s.Targets()))
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
