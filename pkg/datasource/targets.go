package datasource

import (
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// targets are those that a query, or the health check, is about.
type targets struct {
	all  []scrape.Status
	noun string // nodes, or targets where there are others than Falcos
	// clusters is whether names need their cluster.
	clusters bool
}

func newTargets(all []scrape.Status) targets {
	t := targets{all: all, noun: "nodes"}
	for _, s := range all {
		t.clusters = t.clusters || s.Labels.Get("cluster") != all[0].Labels.Get("cluster")
		if s.Kind != scrape.KindFalco {
			t.noun = "targets"
		}
	}
	return t
}

// name is what people call a target.
func (t targets) name(s scrape.Status) string {
	node, cluster := s.Node(), s.Labels.Get("cluster")
	if node == "" {
		return s.Address
	}
	if t.clusters && cluster != "" {
		return cluster + "/" + node
	}
	return node
}

// dead is whether none of them is measured: an answer that comes through a load balancer, or that another target claims,
// gives no figures.
func (t targets) dead() bool {
	return !slices.ContainsFunc(t.all, func(s scrape.Status) bool {
		return s.State == scrape.Up || s.State == scrape.Starting || s.State == scrape.Pending
	})
}

// targetsOf are the targets that a query of signals is about: those of the kinds that the signals read and that
// pass the filters.
func (r *request) targetsOf(a *asked) targets {
	kinds := map[string]bool{}
	for _, result := range a.results {
		kinds[result.Signal.TargetKind] = true
	}
	var about []scrape.Status
	passes := r.passing(a.query.Filters)
	for _, s := range r.targets() {
		if kinds[s.Kind] && passes(s) {
			about = append(about, s)
		}
	}
	return newTargets(about)
}

// kindOfMetric is the kind of target that exports a metric; empty where the name does not tell.
func (d *Instance) kindOfMetric(metric string) string {
	for _, mark := range d.catalogue.Reading.IdentifyingMetrics {
		if strings.HasPrefix(metric, mark.Prefix) {
			return mark.Kind
		}
	}
	return ""
}

// passing is whether a target's labels and facts pass the filters on them; filters on a metric's own
// labels say nothing about targets.
func (d *Instance) passing(filters []signals.Filter) func(scrape.Status) bool {
	matching := make([]func(string) bool, len(filters))
	for i, f := range filters {
		matching[i] = matches(f)
	}
	return func(s scrape.Status) bool {
		for i, f := range filters {
			value, known := s.Facts[f.Key]
			if slices.Contains(identity, f.Key) || slices.Contains(d.settings.targetLabels, f.Key) {
				value, known = s.Labels.Get(f.Key), true
			}
			if known && !matching[i](value) {
				return false
			}
		}
		return true
	}
}

// matches is whether a value passes a filter; one that is no regular expression lets nothing pass.
func matches(f signals.Filter) func(value string) bool {
	m, err := labels.NewMatcher(signals.MatchTypes[f.Operator], f.Key, f.Value)
	if err != nil {
		return func(string) bool { return false }
	}
	return m.Matches
}
