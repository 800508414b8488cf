package query

import (
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

func TestBounds(t *testing.T) {
	bounds := Bounds{Size: 64 << 10, Depth: 256}
	const size = "the expression has 925002 bytes, and limits.expressionSizeLimit is 65536 bytes: shorten it, or raise the limit"
	require.EqualError(t, bounds.Check(strings.Repeat("abs(", 185_000)+"up"+strings.Repeat(")", 185_000)), size)

	const deep = "the expression is nested deeper than limits.expressionDepthLimit, which is 256: split it, or raise the limit. Operators in a row count as levels"
	for name, expr := range map[string]string{
		"functions":   strings.Repeat("abs(", 300) + "up" + strings.Repeat(")", 300),
		"parentheses": strings.Repeat("(", 30_000) + "1" + strings.Repeat(")", 30_000),
		"never shut":  strings.Repeat("(", 60_000),
		"unary":       strings.Repeat("-", 60_000) + "up",
		"a chain":     "up" + strings.Repeat("+up", 300),
		"words":       "up" + strings.Repeat(" or up", 300),
		"comparisons": "up" + strings.Repeat(">bool up", 300),
		"subqueries":  "up" + strings.Repeat("[1m:1m]", 300),
		"mixed":       strings.Repeat("1+(2*abs(", 100) + "1" + strings.Repeat("))", 100),
	} {
		require.EqualError(t, bounds.Check(expr), deep, name)
	}
	for _, expr := range []string{
		"", "up", `up{a="((((", b=~"` + strings.Repeat("(", 300) + `"}`, "up # " + strings.Repeat("(", 300) + "\n+ 1", "up " + strings.Repeat(")", 300),
		"'" + strings.Repeat("(", 300), "`" + `\` + "`", strings.Repeat("(1),", 1000), `up{` + strings.Repeat(`a!="b",`, 1000) + `}`,
	} {
		require.NoError(t, bounds.Check(expr), expr)
	}
	require.Equal(t, 4, depth("sum(a + b) / 2", 100), "division, call, addition, selector")
}

// What the catalogue holds is far from the bounds.
func TestCatalogueIsWithinBounds(t *testing.T) {
	o := signals.CompileOptions{Identity: []string{"cluster", "node"}}
	for i := range signals.Load().Signals {
		expr, _, err := signals.Load().Compile(&signals.Load().Signals[i], nil, nil, "5m", o)
		require.NoError(t, err)
		require.Less(t, depth(expr, 1000), 64, expr)
		require.Less(t, len(expr), 16<<10)
	}
}

// The estimate is never below the height of the tree that Prometheus's parser makes.
func FuzzDepth(f *testing.F) {
	for _, seed := range []string{"up", "-(a + b)", `sum by (x) (rate(a{b="c"}[5m:1m] offset 3m)) > bool -2 ^ 3`, "a or b and c unless d", "x[1h:1m] @ end()"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		bounds := Bounds{Size: 4096, Depth: 200}
		if bounds.Check(expr) != nil {
			return
		}
		parsed, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
		if err != nil {
			return
		}
		height := 0
		parser.Inspect(parsed, func(_ parser.Node, path []parser.Node) error {
			height = max(height, len(path))
			return nil
		})
		require.LessOrEqual(t, height, depth(expr, 1000)+2, expr)
	})
}
