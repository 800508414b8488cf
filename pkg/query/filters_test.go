package query

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

func TestWithFilters(t *testing.T) {
	filter := func(key, operator, value string) []signals.Filter {
		return []signals.Filter{{Key: key, Operator: operator, Value: value}}
	}
	for name, c := range map[string]struct {
		expr    string
		filters []signals.Filter
		want    string
		err     string
	}{
		"none":              {"up ==  0", nil, "up ==  0", ""},
		"every selector":    {`rate(a[1m]) / on (node) b{x="y"}`, filter("node", "=", "worker-1"), `rate(a{node="worker-1"}[1m]) / on (node) b{node="worker-1",x="y"}`, ""},
		"subquery, offset":  {`max_over_time(rate(a[1m])[5m:15s] offset 1h)`, filter("node", "=~", "w.*"), `max_over_time(rate(a{node=~"w.*"}[1m])[5m:15s] offset 1h)`, ""},
		"quotes":            {`a`, filter("node", "=", `a"b\c`), `a{node="a\"b\\c"}`, ""},
		"cannot be parsed":  {`rate(a[1m]`, filter("node", "=", "x"), `rate(a[1m]`, ""},
		"label of a few":    {`a`, filter("cpu", "=", "0"), "", `a query of type promql cannot be filtered by "cpu"; allowed: cluster, node, zone`},
		"operator":          {`a`, filter("node", "~", "x"), "", `a query of type promql: the filter on "node" has the operator "~"; allowed: = != =~ !~`},
		"not an expression": {`a`, filter("node", "=~", "("), "", `a query of type promql: the filter on "node" is not a valid regular expression: "("`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := AddFilters(c.expr, c.filters, []string{"zone", "cluster", "node"}, func(label string) string { return label })
			if c.err != "" {
				require.EqualError(t, err, c.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}
