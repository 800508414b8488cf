package datasource

import (
	"slices"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// An expensive check reads the nodes on which it can find something. Its results are those of all nodes.
func TestExpensiveChecksReadFewNodes(t *testing.T) {
	f := newBenchFleet(t, 20, 25) // every tenth node drops events
	table := func() (rows map[string][]string, executed string) {
		answer, err := f.instance.QueryData(t.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{{
			RefID: "A", JSON: []byte(`{"queryType": "health", "format": "table", "instant": true, "signals": ["cpu-drops"], "groupBy": ["node", "check"], "window": "5m"}`),
			TimeRange: backend.TimeRange{From: f.now.Add(-time.Hour), To: f.now},
		}}})
		require.NoError(t, err)
		res := answer.Responses["A"]
		require.NoError(t, res.Error)
		frame := res.Frames[0]
		rows = map[string][]string{}
		verdict, _ := frame.FieldByName("verdict")
		node, _ := frame.FieldByName("node")
		text, _ := frame.FieldByName("text")
		for i := range frame.Rows() {
			rows[node.At(i).(string)] = []string{verdict.At(i).(string), text.At(i).(string)}
		}
		return rows, frame.Meta.ExecutedQueryString
	}
	narrowed, expr := table()
	require.Contains(t, expr, `falcosecurity_scap_n_drops_cpu_total{node=~"node-19|node-9"}`)
	require.Len(t, narrowed, 20)
	require.Equal(t, "ok", narrowed["node-0"][0])
	require.NotEqual(t, "ok", narrowed["node-9"][0])

	catalogue := *signals.Load()
	catalogue.Checks = slices.Clone(catalogue.Checks)
	for i := range catalogue.Checks {
		catalogue.Checks[i].ZeroWith = ""
	}
	f.instance.source.Catalogue = &catalogue
	whole, expr := table()
	require.NotContains(t, expr, "node-9")
	require.Equal(t, whole, narrowed)
}
