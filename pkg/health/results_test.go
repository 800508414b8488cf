package health

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

func TestVerdictOfADeadNode(t *testing.T) {
	critical := 0.1
	drop := &signals.Signal{Needs: []signals.Need{{Metric: "drops"}}, Thresholds: &signals.Thresholds{Direction: "above", Critical: &critical}}
	running := &signals.Signal{Values: []signals.Value{{Value: 0, Level: "critical"}, {Value: 1, Level: "ok"}}}
	drops, up := &evaluatedCheck{signal: drop}, &evaluatedCheck{signal: running}
	require.Equal(t, "unknown", verdictOf(drops, 0, true, false))
	require.Equal(t, "critical", verdictOf(drops, 0.5, true, false))
	require.Equal(t, "ok", verdictOf(drops, 0, true, true))
	require.Equal(t, "unknown", verdictOf(drops, 0, false, true))
	require.Equal(t, "critical", verdictOf(up, 0, true, false))
	require.Equal(t, "unknown", verdictOf(up, 7, true, true), "a value that nobody judges")
}

func TestGroupsAreSortedBySeverity(t *testing.T) {
	signal := &signals.Signal{}
	result := func(node, verdict string) checkResult {
		return checkResult{evaluatedCheck: &evaluatedCheck{signal: signal}, node: target.Node{Name: node}, verdict: verdict}
	}
	// As results returns them: the worst first, then by check and node.
	groups := grouped([]checkResult{
		result("one", "critical"), result("two", "critical"), result("two", "critical"), result("three", "critical"),
		result("three", "warning"), result("four", "warning"), result("five", "unknown"), result("six", "ok"),
	}, []string{"node"})
	var order []string
	for _, g := range groups {
		order = append(order, g.labels.Get("node"))
	}
	require.Equal(t, []string{"two", "three", "one", "four", "five", "six"}, order)
}

func TestBadValuesAreSortedBySize(t *testing.T) {
	result := func(node, worst string, value float64, verdict string) checkResult {
		check := &evaluatedCheck{Check: &signals.Check{Worst: worst}}
		return checkResult{evaluatedCheck: check, node: target.Node{Name: node}, verdict: verdict, value: &value}
	}
	order := func(all ...checkResult) (out []string) {
		slices.SortStableFunc(all, worse)
		for _, f := range all {
			out = append(out, f.node.Name)
		}
		return out
	}
	require.Equal(t, []string{"node-10", "node-1", "node-2"},
		order(result("node-1", "max", 0.2, "critical"), result("node-2", "max", 0.05, "warning"), result("node-10", "max", 0.3, "critical")))
	require.Equal(t, []string{"node-2", "node-1"}, order(result("node-1", "min", 60, "warning"), result("node-2", "min", 30, "warning")))
	require.Equal(t, []string{"node-2", "node-10"}, order(result("node-10", "max", 0.01, "ok"), result("node-2", "max", 0, "ok")), "by name")
}
