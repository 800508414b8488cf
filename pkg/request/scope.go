package request

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// ReadScope reads the filters of a query without signals and sets the query's targets. Only properties of a whole node can
// be filtered by.
func (r *Request) ReadScope(qc *QueryContext) (executor.Scope, error) {
	own := slices.Concat(target.IdentityLabels, r.Settings.TargetLabels)
	allowed := slices.Clone(own)
	for _, g := range r.Catalogue.Groupings {
		allowed = append(allowed, g.ID)
	}
	slices.Sort(allowed)
	for _, f := range qc.Query.Filters {
		if !slices.Contains(allowed, f.Key) {
			return executor.Scope{}, failure.User(fmt.Errorf("queries of type %s cannot be filtered by %q; allowed: %s", qc.Query.QueryType, f.Key, strings.Join(allowed, ", ")))
		}
		if _, known := signals.MatchTypes[f.Operator]; !known {
			return executor.Scope{}, failure.User(fmt.Errorf("the filter on %q has the operator %q; allowed: = != =~ !~", f.Key, f.Operator))
		}
		if strings.HasSuffix(f.Operator, "~") {
			if _, err := regexp.Compile("^(?s:" + f.Value + ")$"); err != nil {
				return executor.Scope{}, failure.User(fmt.Errorf("the filter on %q is no valid regular expression: %q", f.Key, f.Value))
			}
		}
	}
	s := r.newScope(qc.Query.Filters)
	qc.Targets = s.Targets
	return s, nil
}

// newScope returns what matches valid filters.
func (r *Request) newScope(filters []signals.Filter) executor.Scope {
	s := executor.Scope{Filters: filters}
	for _, f := range filters {
		if slices.Contains(target.IdentityLabels, f.Key) || slices.Contains(r.Settings.TargetLabels, f.Key) {
			s.SampleFilters = append(s.SampleFilters, f)
		} else {
			s.ByFacts = true
		}
	}
	var about []target.Status
	passes := r.passing(filters)
	for _, t := range r.Targets() {
		if passes(t) {
			about = append(about, t)
		}
	}
	s.Targets = target.NewSet(about)
	return s
}

// ScopeOf removes the filters that a signal cannot have. Falcosidekick serves all nodes, and a cluster-scoped signal counts
// whole clusters, so filters on nodes do not apply to them.
func (r *Request) ScopeOf(signal *signals.Signal, s executor.Scope) executor.Scope {
	if signal.TargetKind != target.KindFalcosidekick && !signal.ClusterScoped {
		return s
	}
	return r.newScope(slices.DeleteFunc(slices.Clone(s.Filters), func(f signals.Filter) bool { return f.Key == "node" }))
}

// CompileTemplate compiles a template that is not a signal's. name stands for it in errors.
func (r *Request) CompileTemplate(name, expr, window string, s executor.Scope, qc *QueryContext) (string, time.Duration, error) {
	signal := &signals.Signal{ID: name, Expr: expr, GroupBy: signals.GroupBy{Default: []string{"$identity"}}}
	return r.Catalogue.Compile(signal, nil, s.SampleFilters, qc.Times.ExpandMacros(window), r.CompileOptions(qc))
}
