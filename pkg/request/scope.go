package request

import (
	"fmt"
	"slices"
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
	if err := signals.CheckFilters(fmt.Sprintf("a query of type %s", qc.Query.QueryType), qc.Query.Filters, allowed); err != nil {
		return executor.Scope{}, failure.User(err)
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
