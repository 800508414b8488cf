package datasource

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/prometheus/promql"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
)

// mistaken returns a random expression, usually with a mistake that hints point out.
func mistaken(r *rand.Rand, depth int) string {
	one := func(words ...string) string { return words[r.IntN(len(words))] }
	metric := one("falcosecurity_scap_n_drops_total", "falcosecurity_scap_n_evts_total", "falcosecurity_falco_cpu_usage_ratio", "falcosecurity_falco_rules_matches_total", "up", "falcosecurity_scap_n_drop_total")
	selector := metric + one("", `{node="node-1"}`, `{job="falco"}`, `{zone=~"a|b"}`)
	if depth == 0 {
		return one(selector, fmt.Sprintf("%s(%s[%s])", one("rate", "increase", "irate", "delta"), selector, one("1m", "5m", "2h")))
	}
	inner := mistaken(r, depth-1)
	switch r.IntN(5) {
	case 0:
		return fmt.Sprintf("%s by (%s) (%s)", one("sum", "max", "count"), one("hostname", "node", "rule", "zone, job"), inner)
	case 1:
		return fmt.Sprintf("%s(%s)", one("sum", "avg", "absent", "abs"), inner)
	case 2:
		return fmt.Sprintf("sum(%s) / sum(%s)", inner, mistaken(r, depth-1))
	case 3:
		return fmt.Sprintf("(%s) %s (%s)", inner, one("or", "unless", "and"), mistaken(r, depth-1))
	}
	return fmt.Sprintf("%s * 100", inner)
}

// TestHintsNeverChangeResults checks that a panel shows what the engine returns, whatever the hints.
func TestHintsNeverChangeResults(t *testing.T) {
	d, f := newTest(t, falco("node-1", everything...), falco("node-2", everything...))
	f.count("node-1", 3)
	f.count("node-2", 0.5)
	for _, node := range []string{"node-1", "node-2"} {
		f.set(0.25, "__name__", "falcosecurity_falco_cpu_usage_ratio", "cluster", "demo", "node", node, "zone", "a")
		f.set(1, "__name__", "falcosecurity_falco_rules_matches_total", "cluster", "demo", "node", node, "zone", "a", "rule_name", "x")
	}
	r := rand.New(rand.NewPCG(1, 2))
	hinted := 0
	for range 100 {
		expr := mistaken(r, r.IntN(3))
		found, err := d.source.Executor.Evaluate(t.Context(), executor.Evaluation{Expr: expr, Start: noon.UnixMilli(), End: noon.UnixMilli(), UserWritten: true})
		res := queryOne(t, d, fmt.Sprintf(`{"queryType": "promql", "instant": true, "expr": %q}`, expr))
		if err != nil {
			require.Error(t, res.Error, expr)
			continue
		}
		want := map[string]float64{}
		for _, s := range found.Value.(promql.Vector) {
			if !math.IsNaN(s.F) {
				want[data.Labels(s.Metric.Map()).String()] = s.F
			}
		}
		found.Release()
		got := map[string]float64{}
		for _, frame := range res.Frames {
			for _, field := range frame.Fields {
				labels := field.Labels.Copy()
				if labels == nil {
					labels = data.Labels{}
				}
				value, err := field.FloatAt(0)
				require.NoError(t, err)
				got[labels.String()] = value
			}
		}
		require.Equal(t, want, got, expr)
		for _, text := range texts(t, res) {
			for _, mark := range []string{"has no label", "is a gauge", "Did you mean", "adds up what", "is the ratio since", "misses the first", "absent(up)"} {
				if strings.Contains(text, mark) {
					hinted++
				}
			}
		}
	}
	require.Greater(t, hinted, 15, "many of these expressions have hints")
}
