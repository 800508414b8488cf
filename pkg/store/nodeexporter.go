// cspell:ignore sjob

package store

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

const (
	instanceLabel = "instance"
	// hostKey holds the host of an instance, without its port, while series are matched.
	hostKey = "falco_host"
	// hostPattern splits an instance into host and port.
	hostPattern = "(.*?)(:[0-9]+)?"
)

var hostOnly = regexp.MustCompile("^" + hostPattern + "$")

// ParseNodeExporterLabel checks prometheus.nodeExporterLabel.
func ParseNodeExporterLabel(name string) (string, error) {
	if name != "" && (!labelName.MatchString(name) || strings.HasPrefix(name, "__")) {
		return "", fmt.Errorf("prometheus.nodeExporterLabel is %q: expected the name of a label, such as instance or nodename", name)
	}
	return name, nil
}

// isNodeExporterMetric reports whether node_exporter exports a metric of the catalogue.
func (w rewriter) isNodeExporterMetric(metric string) bool {
	return w.exportedBy(target.KindNodeExporter, metric)
}

// nodeExporterLabel returns the label that matches node_exporter to Falco.
func (c Config) nodeExporterLabel() string {
	if c.NodeExporterLabel != "" {
		return c.NodeExporterLabel
	}
	return c.Identity.ServerLabel(target.NodeLabel)
}

// matchNodeExporter gives e, which reads a metric of node_exporter through the selector, the identity of the Falco on the
// same node, and restricts it to nodes with a Falco. How depends on prometheus.nodeExporterLabel:
//
//   - The identity label of the node itself needs nothing.
//   - nodename is a label of node_uname_info only. It has the value of the identity label.
//   - Any other label has the same value on the series of Falco. Of instance, only the host counts: the ports differ.
func (w rewriter) matchNodeExporter(e parser.Expr, selector *parser.VectorSelector) parser.Expr {
	var node, cluster, own []*labels.Matcher
	for _, m := range selector.LabelMatchers {
		switch {
		case m.Name == target.NodeLabel && w.matchesAllTargets(m):
		case m.Name == target.NodeLabel:
			node = append(node, m)
		case m.Name == target.ClusterLabel:
			cluster = append(cluster, m)
		default:
			own = append(own, m)
		}
	}
	ofCluster := append(w.serverMatchers(cluster), w.externalMatchers(w.Matchers)...)
	selector.LabelMatchers = append(own, ofCluster...)
	label, identity, on := w.nodeExporterLabel(), w.Identity.ServerLabel(target.NodeLabel), ""
	if cluster := w.Identity.ServerLabel(target.ClusterLabel); cluster != "" {
		on = cluster + ", "
	}
	at := func(s *parser.VectorSelector) *parser.VectorSelector {
		s.OriginalOffset, s.Timestamp, s.StartOrEnd = selector.OriginalOffset, selector.Timestamp, selector.StartOrEnd
		return s
	}
	switch host := w.Catalogue.Reading.NodeExporterHost; {
	case label == identity && label != instanceLabel:
		selector.LabelMatchers = append(selector.LabelMatchers, rename(node, identity)...)
		return e
	case label == host.Label:
		names := at(selectorOf(host.Metric, slices.Concat(ofCluster, rename(node, label))))
		return parse(fmt.Sprintf("label_replace(%s * on (%sjob, instance) group_left (%s) group by (%sjob, instance, %s) (%s), %q, \"$1\", %q, \"(.*)\")",
			e, on, label, on, label, names, identity, label))
	default:
		up := at(selectorOf("up", slices.Concat(cluster, node)))
		w.translate(up)
		falcos := w.restrictToKinds(up, up, []string{target.KindFalco})
		left, right, key := e.String(), fmt.Sprintf("group by (%s) (%s)", strings.Join(unique(append(slices.Clone(w.Identity), label)), ", "), falcos), label
		if label == instanceLabel {
			left, right, key = hostOf(left), hostOf(right), hostKey
		}
		return parse(fmt.Sprintf("(%s * on (%s%s) group_left (%s) topk by (%s%s) (1, %s))", left, on, key, identity, on, key, right))
	}
}

// hostOf adds the label hostKey to an expression.
func hostOf(expr string) string {
	return fmt.Sprintf("label_replace(%s, %q, \"$1\", %q, %q)", expr, hostKey, instanceLabel, hostPattern)
}

func selectorOf(metric string, matchers []*labels.Matcher) *parser.VectorSelector {
	return &parser.VectorSelector{Name: metric, LabelMatchers: append(slices.Clone(matchers), labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, metric))}
}

// rename returns matchers on another label.
func rename(all []*labels.Matcher, label string) (out []*labels.Matcher) {
	for _, m := range all {
		out = append(out, labels.MustNewMatcher(m.Type, label, m.Value))
	}
	return out
}

