package datasource

import (
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

func rulesFleet(t *testing.T) *Instance {
	d, f := newTest(t, falco("node-1"), falco("node-2"))
	d.source.Catalogue = &signals.Catalogue{Rules: signals.RuleTable{
		Metric: "matches", Rule: "rule_name", Priority: "priority", Priorities: map[string]string{"4": "warning", "5": "notice"}, Source: "source", TagPrefix: "tag_",
	}}
	f.since = noon.Add(-3600e9)
	of := func(node, rule, priority string, more ...string) []string {
		return append([]string{"__name__", "matches", "cluster", "demo", "node", node, "rule_name", rule, "priority", priority, "source", "syscall"}, more...)
	}
	f.write(t, "-40m 1, -29m 1, -10m 1, -1m 1", "__name__", "up", "cluster", "demo", "node", "node-1")
	f.write(t, "-5m 1, -1m 1", "__name__", "up", "cluster", "demo", "node", "node-2")
	// Counted before the range already; it begins again after a restart.
	f.write(t, "-40m 100, -29m 110, -20m 115, -19m end, -15m 2, -10m 6", of("node-1", "Shell", "4", "tag_T1059", "true", "tag_shell", "true")...)
	// A first match within the range, on a node that was scraped before.
	f.write(t, "-10m 1, -1m 1", of("node-1", "Rare", "5")...)
	// The node is new: what its rules matched before is not of this range.
	f.write(t, "-5m 70, -4m 72, -1m 72", of("node-2", "Shell", "4", "tag_T1059", "true", "tag_shell", "true")...)
	f.write(t, "-40m 9, -29m 9, -1m 9", of("node-1", "Quiet", "9")...)
	return d
}

func TestRules(t *testing.T) {
	d := rulesFleet(t)
	res := queryOne(t, d, `{"queryType": "rules"}`)
	columns := []string{"rule", "priority", "source", "tags", "matches", "share", "nodes", "last", "silent"}
	require.Equal(t, []string{
		"Shell | warning | syscall | T1059, shell | 13 | 0.9285714285714286 | 2 | 11:56:07.000 | ",
		"Rare | notice | syscall |  | 1 | 0.07142857142857142 | 1 | 11:50:07.000 | ",
		"Quiet | 9 | syscall |  | 0 | 0 | 0 | - | in this range",
	}, rows(t, res, columns...))
	require.Equal(t, data.FrameTypeTable, res.Frames[0].Meta.Type)
	require.Empty(t, texts(t, res))

	require.Equal(t, []string{"Shell | 2 | 1"},
		rows(t, queryOne(t, d, `{"queryType": "rules", "filters": [{"key": "node", "operator": "=", "value": "node-2"}]}`), "rule", "matches", "share"))
	require.Empty(t, rows(t, queryOne(t, d, `{"queryType": "rules", "filters": [{"key": "node", "operator": "=", "value": "x"}]}`)))
}

func TestAlertRulesGetNoWords(t *testing.T) {
	d := rulesFleet(t)
	for _, kind := range []string{"rules", "inventory", "events"} {
		res := queries(t, d, map[string]string{"FromAlert": "true"}, `{"queryType": "`+kind+`"}`)["A"]
		require.EqualError(t, res.Error, "queries of type "+kind+" return text, which an alert rule cannot evaluate: expected query type health, impact, signal or promql")
	}
}

func TestRulesOfAYoungHistory(t *testing.T) {
	d, f := newTest(t, falco("node-1"))
	f.since = noon.Add(-60e9)
	require.Equal(t, []string{
		"info: No rule has matched yet, or metrics.rules_counters_enabled is off in falco.yaml.",
		"info: Data starts at 11:59 UTC. The history is kept in memory: it starts when the data source is first used, and again when Grafana or the plugin restarts.",
	}, texts(t, queryOne(t, d, `{"queryType": "rules"}`)))
}
