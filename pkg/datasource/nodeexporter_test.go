package datasource

import (
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

const pressure = "node_pressure_cpu_waiting_seconds_total"

// nodeExporter is the status of a node_exporter that responds.
func nodeExporter(node string, metrics ...string) scrape.Status {
	return change(falco(node, metrics...), func(s *scrape.Status) {
		s.ID, s.Kind, s.Facts = "exporter-"+node, scrape.KindNodeExporter, nil
		s.Labels = labels.FromStrings("cluster", "demo", "node", node, "zone", "a", "kind", scrape.KindNodeExporter)
	})
}

// A missing figure of the node says what to install or to start.
func TestNoticesAboutNodeExporter(t *testing.T) {
	const install = "Install node_exporter on the node (package or Helm chart prometheus-node-exporter). Add it to the data source's targets with kind: node-exporter. Its host name must be that of Falco; otherwise set the label node of both."
	for _, c := range []struct {
		name     string
		exporter []scrape.Status
		success  float64 // of the collector; below 0 there is no such series
		want     string
	}{
		{"no node_exporter", nil, -1, "info: CPU pressure: no node_exporter is scraped for node-1. " + install},
		{"it is down", []scrape.Status{change(nodeExporter("node-1"), func(s *scrape.Status) {
			s.State, s.Message, s.Metrics = scrape.Down, "Connection refused.", nil
		})}, -1, "warning: CPU pressure: node_exporter does not respond on node-1. Connection refused."},
		{"without the collector", []scrape.Status{nodeExporter("node-1", "node_uname_info")}, -1,
			"info: CPU pressure: node_exporter runs without the collector on node-1. Start it with --collector.pressure."},
		{"a kernel without PSI", []scrape.Status{nodeExporter("node-1", "node_uname_info")}, 0,
			"info: CPU pressure: not supported by the kernel of node-1. node_exporter's collector pressure has nothing to read. It needs Linux 4.20 or later, built with CONFIG_PSI, and booted with psi=1 where the distribution disables it by default."},
		{"it is scraped for the first time", []scrape.Status{change(nodeExporter("node-1", pressure), func(s *scrape.Status) { s.Scrapes = 1 })}, 1,
			"info: Not yet two scrapes of node-1. Rates start with the second scrape, within 15s."},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, f := newTest(t, append([]scrape.Status{falco("node-1")}, c.exporter...)...)
			f.count("node-1", 0)
			if c.success >= 0 {
				series := f.history.Series(labels.FromStrings("__name__", "node_scrape_collector_success", "collector", "pressure", "cluster", "demo", "node", "node-1"))
				f.history.Append(noon.UnixMilli()-1000, []history.Sample{{Series: series, Value: c.success}})
			}
			res := queries(t, d, nil, `{"queryType": "signal", "signals": ["host-cpu-pressure-ratio"], "instant": true}`)
			require.Equal(t, []string{c.want}, texts(t, res["A"]))
		})
	}
}
