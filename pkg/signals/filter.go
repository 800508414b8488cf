package signals

import (
	"github.com/prometheus/prometheus/model/labels"
)

// Passes returns whether a value matches a filter. An invalid regular expression matches nothing.
func Passes(f Filter) func(value string) bool {
	m, err := labels.NewMatcher(MatchTypes[f.Operator], f.Key, f.Value)
	if err != nil {
		return func(string) bool { return false }
	}
	return m.Matches
}
