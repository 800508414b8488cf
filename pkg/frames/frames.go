// Package frames turns PromQL results into typed data frames (https://grafana.com/developers/dataplane/),
// with everything a panel needs to show them well: unit, names, thresholds, mappings, links.
//
// A point whose value is NaN is left out, and a series of such points is no series: NaN is how
// PromQL says "cannot be known" (0/0), and Grafana's reduce would otherwise turn one of them into
// "the whole window is unknown", so that an alert that should fire does not. The time field
// states its step, so that panels break the line where a step is missing.
package frames

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// Result is one expression of a query, evaluated.
type Result struct {
	// Signal is nil for PromQL written by hand.
	Signal *signals.Signal
	Expr   string
	// Executed is the expression as it was evaluated, where that is not Expr.
	Executed string
	// Window is what `$window` stood for; 0 for PromQL written by hand.
	Window time.Duration
	// Column is what a table calls the result where it shows several of one signal.
	Column string
	// Ranked says that the order of the value's series means something, and is to be kept.
	Ranked bool
	Value  parser.Value
}

// Options say what becomes of the results of one query.
type Options struct {
	RefID        string
	LegendFormat string
	// Identity labels come first in tables and names: cluster, node.
	Identity []string
	// Titles are shown for values of labels, in names.
	Titles map[string]string
	// Step of a range query; 0 for an instant one.
	Step    time.Duration
	Table   bool
	Notices []data.Notice
}

// version of every data plane type used here.
var version = data.FrameTypeVersion{0, 1}

// From makes the frames of one query: numeric-long or timeseries-long for a table, numeric-multi for
// an instant, timeseries-multi for a range. Without any value it is one typed frame without fields. Notices
// ride on the first frame. Several signals are told apart by the label `signal`.
func From(results []Result, o Options) (data.Frames, error) {
	var all []series
	for i, r := range results {
		ss, err := read(r)
		if err != nil {
			return nil, err
		}
		for j := range ss {
			ss[j].index = i
			if r.Signal != nil && len(results) > 1 && !o.Table {
				ss[j].labels = labels.NewBuilder(ss[j].labels).Set("signal", r.Signal.ID).Labels()
			}
		}
		all = append(all, ss...)
	}
	var out data.Frames
	switch {
	case len(all) == 0:
		out = data.Frames{data.NewFrame("").SetMeta(meta(o.emptyType(), results...))}
	case o.Table:
		out = data.Frames{table(results, all, o)}
	default:
		out = multi(all, o)
	}
	for _, frame := range out {
		frame.RefID = o.RefID
	}
	out[0].Meta.Notices = o.Notices
	return out, nil
}

func (o Options) emptyType() data.FrameType {
	switch {
	case o.Table && o.Step == 0:
		return data.FrameTypeNumericLong
	case o.Table:
		return data.FrameTypeTimeSeriesLong
	case o.Step == 0:
		return data.FrameTypeNumericMulti
	}
	return data.FrameTypeTimeSeriesMulti
}

// series is one series of a result: its points, or its one value at an instant.
type series struct {
	result  *Result
	index   int // of the result
	labels  labels.Labels
	times   []time.Time
	values  []float64
	instant bool
}

// read takes what is known out of a result: NaN and series without a value are left out.
func read(r Result) ([]series, error) {
	var out []series
	switch v := r.Value.(type) {
	case promql.Matrix:
		for _, one := range v {
			s := series{
				result: &r, labels: one.Metric,
				times: make([]time.Time, 0, len(one.Floats)), values: make([]float64, 0, len(one.Floats)),
			}
			for _, p := range one.Floats {
				if !math.IsNaN(p.F) {
					s.times = append(s.times, time.UnixMilli(p.T).UTC())
					s.values = append(s.values, p.F)
				}
			}
			if len(s.values) > 0 {
				out = append(out, s)
			}
		}
	case promql.Vector:
		for _, one := range v {
			if !math.IsNaN(one.F) && one.H == nil {
				out = append(out, series{result: &r, labels: one.Metric, values: []float64{one.F}, instant: true})
			}
		}
		if r.Signal != nil && !r.Ranked {
			slices.SortFunc(out, func(a, b series) int { return labels.Compare(a.labels, b.labels) })
		}
	case promql.Scalar:
		if !math.IsNaN(v.V) {
			out = append(out, series{result: &r, values: []float64{v.V}, instant: true})
		}
	default:
		return nil, fmt.Errorf("the expression gives a %s, which cannot be shown or alerted on; expected numbers", r.Value.Type())
	}
	return out, nil
}

func multi(all []series, o Options) data.Frames {
	names := newNamer(all, o)
	out := make(data.Frames, 0, len(all))
	for _, s := range all {
		value := data.NewField(fieldName(s), data.Labels(s.labels.Map()), s.values)
		value.Config = fieldConfig(s.result.Signal)
		value.Config.DisplayNameFromDS = names.name(s)
		if s.instant {
			out = append(out, data.NewFrame("", value).SetMeta(meta(data.FrameTypeNumericMulti, *s.result)))
			continue
		}
		at := data.NewField("Time", nil, s.times)
		at.Config = &data.FieldConfig{Interval: float64(o.Step.Milliseconds())}
		out = append(out, data.NewFrame("", at, value).SetMeta(meta(data.FrameTypeTimeSeriesMulti, *s.result)))
	}
	return out
}

// fieldName is stable, for overrides and transformations: the signal's id, the metric's name, or Value.
func fieldName(s series) string {
	if s.result.Signal != nil {
		return s.result.Signal.ID
	}
	if name := s.labels.Get(model.MetricNameLabel); name != "" {
		return name
	}
	return "Value"
}

func meta(t data.FrameType, results ...Result) *data.FrameMeta {
	m := &data.FrameMeta{Type: t, TypeVersion: version, PreferredVisualization: data.VisTypeGraph}
	if t != data.FrameTypeTimeSeriesMulti {
		m.PreferredVisualization = data.VisTypeTable
	}
	exprs := make([]string, 0, len(results))
	for _, r := range results {
		exprs = append(exprs, cmp.Or(r.Executed, r.Expr))
		if r.Window > 0 {
			m.Custom = map[string]any{"window": signals.FormatDuration(r.Window)}
		}
	}
	m.ExecutedQueryString = strings.Join(exprs, "\n")
	return m
}
