package query

import (
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// AddFilters adds a query's filters, such as ad hoc filters of a dashboard, to every selector of a PromQL expression. Only
// labels that every series has are allowed: any other would silently empty a part of the expression. An expression that
// does not parse is returned unchanged, so that the engine reports the error. sampleLabel returns the name of a label in
// the samples.
func AddFilters(expr string, filters []signals.Filter, allowed []string, sampleLabel func(string) string) (string, error) {
	if len(filters) == 0 {
		return expr, nil
	}
	if err := signals.CheckFilters("a query of type promql", filters, allowed); err != nil {
		return "", err
	}
	var matchers []*labels.Matcher
	for _, f := range filters {
		m, err := f.Matcher(sampleLabel(f.Key))
		if err != nil {
			return "", err
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
