package frames

import (
	"cmp"
	"flag"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/grafana/dataplane/sdata/numeric"
	"github.com/grafana/dataplane/sdata/timeseries"
	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/experimental"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

var update = flag.Bool("update", false, "write the goldens in testdata anew")

func pointer[T any](v T) *T { return &v }

var (
	drops = &signals.Signal{
		ID: "kernel-drop-ratio", Title: "Kernel drops", Unit: "percentunit", Decimals: pointer(uint16(2)),
		Min: pointer(0.0), Max: pointer(1.0), Description: "Share of events lost.", Link: "https://falco.org/docs/x",
		Thresholds: &signals.Thresholds{Direction: "above", Warning: pointer(0.02), Critical: pointer(0.1)},
	}
	up = &signals.Signal{
		ID: "up", Title: "Up", Unit: "none", Description: "Does it answer?", Link: "https://falco.org/docs/y",
		Values: []signals.Value{{Value: 0, Text: "down", Level: "critical"}, {Value: 1, Text: "up", Level: "ok"}},
	}
)

const start = int64(1_800_000_000_000)

func line(l labels.Labels, values ...float64) promql.Series {
	s := promql.Series{Metric: l}
	for i, v := range values {
		s.Floats = append(s.Floats, promql.FPoint{T: start + int64(i)*15_000, F: v})
	}
	return s
}

func node(name string) labels.Labels { return labels.FromStrings("cluster", "demo", "node", name) }

func drop(v parser.Value) Result {
	return Result{Signal: drops, Expr: "drops / evts", Window: time.Minute, Value: v}
}

func ups(v parser.Value) Result { return Result{Signal: up, Expr: "up", Window: time.Minute, Value: v} }

var nan = math.NaN()

func TestFrom(t *testing.T) {
	notices := []data.Notice{{Severity: data.NoticeSeverityWarning, Text: "node-3 does not answer"}}
	tests := map[string]struct {
		results []Result
		options Options
	}{
		"range": {
			results: []Result{drop(promql.Matrix{line(node("node-1"), 0.01, 0.02), line(node("node-2"), nan, 0.2, nan, 0.3), line(node("node-3"), nan)})},
			options: Options{Step: 15 * time.Second, Notices: notices},
		},
		"range-of-two-signals": {
			results: []Result{drop(promql.Matrix{line(node("node-1"), 0.01)}), ups(promql.Matrix{line(node("node-1"), 1)})},
			options: Options{Step: 15 * time.Second},
		},
		"instant": {
			results: []Result{drop(promql.Vector{
				{Metric: node("node-2"), F: 0.2}, {Metric: node("node-1"), F: 0.01}, {Metric: node("node-3"), F: nan},
			})},
			options: Options{Notices: notices},
		},
		"table": {
			results: []Result{
				drop(promql.Vector{{Metric: node("node-2"), F: 0.2}, {Metric: node("node-1"), F: 0.01}}),
				ups(promql.Vector{{Metric: node("node-1"), F: 1}, {Metric: node("node-2"), F: 1}, {Metric: node("node-3"), F: 0}}),
			},
			options: Options{Table: true, Notices: notices},
		},
		"table-over-a-range": {
			results: []Result{
				drop(promql.Matrix{line(node("node-2"), 0.2, 0.3), line(node("node-1"), 0.01)}),
				ups(promql.Matrix{line(node("node-1"), 1, 1)}),
			},
			options: Options{Table: true, Step: 15 * time.Second},
		},
		"nothing-in-a-range": {
			results: []Result{drop(promql.Matrix{}), ups(promql.Matrix{line(node("node-1"), nan)})},
			options: Options{Step: 15 * time.Second, Notices: notices},
		},
		"promql-range": {
			results: []Result{{Expr: `{__name__=~"up|down"}`, Value: promql.Matrix{
				line(labels.FromStrings("__name__", "down", "node", "node-1"), 0),
				line(labels.FromStrings("__name__", "up", "node", "node-1"), 1),
			}}},
			options: Options{Step: 15 * time.Second},
		},
		"promql-scalar": {results: []Result{{Expr: "1 + 1", Value: promql.Scalar{T: start, V: 2}}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.options.RefID = "A"
			test.options.Identity = []string{"cluster", "node"}
			frames, err := From(test.results, test.options)
			require.NoError(t, err)
			require.Equal(t, test.options.Notices, frames[0].Meta.Notices, "notices ride on the first frame")
			experimental.CheckGoldenJSONResponse(t, "testdata", name, &backend.DataResponse{Frames: frames}, *update)
			readBack(t, frames)
		})
	}
}

// readBack reads frames as Grafana's expressions and alert rules do.
func readBack(t *testing.T, frames data.Frames) {
	t.Helper()
	if frames[0].Meta.Type.IsTimeSeries() {
		reader, err := timeseries.CollectionReaderFromFrames(frames)
		require.NoError(t, err)
		c, err := reader.GetCollection(true)
		require.NoError(t, err)
		require.NoError(t, c.Warning)
		require.Empty(t, c.RemainderIndices, "nothing is ignored")
		require.Equal(t, "A", c.RefID)
		require.Equal(t, len(frames[0].Fields) == 0, c.NoData())
		return
	}
	reader, err := numeric.CollectionReaderFromFrames(frames)
	require.NoError(t, err)
	c, err := reader.GetCollection(false)
	require.NoError(t, err)
	require.NoError(t, c.Warning)
	require.Empty(t, c.RemainderIndices, "nothing is ignored")
	require.NotEmpty(t, c.Refs)
	require.Equal(t, "A", c.RefID)
}

func TestLegend(t *testing.T) {
	two := promql.Matrix{line(node("node-1"), 1), line(labels.FromStrings("cluster", "other", "node", "node-2", "drop", "open"), 1)}
	tests := []struct {
		name    string
		results []Result
		legend  string
		want    []string
	}{
		{"one cluster is not named", []Result{drop(promql.Matrix{line(node("node-1"), 1)})}, "", []string{"node-1"}},
		{"several are", []Result{drop(two)}, "", []string{"demo node-1", "other node-2 open"}},
		{"two signals", []Result{drop(promql.Matrix{line(node("node-1"), 1)}), ups(promql.Matrix{line(node("node-1"), 1)})}, "", []string{"Kernel drops, node-1", "Up, node-1"}},
		{"the total", []Result{drop(promql.Matrix{line(labels.EmptyLabels(), 1)})}, "", []string{"Kernel drops"}},
		{"own words", []Result{drop(two)}, "{{signal}} on {{ node }} {{drop}}", []string{"Kernel drops on node-1 ", "Kernel drops on node-2 open"}},
		{"promql", []Result{{Expr: "x", Value: promql.Matrix{line(labels.FromStrings("__name__", "up", "node", "a"), 1), line(labels.FromStrings("__name__", "up"), 1), line(labels.EmptyLabels(), 1)}}}, "", []string{`up{node="a"}`, "up", "x"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			frames, err := From(test.results, Options{Legend: test.legend, Identity: []string{"cluster", "node"}, Step: time.Second})
			require.NoError(t, err)
			var got []string
			for _, f := range frames {
				got = append(got, f.Fields[1].Config.DisplayNameFromDS)
			}
			require.Equal(t, test.want, got)
		})
	}
}

func TestSteps(t *testing.T) {
	colours := func(th *signals.Thresholds) map[float64]string {
		out := map[float64]string{}
		for _, s := range steps(th) {
			out[float64(s.Value)] = s.Color
		}
		return out
	}
	bottom := math.Inf(-1)
	require.Equal(t, map[float64]string{bottom: neutral}, colours(nil))
	require.Equal(t, map[float64]string{bottom: ok, 2: warning, 3: critical}, colours(&signals.Thresholds{Direction: "above", Warning: pointer(2.0), Critical: pointer(3.0)}))
	require.Equal(t, map[float64]string{bottom: ok, 3: critical}, colours(&signals.Thresholds{Direction: "above", Critical: pointer(3.0)}))
	require.Equal(t, map[float64]string{bottom: critical, 1: warning, 2: ok}, colours(&signals.Thresholds{Direction: "below", Warning: pointer(2.0), Critical: pointer(1.0)}))
	require.Equal(t, map[float64]string{bottom: warning, 2: ok}, colours(&signals.Thresholds{Direction: "below", Warning: pointer(2.0)}))
}

func TestTextIsNoFigure(t *testing.T) {
	_, err := From([]Result{{Expr: `"x"`, Value: promql.String{V: "x"}}}, Options{})
	require.EqualError(t, err, "the expression gives a string, which cannot be shown or alerted on; expected numbers")
}

// Labels in the legend of a table make columns, and rows have the others.
func TestLegendMakesColumns(t *testing.T) {
	lost := promql.Vector{
		{Metric: labels.FromStrings("node", "a", "cause", "open"), F: 1},
		{Metric: labels.FromStrings("node", "a", "cause", "close"), F: 2},
		{Metric: labels.FromStrings("node", "b", "cause", "open"), F: 3},
	}
	signal := &signals.Signal{ID: "events-lost", Title: "Events lost", Unit: "short"}
	for legend, want := range map[string]string{
		"":                    `cause,node,Events lost: close a 2; open a 1; open b 3`,
		"lost":                `cause,node,lost: close a 2; open a 1; open b 3`,
		"{{cause}}":           `node,close,open: a 2 1; b - 3`,
		"{{signal}} {{node}}": `cause,Events lost a,Events lost b: close 2 -; open 1 3`,
	} {
		frames, err := From([]Result{{Signal: signal, Value: lost}}, Options{Table: true, Legend: legend, Identity: []string{"cluster"}})
		require.NoError(t, err)
		var names, rows []string
		for _, f := range frames[0].Fields {
			names = append(names, cmp.Or(f.Config.DisplayNameFromDS, f.Name))
		}
		for i := range frames[0].Rows() {
			var row []string
			for _, f := range frames[0].Fields {
				value, known := f.ConcreteAt(i)
				if !known {
					value = "-"
				}
				row = append(row, fmt.Sprint(value))
			}
			rows = append(rows, strings.Join(row, " "))
		}
		require.Equal(t, want, strings.Join(names, ",")+": "+strings.Join(rows, "; "), legend)
	}
}
