package tests

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

var options = signals.CompileOptions{
	Identity:       []string{"cluster", "node"},
	TargetLabels:   []string{"zone"},
	ScrapeInterval: 15 * time.Second,
	Range:          time.Hour,
}

// TestCatalogueIsPromQL parses every signal with Prometheus's parser, with every grouping and filter that it allows, each
// alone and all together.
func TestCatalogueIsPromQL(t *testing.T) {
	catalogue := signals.Load()
	all := slices.Concat(catalogue.Signals, catalogue.InStore(func(string) bool { return true }).Signals)
	for _, s := range all {
		t.Run(s.ID, func(t *testing.T) {
			by := append([]string{"$identity", "zone"}, s.GroupBy.Default...)
			by = append(by, s.GroupBy.Allowed...)
			groupings := [][]string{nil, {}, by}
			for _, name := range by {
				groupings = append(groupings, []string{name})
			}
			for _, grouping := range groupings {
				for _, filters := range filterSets(catalogue, s) {
					expr, _, err := catalogue.Compile(&s, grouping, filters, "", options)
					require.NoError(t, err)
					parsed, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
					require.NoError(t, err, expr)
					require.Equal(t, parser.ValueTypeVector, parsed.Type(), expr)
				}
			}
		})
	}
}

// TestTemplatesArePromQL parses the other templates of the catalogue: conditions of advice, and events.
func TestTemplatesArePromQL(t *testing.T) {
	catalogue := signals.Load()
	templates := map[string]string{}
	for _, c := range catalogue.Checks {
		if c.ZeroWith != "" {
			templates[c.ID] = c.ZeroWith
		}
		for i, a := range c.Advice {
			if a.When != "" {
				templates[fmt.Sprintf("%s/%d", c.ID, i+1)] = a.When
			}
		}
	}
	for _, e := range catalogue.Events {
		if e.Expr != "" {
			templates["event "+e.ID] = e.Expr
		}
	}
	require.NotEmpty(t, templates)
	for name, when := range templates {
		for _, filters := range filterSets(catalogue, *ofCatalogue(name, when)) {
			expr, _, err := catalogue.Compile(ofCatalogue(name, when), nil, filters, "", options)
			require.NoError(t, err)
			_, err = parser.NewParser(parser.Options{}).ParseExpr(expr)
			require.NoError(t, err, expr)
		}
	}
}

// filterSets returns sets of filters: none, each one alone, and all of them twice.
func filterSets(catalogue *signals.Catalogue, s signals.Signal) [][]signals.Filter {
	keys := append([]string{"zone"}, options.Identity...)
	for _, g := range catalogue.Groupings {
		if slices.Contains(s.GroupBy.Allowed, g.ID) {
			keys = append(keys, g.ID)
		}
	}
	if s.ClusterScoped {
		keys = slices.DeleteFunc(keys, func(key string) bool { return key == "node" })
	}
	sets := [][]signals.Filter{nil}
	var all []signals.Filter
	for _, key := range keys {
		equal := signals.Filter{Key: key, Operator: "=", Value: "a\"b\\c\n"}
		match := signals.Filter{Key: key, Operator: "!~", Value: `x\.y|z{2}`}
		sets = append(sets, []signals.Filter{equal}, []signals.Filter{match})
		all = append(all, equal, match)
	}
	return append(sets, all)
}
