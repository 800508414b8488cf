package store

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// hostnameAge is how long the host name of a Falco is known after its last scrape. Its alerts may have arrived before.
const hostnameAge = "1h"

const (
	// senderLabel is the host name on both sides of the join. Any label of the server may be an identity label.
	senderLabel = "received_from"
	// exposerLabel keeps replicas of Grafana apart, whose `instance` the join replaces.
	exposerLabel = "received_by"
)

// isReceived reports whether Grafana exposes a metric with what the alert receiver counted.
func (w rewriter) isReceived(metric string) bool {
	return w.Catalogue.Receiver.Writes(metric)
}

// received rewrites an expression that reads a series of the alert receiver. Grafana exposes it with the label node, the
// host name that Falco writes into its alerts, and with the `instance` of Grafana. The host name that Falco exports joins it
// to the identity labels of that Falco. Matchers on these and the extra matchers select the Falcos, not the series.
func (w rewriter) received(e parser.Expr, selector *parser.VectorSelector) parser.Expr {
	var identity []*labels.Matcher
	selector.LabelMatchers = slices.DeleteFunc(selector.LabelMatchers, func(m *labels.Matcher) bool {
		own := m.Name == target.NodeLabel || m.Name == target.ClusterLabel
		if own {
			identity = append(identity, m)
		}
		return own
	})
	selector.LabelMatchers = append(selector.LabelMatchers, w.Received...)
	if slices.Contains(w.Catalogue.Receiver.OwnMetrics, selector.Name) {
		return e
	}
	host := w.Catalogue.Reading.Host
	info := &parser.VectorSelector{Name: host.Metric, LabelMatchers: append(w.serverMatchers(identity), w.Matchers...)}
	info.LabelMatchers = append(info.LabelMatchers, labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, host.Metric))
	names := strings.Join(w.Identity, ", ")
	latest := fmt.Sprintf("topk by (%s) (1, %s or (last_over_time(%s[%s]) unless on (%s) %s))", host.Label, info, info, hostnameAge, host.Label, info)
	value := e.String()
	if slices.Contains(w.Identity, "instance") {
		value = copyLabel(value, "instance", exposerLabel)
	}
	return parse(fmt.Sprintf("(%s * on (%s) group_left (%s) group by (%s, %s) (%s))",
		copyLabel(value, target.NodeLabel, senderLabel), senderLabel, names, senderLabel, names, copyLabel(latest, host.Label, senderLabel)))
}

// copyLabel copies a label of all series.
func copyLabel(expr, from, to string) string {
	return fmt.Sprintf(`label_replace(%s, %q, "$1", %q, "(.*)")`, expr, to, from)
}
