package target

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"
)

// Exports reports whether a target exports the metric or one of the alternatives. Gauges from the settings count.
func Exports(t Status, metric string, anyOf []string) bool {
	exports := func(m string) bool {
		return t.Metrics[m] || slices.ContainsFunc(t.Gauges, func(g Gauge) bool { return g.Name == m })
	}
	return exports(metric) || slices.ContainsFunc(anyOf, exports)
}

// Node identifies the Falco that a sample is from.
type Node struct{ Cluster, Name string }

// NodeOf returns the node of a label set.
func NodeOf(l labels.Labels) Node { return Node{l.Get("cluster"), l.Get("node")} }

// IdentityLabels are what `$identity` stands for.
var IdentityLabels = []string{"cluster", "node"}
