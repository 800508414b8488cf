// Package frames turns PromQL results into typed data frames (https://grafana.com/developers/dataplane/), with everything
// that panels need to show them: unit, names, thresholds, mappings and links.
//
// Points whose value is NaN are left out, and so are series that have only such points. NaN is PromQL's result for what
// cannot be known (0/0). A single one would make Grafana's reduce expression return NaN for the whole window, so that an
// alert would not fire. The time field contains the step, so that panels break the line where a step is missing.
package frames

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
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

// Result is an evaluated expression of a query.
type Result struct {
	// Signal is nil for the user's own PromQL.
	Signal *signals.Signal
	Expr   string
	// Executed is the expression that was evaluated if it differs from Expr.
	Executed string
	// Window is the value of `$window`; 0 for the user's own PromQL.
	Window time.Duration
	// Column is the name of the column if a table shows several results of a signal.
	Column string
	// Ranked means that the order of the series of an instant must be kept.
	Ranked bool
	Value  parser.Value
}

// Options are those of a query.
type Options struct {
	RefID        string
	LegendFormat string
	// Text is a sentence about the totals of signals, for a table. Nodes is the number of nodes that it is
	// about, such as "8 nodes".
	Text  string
	Nodes string
	// Identity holds the labels that come first in tables and names: cluster and node.
	Identity []string
	// Unit is that of the user's own PromQL, by Grafana's id.
	Unit string
	// Orders holds the values of labels that have an order of their own, such as priorities, the most severe first.
	Orders map[string][]string
	// Titles replace values of labels in names.
	Titles map[string]string
	// Step is that of a range query; 0 for an instant query.
	Step    time.Duration
	Table   bool
	Notices []data.Notice
}

// version is that of all data plane types used here.
var version = data.FrameTypeVersion{0, 1}

// From returns the frames of a query: numeric-long or timeseries-long for a table (but a plain table for a text, or with a row
// for each signal if it compares totals), numeric-multi for an instant and
// timeseries-multi for a range. Without any value it returns one typed frame without fields. The notices are in the first
// frame. The label `signal` distinguishes several signals.
func From(results []Result, o Options) (data.Frames, error) {
	var all []series
	for i, r := range results {
		ss, err := read(r)
		if err != nil {
			return nil, err
		}
		if r.sortable() {
			sortSeries(ss, o)
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
	case o.Table && o.Text != "":
		frame, err := sentence(results, all, o)
		if err != nil {
			return nil, err
		}
		out = data.Frames{frame}
	case o.Table && comparesTotals(results, all, o):
		out = data.Frames{totals(results, all)}
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

// series is a series of a result, with its points or its value at an instant.
type series struct {
	result  *Result
	index   int // of the result
	labels  labels.Labels
	times   []time.Time
	values  []float64
	instant bool
}

// read returns the series of a result, without NaN and without series that have no value.
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
	case promql.Scalar:
		if !math.IsNaN(v.V) {
			out = append(out, series{result: &r, values: []float64{v.V}, instant: true})
		}
	default:
		return nil, fmt.Errorf("the expression returns a %s, which cannot be shown or alerted on: expected numbers", r.Value.Type())
	}
	return out, nil
}

// ranking finds what may give the series of a PromQL query their order.
var ranking = regexp.MustCompile(`(?i)\b(sort\w*|topk|bottomk)\b`)

// sortable reports whether the order of the series says nothing. At an instant, it may be the rank, or what a PromQL query asks
// for, as in sort(up).
func (r Result) sortable() bool {
	_, instant := r.Value.(promql.Vector)
	return !instant || !r.Ranked && (r.Signal != nil || !ranking.MatchString(r.Expr))
}

// sortSeries sorts the series of a result by their labels, those of the identity first.
func sortSeries(all []series, o Options) {
	var names []string
	for _, s := range all {
		names = append(names, order(s.labels, nil)...)
	}
	slices.Sort(names)
	names = leading(o.Identity, slices.Compact(names))
	slices.SortStableFunc(all, func(a, b series) int { return o.compare(a.labels, b.labels, names) })
}

func multi(all []series, o Options) data.Frames {
	names := newNamer(all, o)
	out := make(data.Frames, 0, len(all))
	for _, s := range all {
		value := data.NewField(fieldName(s), data.Labels(s.labels.Map()), s.values)
		value.Config = o.fieldConfig(s.result.Signal)
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

// fieldName returns a stable name for overrides and transformations: the signal's id, the name of the metric, or Value.
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
