// Package target defines the vocabulary for targets: their kinds, labels, states and causes of failure. Packages that
// scrape targets, read them from a Prometheus server or show them share it.
package target

// Kinds of targets.
const (
	KindFalco         = "falco"
	KindFalcosidekick = "falcosidekick"
	KindNodeExporter  = "node-exporter"
)

// Kinds are all kinds of targets, in the order in which results show them.
var Kinds = []string{KindFalco, KindFalcosidekick, KindNodeExporter}

// Labels that the samples of a target carry. A Falco has no kind label.
const (
	NodeLabel    = "node"
	ClusterLabel = "cluster"
	KindLabel    = "kind"
)

// Gauge is a sample whose value comes from the settings instead of a scrape.
type Gauge struct {
	Name   string
	Labels map[string]string // in addition to the target's labels; may be nil
	Value  float64
}
