package target

import (
	"fmt"
	"slices"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

// DescribeNone describes targets after a negation: "either of the 2 nodes", "any of the 8 nodes".
func (t Set) DescribeNone(names []string) string {
	switch total := len(t.All); {
	case total != len(names) || total <= 1:
		return t.DescribeSome(names)
	case total == 2:
		return "either of the 2 " + t.noun
	default:
		return fmt.Sprintf("any of the %d %s", total, t.noun)
	}
}

// DescribeSome describes some of the targets: "node-1", "both nodes", "all 3 nodes", "2 of 3 nodes: node-1, node-2".
func (t Set) DescribeSome(names []string) string {
	switch total := len(t.All); {
	case total <= 1:
		return wording.List(names)
	case len(names) == total && total == 2:
		return "both " + t.noun
	case len(names) == total:
		return fmt.Sprintf("all %d %s", total, t.noun)
	default:
		return fmt.Sprintf("%d of %d %s: %s", len(names), total, t.noun, wording.List(names))
	}
}

// Set is a group of targets that a message is about.
type Set struct {
	All  []Status
	noun string // nodes, or targets where there are others than Falcos
	// clusters is whether names need their cluster.
	clusters bool
}

// NewSet returns a set of targets. Names include the cluster if the targets are in several.
func NewSet(all []Status) Set {
	t := Set{All: all, noun: "nodes"}
	for _, s := range all {
		t.clusters = t.clusters || s.Labels.Get("cluster") != all[0].Labels.Get("cluster")
		if s.Kind != KindFalco {
			t.noun = "targets"
		}
	}
	return t
}

// Name returns the node of a target, or its address if the node is not known.
func (t Set) Name(s Status) string {
	node, cluster := s.Node(), s.Labels.Get("cluster")
	if node == "" {
		return s.Address
	}
	if s.Kind == KindNodeExporter { // the Falco of the node has the same name
		node += " (node_exporter)"
	}
	if t.clusters && cluster != "" {
		return cluster + "/" + node
	}
	return node
}

// NoneMeasured reports whether no target is measured: responses that come through a load balancer, or that another target
// claims, do not count.
func (t Set) NoneMeasured() bool {
	return !slices.ContainsFunc(t.All, func(s Status) bool {
		return s.State == Up || s.State == Starting || s.State == Pending
	})
}
