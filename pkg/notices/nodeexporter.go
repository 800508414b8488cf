package notices

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

// installNodeExporter says how to get node_exporter.
const installNodeExporter = "Install node_exporter on the node (package or Helm chart prometheus-node-exporter). "

// missingFromNode returns what a signal needs of the node_exporter on the node of t, and what is missing, if anything: it
// is not scraped, it does not respond, it runs without the collector, or the collector finds nothing to read.
func missingFromNode(ctx context.Context, r *request.Request, s *signals.Signal, need signals.Need, t target.Status, at time.Time) (c Cause, detail string, lacks bool) {
	exporter, found := r.NodeExporters()[target.NodeOf(t.Labels)]
	switch {
	case !found:
		c = Info(s.Title+": no node_exporter is scraped for", installNodeExporter+r.Executor.Messages().MissingNodeExporter)
		c.negative = true
		return c, "", true
	case exporter.State != target.Up:
		return Warning(s.Title+": node_exporter does not respond on", exporter.Message), "", true
	case exporter.Metrics == nil || exporter.Metrics[need.Metric]:
		if strings.Contains(s.Expr, "$window") && exporter.Scrapes < 2 {
			return NotYetTwoScrapes(r), "", true
		}
		return Cause{}, "", false
	}
	success, known := collectorSuccess(ctx, r, need, at)[target.NodeOf(t.Labels)]
	switch {
	case !known:
		return Info(s.Title+": node_exporter runs without the collector on", fmt.Sprintf("Start it with --collector.%s.", need.Collector)), "", true
	case success == 0 && need.Host != "":
		return Info(s.Title+": not supported by the kernel of", fmt.Sprintf("node_exporter's collector %s has nothing to read. It needs %s", need.Collector, wording.Sentence(need.Host))), "", true
	case success == 0:
		return Info(s.Title+": not available on", fmt.Sprintf("node_exporter's collector %s has nothing to read. Its log says why.", need.Collector)), "", true
	case s.NoValueReason != "":
		return NoValue(s), "", true
	}
	return Info(s.Title+": not exported by node_exporter on",
		fmt.Sprintf("The response has no %s. Check the options that start with --collector.%s, and upgrade an old node_exporter.", need.Metric, need.Collector)), "", true
}

// collectorSuccess returns, by node, whether a collector found something to read: 1 or 0. Nodes whose node_exporter runs
// without the collector are missing.
func collectorSuccess(ctx context.Context, r *request.Request, need signals.Need, at time.Time) map[target.Node]float64 {
	metric := r.Catalogue.Reading.Collectors
	nodes := map[target.Node]float64{}
	found, err := r.EvaluateAt(ctx, fmt.Sprintf("%s{%s=%q}", metric.Metric, metric.Label, need.Collector), at)
	if vector, ok := found.Value.(promql.Vector); ok && err == nil {
		for _, s := range vector {
			nodes[target.NodeOf(s.Metric)] = s.F
		}
	}
	return nodes
}