func unique(names []string) (out []string) {
	for _, name := range names {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// nodeExporters are the results of the queries about node_exporter, by Falco's node.
type nodeExporters struct {
	scrapes    promql.Vector // within FirstScrapeLookback
	collectors promql.Vector // the value of node_scrape_collector_success
}

// findNodeExporters queries which nodes with a Falco have a node_exporter, and what it exports. It does not ask for the
// metrics themselves, of which there are several for every CPU.
func (s *Store) findNodeExporters(q *queries, w rewriter, into *nodeExporters) {
	reading := s.config.Catalogue.Reading
	rewritten := func(format string, values ...any) string {
		return w.expr(parse(fmt.Sprintf(format, values...))).String()
	}
	q.evaluate(rewritten("max by (cluster, node) (count_over_time(%s[%s])) and on (cluster, node) up{kind=\"\"}", reading.NodeExporterHost.Metric, signals.FormatDuration(FirstScrapeLookback)), storeIn(&into.scrapes))
	q.evaluate(rewritten("max by (cluster, node, collector) (%s{collector=~%q}) and on (cluster, node) up{kind=\"\"}", reading.Collectors.Metric, strings.Join(s.config.collectors(), "|")), storeIn(&into.collectors))
}

// collectors returns the collectors of node_exporter that signals need, sorted.
func (c Config) collectors() []string { return slices.Sorted(maps.Keys(c.metricsByCollector())) }

func (c Config) metricsByCollector() map[string][]string {
	out := map[string][]string{}
	for _, s := range c.Catalogue.Signals {
		for _, need := range s.Needs {
			if need.Collector != "" {
				out[need.Collector] = append(out[need.Collector], need.Metric)
			}
		}
	}
	return out
}

// nodeExporterStatuses returns one status for each node that has a node_exporter. The metrics of one whose collectors are
// not known stay unknown.
func (s *Store) nodeExporterStatuses(found nodeExporters, now time.Time) (out []target.Status) {
	metrics, byCollector := map[targetKey]map[string]bool{}, s.config.metricsByCollector()
	for _, sample := range found.collectors {
		key := s.nodeKey(sample.Metric)
		if metrics[key] == nil {
			metrics[key] = map[string]bool{}
		}
		if sample.F == 1 {
			for _, name := range byCollector[sample.Metric.Get(s.config.Catalogue.Reading.Collectors.Label)] {
				metrics[key][name] = true
			}
		}
	}
	for _, sample := range found.scrapes {
		key := s.nodeKey(sample.Metric)
		status := s.newStatus(target.KindNodeExporter, key, true)
		status.Metrics, status.Scrapes = metrics[key], int(sample.F)
		status.FirstScrape = now.Add(-min(FirstScrapeLookback, time.Duration(status.Scrapes)*s.config.Interval))
		out = append(out, status)
	}
	return out
}

// nodeKey reads cluster and node of a result.
func (s *Store) nodeKey(l labels.Labels) targetKey {
	return targetKey{cluster: l.Get(target.ClusterLabel), node: l.Get(target.NodeLabel)}
}

// suggestNodeExporterLabel suggests prometheus.nodeExporterLabel if another label finds the node_exporters of more Falcos.
func (s *Store) suggestNodeExporterLabel(c *CheckResult, info, exporters promql.Vector) {
	falcos, hosts := serverLabels(s.config.Identity, info), serverLabels(s.config.Identity, exporters)
	if len(falcos) == 0 || len(hosts) == 0 {
		return
	}
	current := s.config.nodeExporterLabel()
	best, most := current, s.config.countMatched(current, falcos, hosts)
	candidates := append([]string{s.config.Identity.ServerLabel(target.NodeLabel)}, nodeLabels...)
	candidates = append(candidates, instanceLabel, s.config.Catalogue.Reading.NodeExporterHost.Label)
	for _, label := range candidates {
		if n := s.config.countMatched(label, falcos, hosts); n > most {
			best, most = label, n
		}
	}
	if best != current {
		c.suggest("Set prometheus.nodeExporterLabel to %q: %d of %d Falcos then have the node_exporter of their node.", best, most, len(falcos))
	}
}

// countMatched counts the Falcos for which a label finds a node_exporter. Both hold label sets of the server.
func (c Config) countMatched(label string, falcos, exporters []map[string]string) (n int) {
	withoutPort := label == instanceLabel
	key := func(of map[string]string, label string) string {
		value := of[label]
		if withoutPort {
			value = hostOnly.ReplaceAllString(value, "$1")
		}
		if value == "" {
			return ""
		}
		return of[c.Identity.ServerLabel(target.ClusterLabel)] + "\xff" + value
	}
	known := map[string]bool{}
	for _, e := range exporters {
		known[key(e, label)] = true
	}
	if label == c.Catalogue.Reading.NodeExporterHost.Label {
		label = c.Identity.ServerLabel(target.NodeLabel)
	}
	for _, f := range falcos {
		if k := key(f, label); k != "" && known[k] {
			n++
		}
	}
	return n
}

// nodeExporterHosts evaluates the host names of all node_exporters, with all labels.
func (s *Store) nodeExporterHosts(ctx context.Context, now time.Time) (promql.Vector, error) {
	w := rewriter{Config: s.config}
	return s.client.Vector(ctx, selectorOf(s.config.Catalogue.Reading.NodeExporterHost.Metric, w.externalMatchers(s.config.Matchers)).String(), now)
}
