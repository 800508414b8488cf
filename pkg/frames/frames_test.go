package frames

import (
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/grafana/dataplane/sdata/numeric"
	"github.com/grafana/dataplane/sdata/timeseries"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

var update = flag.Bool("update", false, "write the frames in tests/corpora/frames anew; npx prettier --ignore-path /dev/null --write tests/corpora/frames comes after it")

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

var nan = math.NaN()

// frameCase is a file of tests/corpora/frames: the results of a query and the expected frames. The tests of src/live/frames
// use the same files.
type frameCase struct {
	Results []struct {
		Signal *signals.Signal `json:"signal,omitempty"`
		Expr   string          `json:"expr"`
		Window string          `json:"window,omitempty"`
		Column string          `json:"column,omitempty"`
		Ranked bool            `json:"ranked,omitempty"`
		// One of these is the result of the expression.
		Matrix []struct {
			Labels labels.Labels `json:"labels"`
			Times  []int64       `json:"times"`
			Values []figure      `json:"values"`
		} `json:"matrix"`
		Vector []struct {
			Labels labels.Labels `json:"labels"`
			Value  figure        `json:"value"`
		} `json:"vector"`
		Scalar *figure `json:"scalar"`
		String *string `json:"string"`
	} `json:"results"`
	Options struct {
		RefID        string              `json:"refId"`
		LegendFormat string              `json:"legendFormat"`
		Unit         string              `json:"unit,omitempty"`
		Identity     []string            `json:"identity"`
		Orders       map[string][]string `json:"orders"`
		Titles       map[string]string   `json:"titles"`
		Step         string              `json:"step"`
		Table        bool                `json:"table"`
		Notices      []struct{ Severity, Text string }
	} `json:"options"`
	Frames json.RawMessage `json:"frames"`
	Error  string          `json:"error"`
}

// figure is a float64 that may be NaN or infinite in JSON.
type figure float64

func (n *figure) UnmarshalJSON(text []byte) error {
	if words, named := map[string]float64{`"NaN"`: nan, `"+Inf"`: math.Inf(1), `"-Inf"`: math.Inf(-1)}[string(text)]; named {
		*n = figure(words)
		return nil
	}
	return json.Unmarshal(text, (*float64)(n))
}

func (c frameCase) results(t *testing.T) (out []Result) {
	for _, r := range c.Results {
		result := Result{Signal: r.Signal, Expr: r.Expr, Window: length(t, r.Window), Column: r.Column, Ranked: r.Ranked}
		switch {
		case r.Scalar != nil:
			result.Value = promql.Scalar{V: float64(*r.Scalar)}
		case r.String != nil:
			result.Value = promql.String{V: *r.String}
		case r.Vector != nil:
			v := promql.Vector{}
			for _, s := range r.Vector {
				v = append(v, promql.Sample{Metric: s.Labels, F: float64(s.Value)})
			}
			result.Value = v
		default:
			m := promql.Matrix{}
			for _, s := range r.Matrix {
				one := promql.Series{Metric: s.Labels}
				for i, at := range s.Times {
					one.Floats = append(one.Floats, promql.FPoint{T: at, F: float64(s.Values[i])})
				}
				m = append(m, one)
			}
			result.Value = m
		}
		out = append(out, result)
	}
	return out
}

func (c frameCase) options(t *testing.T) Options {
	o := c.Options
	out := Options{RefID: o.RefID, LegendFormat: o.LegendFormat, Unit: o.Unit, Identity: o.Identity, Titles: o.Titles, Orders: o.Orders, Step: length(t, o.Step), Table: o.Table}
	for _, n := range o.Notices {
		severity := map[string]data.NoticeSeverity{"info": data.NoticeSeverityInfo, "warning": data.NoticeSeverityWarning}[n.Severity]
		out.Notices = append(out.Notices, data.Notice{Severity: severity, Text: n.Text})
	}
	return out
}

func length(t *testing.T, text string) time.Duration {
	t.Helper()
	if text == "" {
		return 0
	}
	d, err := model.ParseDuration(text)
	require.NoError(t, err)
	return time.Duration(d)
}

func TestFrom(t *testing.T) {
	files, err := filepath.Glob("../../tests/corpora/frames/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			var c frameCase
			require.NoError(t, json.Unmarshal(text, &c))
			frames, err := From(c.results(t), c.options(t))
			if c.Error != "" {
				require.EqualError(t, err, c.Error)
				return
			}
			require.NoError(t, err)
			got, err := json.Marshal(frames)
			require.NoError(t, err)
			if *update {
				rewrite(t, file, text, got)
				return
			}
			require.JSONEq(t, string(c.Frames), string(got))
			readBack(t, frames)
		})
	}
}

// rewrite replaces the frames in a file.
func rewrite(t *testing.T, file string, text, frames []byte) {
	var whole struct {
		Results json.RawMessage `json:"results"`
		Options json.RawMessage `json:"options"`
		Frames  json.RawMessage `json:"frames"`
	}
	require.NoError(t, json.Unmarshal(text, &whole))
	whole.Frames = frames
	text, err := json.MarshalIndent(whole, "", "  ")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, append(text, '\n'), 0o600))
}

// readBack reads frames as Grafana's server-side expressions and alert rules do.
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
	require.Equal(t, len(frames[0].Fields) == 0, len(c.Refs) == 0)
	if len(c.Refs) > 0 { // without data, the reader returns no refId
		require.Equal(t, "A", c.RefID)
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
	bottom := -math.MaxFloat64
	require.Equal(t, map[float64]string{bottom: neutral}, colours(nil))
	require.Equal(t, map[float64]string{bottom: ok, 2: warning, 3: critical}, colours(&signals.Thresholds{Direction: "above", Warning: pointer(2.0), Critical: pointer(3.0)}))
	require.Equal(t, map[float64]string{bottom: ok, 3: critical}, colours(&signals.Thresholds{Direction: "above", Critical: pointer(3.0)}))
	require.Equal(t, map[float64]string{bottom: critical, 1: warning, 2: ok}, colours(&signals.Thresholds{Direction: "below", Warning: pointer(2.0), Critical: pointer(1.0)}))
	require.Equal(t, map[float64]string{bottom: warning, 2: ok}, colours(&signals.Thresholds{Direction: "below", Warning: pointer(2.0)}))
}
