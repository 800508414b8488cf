package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// ParseMatchers parses prometheus.matchers: PromQL matchers with or without braces.
func ParseMatchers(text string) ([]*labels.Matcher, error) {
	text = strings.TrimSpace(text)
	if inner, ok := strings.CutPrefix(text, "{"); ok && strings.HasSuffix(inner, "}") {
		text = strings.TrimSuffix(inner, "}")
	}
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	all, err := parser.NewParser(parser.Options{}).ParseMetricSelector("up{" + text + "}")
	if err != nil {
		var parse parser.ParseErrors
		if errors.As(err, &parse) && len(parse) > 0 {
			err = parse[0].Err
		}
		return nil, fmt.Errorf("prometheus.matchers is %q: expected matchers such as job=\"falco\", cluster=~\"prod.*\" (%w)", text, err)
	}
	return slices.DeleteFunc(all, func(m *labels.Matcher) bool { return m.Name == model.MetricNameLabel }), nil
}
