package frames

import (
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

func TestTextOfAQuery(t *testing.T) {
	lost := &signals.Signal{ID: "lost-events", Title: "Lost events", Unit: "locale"}
	down := &signals.Signal{ID: "downtime", Title: "Downtime", Unit: "dtdhms"}
	results := []Result{
		{Signal: lost, Expr: "lost", Value: promql.Vector{{F: 1234567}}},
		{Signal: drops, Expr: "share", Value: promql.Vector{{F: 0.098}}},
		{Signal: down, Expr: "down", Value: promql.Vector{{F: nan}}},
	}
	options := Options{RefID: "A", Table: true, Nodes: "8 nodes", Text: "On {{nodes}} {{lost-events}} events ({{ kernel-drop-ratio }}), down for {{downtime}}."}
	frames, err := From(results, options)
	require.NoError(t, err)
	require.Len(t, frames[0].Fields, 1)
	require.Equal(t, "On 8 nodes 1,234,567 events (9.8 %), down for unknown.", frames[0].Fields[0].At(0))
	require.Equal(t, "lost\nshare\ndown", frames[0].Meta.ExecutedQueryString)

	options.Text = "{{restarts}} restarts"
	_, err = From(results, options)
	require.EqualError(t, err, "the text names {{restarts}}, which is not a signal of the query")
	results[0].Value = promql.Vector{{F: 1, Metric: labels.FromStrings("node", "a")}}
	_, err = From(results, options)
	require.EqualError(t, err, "the text of a query needs the total of lost-events at an instant: set groupBy to []")
	_, err = From([]Result{{Expr: "up", Value: promql.Vector{{F: 1}}}}, options)
	require.EqualError(t, err, "the text of a query needs signals, without a comparison")
}
