package executor

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSeriesCost(t *testing.T) {
	repeated := func(text string) string {
		return `label_replace(up, "x", "` + strings.Repeat(text, 1000) + `", "node", "(.*)")`
	}
	for _, c := range []struct {
		expr  string
		steps int64 // 0 for an instant
		cost  int
	}{
		{"up", 0, 64},
		{"up", 1000, 64},
		{"sum by (node) (rate(up[5m]))", 1000, 64},
		{"up + up", 0, 64},
		{"up + up", 1000, 64 + 500},
		{"(up * 2) > bool 1", 100_000, 64 + 2500},
		{`count_values("value", up)`, 1000, 64 + 500},
		{`label_replace(up, "x", "$1", "node", "(.*)")`, 0, 64},
		{`label_replace(up, "x", "$1-$2", "node", "(.*)-(.*)")`, 0, 64 + (2*1024+5-1024)/16},
		{repeated("y"), 0, 64},
		{repeated("yyyyyyyyyy"), 0, 64 + (10_000-1024)/16},
		{repeated("$1"), 0, 64 + (2000+1000*1024-1024)/16},
		{"sum(" + repeated("$1") + ")", 0, 64 + (2000+1000*1024-1024)/16},
		{`label_join(up, "x", "--", "node", "cluster", "x")`, 0, 64 + (3*1026-1024)/16},
	} {
		what := Evaluation{Expr: c.expr}
		if c.steps > 0 {
			what.Step, what.End = time.Second, (c.steps-1)*1000
		}
		require.Equal(t, c.cost, seriesCost(parse(t, c.expr), what), c.expr)
	}
	grows := "up"
	for range 200 {
		grows = `label_join(` + grows + `, "x", "", "x", "x")`
	}
	require.Positive(t, seriesCost(parse(t, grows), Evaluation{}))
}
