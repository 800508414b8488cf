package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi/promapitest"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

const kubernetes = `
load 15s
  up{job="falco", instance="a:1", namespace="falco", pod="falco-1"} 1x100
  up{job="kube-state-metrics", instance="k:1"} 1x100
  falcosecurity_falco_version_info{job="falco", instance="a:1", namespace="falco", pod="falco-1", version="0.44.1"} 1x100
  falcosecurity_evt_hostname_info{job="falco", instance="a:1", hostname="worker-1"} 1x100
  kube_node_info{job="kube-state-metrics", instance="k:1", node="worker-1"} 1x100
  kube_node_info{job="kube-state-metrics", instance="k:1", node="worker-2"} 1x100
  container_cpu_usage_seconds_total{job="kubelet", instance="n:1", namespace="falco", pod="falco-1", container="falco"} 0+7.5x100
  container_cpu_usage_seconds_total{job="kubelet", instance="n:1", namespace="falco", pod="falco-1", container="sidecar"} 0+60x100
  container_cpu_usage_seconds_total{job="kubelet", instance="n:1", namespace="other", pod="falco-1", container="falco"} 0+90x100
  container_cpu_cfs_periods_total{job="kubelet", instance="n:1", namespace="falco", pod="falco-1", container="falco"} 0+150x100
  container_cpu_cfs_throttled_periods_total{job="kubelet", instance="n:1", namespace="falco", pod="falco-1", container="falco"} 0+45x100
  kube_pod_container_status_last_terminated_reason{job="kube-state-metrics", instance="k:1", namespace="falco", pod="falco-1", container="falco", reason="OOMKilled"} 1x100
`

// evaluateExternal evaluates a signal with the metrics of other exporters.
func evaluateExternal(t *testing.T, s *Store, id string, by ...string) (values, description string) {
	t.Helper()
	require.NoError(t, s.Ready(t.Context()))
	c := s.config.Catalogue.InStore(s.HasExternalMetric)
	signal, err := c.Signal(id)
	require.NoError(t, err)
	expr, _, err := c.Compile(signal, by, nil, "1m", signals.CompileOptions{Identity: []string{"cluster", "node"}, ScrapeInterval: 15 * time.Second})
	require.NoError(t, err)
	result, err := s.Evaluate(t.Context(), promapi.Query{Expr: expr, Start: s.now(), End: s.now()})
	require.NoError(t, err)
	return result.Value.String(), signal.Description
}

func TestExternalMetrics(t *testing.T) {
	s := newEngine(t, kubernetes, nil).store(t, func(c *Config) {
		var err error
		c.Matchers, err = ParseMatchers(`job="falco"`) // does not apply to other exporters
		require.NoError(t, err)
	})
	s.now = func() time.Time { return promapitest.TimeAt(1500 * time.Second) }
	values, description := evaluateExternal(t, s, "cpu-usage-ratio")
	require.Regexp(t, `^\{node="a:1"\} => 0\.(5|49999999999999)\d* @\[1500000\]$`, values)
	require.Contains(t, description, "With cAdvisor metrics in Prometheus")

	values, _ = evaluateExternal(t, s, "cpu-throttled-ratio")
	require.Regexp(t, `^\{node="a:1"\} => 0\.(3|29999999999999)\d* @\[1500000\]$`, values)
	values, _ = evaluateExternal(t, s, "last-termination")
	require.Equal(t, `{node="a:1", reason="OOMKilled"} => 1 @[1500000]`, values)

	values, description = evaluateExternal(t, s, "nodes-without-falco", "reason")
	require.Equal(t, `{reason="down"} => 0 @[1500000]`+"\n"+`{reason="no Falco"} => 1 @[1500000]`, values)
	require.Contains(t, description, "the list of nodes from kube-state-metrics")
}

func TestNoExternalMetrics(t *testing.T) {
	s := newEngine(t, twoJobs, nil).store(t)
	s.now = func() time.Time { return promapitest.TimeAt(1500 * time.Second) }
	_, description := evaluateExternal(t, s, "cpu-usage-ratio")
	require.NotContains(t, description, "cAdvisor")
}
