package query

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// AddFilters adds a query's filters, such as ad hoc filters of a dashboard, to every selector of a PromQL expression. Only
// labels that every series has are allowed: any other would silently empty a part of the expression. An expression that
// does not parse is returned unchanged, so that the engine reports the error. sampleLabel returns the name of a label in
// the samples.
func AddFilters(expr string, filters []signals.Filter, allowed []string, written func(string) string) (string, error) {
	if len(filters) == 0 {
		return expr, nil
	}
	var matchers []*labels.Matcher
	for _, f := range filters {
		if !slices.Contains(allowed, f.Key) {
			return "", fmt.Errorf("PromQL can only be filtered by labels that every series has, not by %q; allowed: %s", f.Key, strings.Join(slices.Sorted(slices.Values(allowed)), ", "))
		}
		kind, known := signals.MatchTypes[f.Operator]
		if !known {
			return "", fmt.Errorf("the filter on %q has the operator %q; expected =, !=, =~ or !~", f.Key, f.Operator)
		}
		m, err := labels.NewMatcher(kind, written(f.Key), f.Value)
		if err != nil {
			return "", fmt.Errorf("the filter on %q is not a regular expression: %w", f.Key, err)
		}
		matchers = append(matchers, m)
	}
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		return expr, nil
	}
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			selector.LabelMatchers = append(selector.LabelMatchers, matchers...)
		}
		return nil
	})
	return parsed.String(), nil
}
