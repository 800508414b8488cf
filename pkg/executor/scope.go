package executor

import (
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// Scope is the part of the fleet that a query without signals is about: its filters, and the targets that match them.
type Scope struct {
	Filters []signals.Filter
	// SampleFilters are the filters on labels of every sample: identity and target labels. The others are on facts.
	SampleFilters []signals.Filter
	ByFacts       bool
	Targets       target.Set
}

// matchers returns matchers for some metrics, and the filters that apply to every sample as matchers.
func (s Scope) matchers(metrics []string) ([]*labels.Matcher, error) {
	name := labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, metrics[0])
	if len(metrics) > 1 {
		name = labels.MustNewMatcher(labels.MatchRegexp, model.MetricNameLabel, strings.Join(metrics, "|"))
	}
	out := []*labels.Matcher{name}
	for _, f := range s.SampleFilters {
		m, err := f.Matcher(f.Key)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// selector returns the filters that apply to every sample, as PromQL writes them within braces.
func (s Scope) selector() string {
	var out []string
	for _, f := range s.SampleFilters {
		out = append(out, f.Key+f.Operator+strconv.Quote(f.Value))
	}
	return strings.Join(out, ", ")
}

// Contains reports whether a node is in the scope. Filters on facts only match nodes that are targets.
func (s Scope) Contains(n target.Node) bool {
	return !s.ByFacts || slices.ContainsFunc(s.Targets.All, func(t target.Status) bool { return target.NodeOf(t.Labels) == n })
}

// TargetsByNode returns the targets of a kind, one per node. If several targets claim a node, it returns the one that is
// up.
func (s Scope) TargetsByNode(kind string) []*target.Status {
	place := make(map[target.Node]int, len(s.Targets.All))
	out := make([]*target.Status, 0, len(s.Targets.All))
	for i := range s.Targets.All {
		t := &s.Targets.All[i]
		if t.Kind != kind || t.State == target.Duplicate {
			continue
		}
		node := target.NodeOf(t.Labels)
		at, twice := place[node]
		switch {
		case !twice:
			place[node] = len(out)
			out = append(out, t)
		case out[at].State != target.Up:
			out[at] = t
		}
	}
	return out
}
