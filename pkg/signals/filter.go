package signals

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
)

// Filter is one matcher of a query: a label or grouping, an operator (= != =~ !~) and a value.
type Filter struct {
	Key      string `json:"key"`
	Operator string `json:"operator"`
	Value    string `json:"value"`
}

// AnyOf returns a filter that matches some values, in any order and however often they are named.
func AnyOf(key string, values []string) Filter {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = regexp.QuoteMeta(v)
	}
	slices.Sort(quoted)
	return Filter{Key: key, Operator: "=~", Value: strings.Join(slices.Compact(quoted), "|")}
}

// matchTypes are the operators of filters as Prometheus knows them.
var matchTypes = map[string]labels.MatchType{
	"=": labels.MatchEqual, "!=": labels.MatchNotEqual, "=~": labels.MatchRegexp, "!~": labels.MatchNotRegexp,
}

// operators are the keys of matchTypes in the order of messages.
var operators = []string{"=", "!=", "=~", "!~"}

// CheckFilters refuses filters on labels that are not allowed, unknown operators and invalid regular expressions. subject says
// in errors what is filtered, such as `signal "up"`.
func CheckFilters(subject string, filters []Filter, allowed []string) error {
	for _, f := range filters {
		if !slices.Contains(allowed, f.Key) {
			return fmt.Errorf("%s cannot be filtered by %q; allowed: %s", subject, f.Key, list(allowed))
		}
		if _, err := f.Matcher(f.Key); err != nil {
			return fmt.Errorf("%s: %w", subject, err)
		}
	}
	return nil
}

// Matcher returns the matcher of a filter on a label.
func (f Filter) Matcher(label string) (*labels.Matcher, error) {
	kind, known := matchTypes[f.Operator]
	if !known {
		return nil, fmt.Errorf("the filter on %q has the operator %q; allowed: %s", f.Key, f.Operator, strings.Join(operators, " "))
	}
	m, err := labels.NewMatcher(kind, label, f.Value)
	if err != nil {
		return nil, fmt.Errorf("the filter on %q is not a valid regular expression: %s", f.Key, quote(f.Value))
	}
	return m, nil
}

// Passes returns whether a value matches the filter. A filter that is not valid matches nothing.
func (f Filter) Passes() func(value string) bool {
	m, err := f.Matcher(f.Key)
	if err != nil {
		return func(string) bool { return false }
	}
	return m.Matches
}
