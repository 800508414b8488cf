package store

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// The label decides how node_exporter is matched to Falco.
func TestMatchNodeExporter(t *testing.T) {
	const expr = `sum by (cluster, node) (rate(node_pressure_cpu_waiting_seconds_total{cluster="x",node="a"}[5m]))`
	for _, c := range []struct {
		name, label, matchers string
		identity              Identity
		want                  string
	}{
		{"the label of the node", "", `job="falco"`, Identity{"cluster", "node"},
			`sum by (cluster, node) (rate(node_pressure_cpu_waiting_seconds_total{cluster="x",node="a"}[5m]))`},
		{"the host of instance", "", `job="falco"`, Identity{"instance"},
			`sum by (instance) ((label_replace(rate(node_pressure_cpu_waiting_seconds_total{cluster="x"}[5m]), "falco_host", "$1", "instance", "(.*?)(:[0-9]+)?") * on (falco_host) group_left (instance) topk by (falco_host) (1, label_replace(group by (instance) ((up{cluster="x",instance="a",job="falco"} unless on (job, instance) (group by (job, instance) ({__name__=~"falcosecurity_falcosidekick_inputs_total|falcosidekick_inputs",job="falco"}) or max_over_time((group by (job, instance) ({__name__=~"falcosecurity_falcosidekick_inputs_total|falcosidekick_inputs",job="falco"}))[1d:5m])))), "falco_host", "$1", "instance", "(.*?)(:[0-9]+)?"))))`},
		{"nodename", "nodename", `cluster="x"`, Identity{"cluster", "node"},
			`sum by (cluster, node) (label_replace(rate(node_pressure_cpu_waiting_seconds_total{cluster="x",cluster="x"}[5m]) * on (cluster, job, instance) group_left (nodename) group by (cluster, job, instance, nodename) (node_uname_info{cluster="x",cluster="x",nodename="a"}), "node", "$1", "nodename", "(.*)"))`},
	} {
		t.Run(c.name, func(t *testing.T) {
			matchers, err := ParseMatchers(c.matchers)
			require.NoError(t, err)
			s, err := New(Config{Identity: c.identity, Matchers: matchers, NodeExporterLabel: c.label, Catalogue: signals.Load()})
			require.NoError(t, err)
			got, err := s.Rewrite(expr)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

// The health check counts for which Falcos a label finds a node_exporter.
func TestCountMatchedNodeExporters(t *testing.T) {
	c := Config{Identity: Identity{"instance"}, Catalogue: signals.Load()}
	falcos := []map[string]string{
		{"instance": "10.0.0.1:8765", "node": "a"}, {"instance": "10.0.0.2:8765", "node": "b"}, {"instance": "10.0.0.3:8765", "node": "c"},
	}
	exporters := []map[string]string{
		{"instance": "10.0.0.1:9100", "nodename": "a"}, {"instance": "10.0.0.2:9100", "nodename": "b", "node": "b"}, {"instance": "10.0.0.9:9100", "nodename": "z"},
	}
	require.Equal(t, 2, c.countMatched("instance", falcos, exporters), "the ports differ")
	require.Equal(t, 1, c.countMatched("node", falcos, exporters))
	require.Equal(t, 0, c.countMatched("nodename", falcos, exporters), "no instance of a Falco is a host name")
	c.Identity = Identity{"node"}
	require.Equal(t, 2, c.countMatched("nodename", falcos, exporters))
}
