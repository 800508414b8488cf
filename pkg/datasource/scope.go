package datasource

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// scope is which nodes a query is about that names no signal: its filters, and the targets that pass them.
type scope struct {
	filters []signals.Filter
	// own are the filters on labels that every sample has: identity and target labels. The others are on facts.
	own     []signals.Filter
	byFacts bool
	targets targets
}

// scope reads the filters of a query, whose targets are then those that pass. Only what is true of a whole node can be
// filtered by.
func (r *request) scope(a *asked) (scope, error) {
	own := slices.Concat(identity, r.settings.targetLabels)
	allowed := slices.Clone(own)
	for _, g := range r.catalogue.Groupings {
		allowed = append(allowed, g.ID)
	}
	slices.Sort(allowed)
	for _, f := range a.query.Filters {
		if !slices.Contains(allowed, f.Key) {
			return scope{}, userError{fmt.Errorf("queries of type %s cannot be filtered by %q; allowed: %s", a.query.QueryType, f.Key, strings.Join(allowed, ", "))}
		}
		if _, known := signals.MatchTypes[f.Operator]; !known {
			return scope{}, userError{fmt.Errorf("the filter on %q has the operator %q; allowed: = != =~ !~", f.Key, f.Operator)}
		}
		if strings.HasSuffix(f.Operator, "~") {
			if _, err := regexp.Compile("^(?s:" + f.Value + ")$"); err != nil {
				return scope{}, userError{fmt.Errorf("the filter on %q is no valid regular expression: %q", f.Key, f.Value)}
			}
		}
	}
	s := r.within(a.query.Filters)
	a.targets = s.targets
	return s, nil
}

// within is what passes filters that may be used.
func (r *request) within(filters []signals.Filter) scope {
	s := scope{filters: filters}
	for _, f := range filters {
		if slices.Contains(identity, f.Key) || slices.Contains(r.settings.targetLabels, f.Key) {
			s.own = append(s.own, f)
		} else {
			s.byFacts = true
		}
	}
	var about []scrape.Status
	passes := r.passing(filters)
	for _, t := range r.targets() {
		if passes(t) {
			about = append(about, t)
		}
	}
	s.targets = newTargets(about)
	return s
}

// of is what passes the filters of a scope that a signal can have. Falcosidekick serves all nodes, and a cluster is
// counted as a whole: a filter on nodes leaves them in.
func (r *request) of(signal *signals.Signal, s scope) scope {
	if signal.TargetKind != scrape.KindFalcosidekick && !signal.ClusterScoped {
		return s
	}
	return r.within(slices.DeleteFunc(slices.Clone(s.filters), func(f signals.Filter) bool { return f.Key == "node" }))
}

// template compiles a template that is no signal's; name stands for it in errors.
func (r *request) template(name, expr, window string, s scope, a *asked) (string, time.Duration, error) {
	signal := &signals.Signal{ID: name, Expr: expr, GroupBy: signals.GroupBy{Default: []string{"$identity"}}}
	return r.catalogue.Compile(signal, nil, s.own, a.times.expand(window), r.options(a))
}

// matchers are the filters that every sample can be tested by.
func (s scope) matchers(metric string) ([]*labels.Matcher, error) {
	out := []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, metric)}
	for _, f := range s.own {
		m, err := labels.NewMatcher(signals.MatchTypes[f.Operator], f.Key, f.Value)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// selector are the filters that every sample can be tested by, as PromQL has them within braces.
func (s scope) selector() string {
	var out []string
	for _, f := range s.own {
		out = append(out, f.Key+f.Operator+strconv.Quote(f.Value))
	}
	return strings.Join(out, ", ")
}

// holds is whether a sample's node is within the scope. Filters on facts hold for targets that are there only.
func (s scope) holds(n node) bool {
	return !s.byFacts || slices.ContainsFunc(s.targets.all, func(t scrape.Status) bool { return nodeOf(t.Labels) == n })
}

// nodes are the targets of a kind, one for every node: of several that claim one, that which answers.
func (s scope) nodes(kind string) []scrape.Status {
	place := map[node]int{}
	var out []scrape.Status
	for _, t := range s.targets.all {
		if t.Kind != kind || t.State == scrape.Duplicate {
			continue
		}
		at, twice := place[nodeOf(t.Labels)]
		switch {
		case !twice:
			place[nodeOf(t.Labels)] = len(out)
			out = append(out, t)
		case out[at].State != scrape.Up:
			out[at] = t
		}
	}
	return out
}
