package request

import (
	"slices"
	"strings"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// TargetsOf returns the targets that a query of signals is about: those of the kinds that the signals read and that match
// the filters.
func (r *Request) TargetsOf(qc *QueryContext) target.Set {
	kinds := map[string]bool{}
	for _, result := range qc.Results {
		kinds[result.Signal.TargetKind] = true
	}
	var about []target.Status
	passes := r.passing(qc.Query.Filters)
	for _, s := range r.Targets() {
		if kinds[s.Kind] && passes(s) {
			about = append(about, s)
		}
	}
	return target.NewSet(about)
}

func (r *Request) findNodeExporters() map[target.Node]target.Status {
	out := map[target.Node]target.Status{}
	for _, t := range r.Targets() {
		if _, known := out[target.NodeOf(t.Labels)]; t.Kind == target.KindNodeExporter && t.State != target.Duplicate && (!known || t.State == target.Up) {
			out[target.NodeOf(t.Labels)] = t
		}
	}
	return out
}

// MetricKind returns the kind of target that exports a metric. It is empty if the name does not tell.
func (r *Request) MetricKind(metric string) string {
	for _, mark := range r.Catalogue.Reading.IdentifyingMetrics {
		if strings.HasPrefix(metric, mark.Prefix) {
			return mark.Kind
		}
	}
	return ""
}

// passing returns whether a target's labels and facts match the filters on them. Filters on a metric's own labels do not
// apply to targets.
func (r *Request) passing(filters []signals.Filter) func(target.Status) bool {
	matching := make([]func(string) bool, len(filters))
	for i, f := range filters {
		matching[i] = f.Passes()
	}
	return func(s target.Status) bool {
		for i, f := range filters {
			value, known := s.Facts[f.Key]
			if slices.Contains(target.IdentityLabels, f.Key) || slices.Contains(r.Settings.TargetLabels, f.Key) {
				value, known = s.Labels.Get(f.Key), true
			}
			if known && !matching[i](value) {
				return false
			}
		}
		return true
	}
}
