package request

import (
	"fmt"
	"slices"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// longFilter is the length (bytes) from which on a filter is worth a look at all targets.
const longFilter = 256

// ReadFilters returns the filters of a query that restrict it. "All" of a variable arrives as the names of all nodes; with a
// thousand nodes, most of the time of a query would go into repeating them in every selector. The rest is limited by
// limits.expressionSizeLimit.
func (r *Request) ReadFilters(filters []signals.Filter) ([]signals.Filter, error) {
	size := 0
	var out []signals.Filter
	for _, f := range filters {
		if len(f.Value) >= longFilter && r.matchesAllTargets(f) {
			continue
		}
		size += len(f.Key) + len(f.Operator) + len(f.Value)
		out = append(out, f)
	}
	if limit := r.Settings.Expressions.Size; int64(size) > limit {
		return nil, failure.User(fmt.Errorf("the filters have %d bytes, and limits.expressionSizeLimit is %d bytes: choose fewer values, or raise the limit", size, limit))
	}
	return out, nil
}

// matchesAllTargets reports whether a filter on an identity label matches every Falco that has the label.
func (r *Request) matchesAllTargets(f signals.Filter) bool {
	if !slices.Contains(target.IdentityLabels, f.Key) {
		return false
	}
	passes := f.Passes()
	all := r.Targets()
	return len(all) > 0 && !slices.ContainsFunc(all, func(t target.Status) bool {
		value := t.Labels.Get(f.Key)
		return value != "" && t.Kind != target.KindFalcosidekick && !passes(value)
	})
}
