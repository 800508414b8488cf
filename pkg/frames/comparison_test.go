package frames

import (
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

func TestComparisonOfTotals(t *testing.T) {
	memory := &signals.Signal{ID: "memory-rss", Title: "Memory (RSS)", Unit: "bytes"}
	lost := &signals.Signal{ID: "lost-events", Title: "Lost events", Unit: "locale"}
	tiny := &signals.Signal{ID: "probe-cpu-ratio", Title: "CPU usage of probes", Unit: "percentunit"}
	compared := func(s *signals.Signal, before, after float64) (out []Result) {
		for i, value := range []float64{before, after, after - before} {
			out = append(out, Result{Signal: s, Expr: s.ID, Column: []string{"before", "after", ChangeColumn}[i], Value: promql.Vector{{F: value}}})
		}
		return out
	}
	var results []Result
	results = append(results, compared(drops, 0.052, 0.02)...)
	results = append(results, compared(memory, 512<<20, 1536<<20)...)
	results = append(results, compared(lost, nan, 7)...)
	results = append(results, compared(tiny, 0.00001, 0.00002)...)
	options := Options{RefID: "A", Table: true, Identity: []string{"cluster", "node"}, Notices: []data.Notice{{Text: "told"}}}

	frames, err := From(results, options)
	require.NoError(t, err)
	require.Len(t, frames, 1)
	require.Equal(t, "told", frames[0].Meta.Notices[0].Text)
	require.Equal(t, "A", frames[0].RefID)
	for i, want := range [][]string{
		{"Kernel drops", "Memory (RSS)", "Lost events", "CPU usage of probes"},
		{"5.2 %", "512 MiB", "unknown", "<0.01 %"},
		{"2 %", "1.5 GiB", "7", "<0.01 %"},
		{"−3.2 pp", "+1 GiB", "unknown", "<0.01 pp"},
	} {
		var got []string
		for j := range frames[0].Fields[i].Len() {
			got = append(got, frames[0].Fields[i].At(j).(string))
		}
		require.Equal(t, want, got)
	}
	colours := frames[0].Fields[1].Config.Mappings[0].(data.ValueMapper)
	require.Equal(t, "purple", colours["unknown"].Color)
	require.Equal(t, "yellow", colours["5.2 %"].Color)
	require.NotContains(t, colours, "512 MiB", "plain text without thresholds")

	// Values by node, and those of a single signal, keep their columns.
	byNode := compared(drops, 0.1, 0.2)
	for i := range byNode {
		byNode[i].Value = promql.Vector{{F: 1, Metric: labels.FromStrings("node", "a")}}
	}
	for _, others := range [][]Result{append(byNode, compared(memory, 1, 2)...), compared(drops, 0.1, 0.2)} {
		frames, err = From(others, options)
		require.NoError(t, err)
		require.Equal(t, data.FrameTypeNumericLong, frames[0].Meta.Type)
	}
}
