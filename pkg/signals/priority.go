package signals

import (
	"fmt"
	"slices"
	"strings"
)

// PriorityLabel is a label whose values differ between metrics. A filter matches the same priorities in every metric.
type PriorityLabel struct {
	Label string `json:"label"`
	// Words are the priorities, the most severe first. Filters name them in any case.
	Words []string `json:"words"`
	// Digits are Falco's, one for each word. Filters may use them as well.
	Digits []string `json:"digits"`
	// Values has, by metric, the value for each word.
	Values map[string][]string `json:"values"`
}

// Word returns the word for a value of a metric, or "" if the value stands for no priority.
func (p PriorityLabel) Word(metric, value string) string {
	if i := slices.Index(p.Values[metric], value); i >= 0 {
		return p.Words[i]
	}
	return ""
}

// Translate returns a filter with the values of a metric if it is one on priorities. It returns false if the filter restricts
// nothing.
func (p PriorityLabel) Translate(metric string, f Filter) (Filter, bool) {
	values := p.Values[metric]
	if f.Key != p.Label || values == nil {
		return f, true
	}
	chosen := p.chosen(f)
	var found []string
	for i, value := range values {
		if chosen[i] {
			found = append(found, value)
		}
	}
	excludes := strings.HasPrefix(f.Operator, "!")
	if excludes && len(found) == 0 || !excludes && len(found) == len(values) {
		return f, false
	}
	f.Value, f.Operator = strings.Join(found, "|"), "=~"
	if len(found) == 1 {
		f.Operator = "="
	}
	if excludes {
		f.Operator = map[string]string{"=": "!=", "=~": "!~"}[f.Operator]
	}
	return f, true
}

// check refuses a filter on priorities that selects none.
func (p PriorityLabel) check(subject string, f Filter) error {
	if f.Key != p.Label || strings.HasPrefix(f.Operator, "!") || slices.Contains(p.chosen(f), true) {
		return nil
	}
	return fmt.Errorf("%s: the filter on %q matches no priority: %s; allowed: %s", subject, f.Key, quote(f.Value), strings.Join(p.Words, ", "))
}

// chosen returns which priorities a filter names.
func (p PriorityLabel) chosen(f Filter) []bool {
	matches := func(name string) bool { return name == strings.ToLower(f.Value) }
	if strings.HasSuffix(f.Operator, "~") {
		matches = Filter{Key: f.Key, Operator: "=~", Value: "(?i:" + f.Value + ")"}.Passes()
	}
	out := make([]bool, len(p.Words))
	for i, word := range p.Words {
		out[i] = matches(word) || matches(p.Digits[i])
	}
	return out
}
