package datasource

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// readCompare reads how much earlier the figures are that a query wants beside its own.
func (r *request) readCompare(a *asked) error {
	if a.query.Compare == "" {
		return nil
	}
	if r.fromAlert {
		return errors.New("an alert rule cannot compare: its series would be those of two times; write offset into an expression of kind promql")
	}
	earlier, err := model.ParseDuration(a.times.expand(a.query.Compare))
	if err != nil || earlier <= 0 {
		return fmt.Errorf("compare is %q: expected a duration such as 1d, or $__range", a.query.Compare)
	}
	a.compare = time.Duration(earlier)
	return nil
}

// compared are the results with those of earlier beside them: as columns before, after and change of a table, else as
// series with the label side. Without anything to compare they are as they were.
func (r *request) compared(ctx context.Context, a *asked) ([]frames.Result, error) {
	if a.compare == 0 {
		return a.results, nil
	}
	past := *a
	past.remarks = nil
	past.times.start, past.times.end = a.times.start.Add(-a.compare), a.times.end.Add(-a.compare)
	past.results = slices.Clone(a.results)
	if a.query.QueryType == "signal" { // windows are those of then
		if err := r.compileAll(&past, a.filters); err != nil {
			return nil, err
		}
	}
	if err := r.evaluateAll(ctx, &past); err != nil {
		return nil, err
	}
	a.remarks = append(a.remarks, past.remarks...)
	var out []frames.Result
	for i, before := range past.results {
		after := a.results[i]
		if a.query.Format == "table" {
			before.Column, after.Column = "before", "after"
			before.Value = later(before.Value, a.compare)
			out = append(out, before, after, difference(after, before))
			continue
		}
		before.Value = inPeriod(later(before.Value, a.compare), "before")
		after.Value = inPeriod(after.Value, "after")
		out = append(out, before, after)
	}
	return out, nil
}

// mapped is a value whose series and points are changed. The value itself is shared and stays as it is.
func mapped(value parser.Value, metric func(labels.Labels) labels.Labels, point func(promql.FPoint) promql.FPoint) parser.Value {
	switch v := value.(type) {
	case promql.Matrix:
		out := slices.Clone(v)
		for i := range out {
			out[i].Metric = metric(out[i].Metric)
			out[i].Floats = slices.Clone(out[i].Floats)
			for k := range out[i].Floats {
				out[i].Floats[k] = point(out[i].Floats[k])
			}
		}
		return out
	case promql.Vector:
		out := slices.Clone(v)
		for i := range out {
			out[i].Metric = metric(out[i].Metric)
		}
		return out
	}
	return value
}

// later moves points to the times that they are compared with.
func later(value parser.Value, by time.Duration) parser.Value {
	return mapped(value, func(l labels.Labels) labels.Labels { return l }, func(p promql.FPoint) promql.FPoint {
		return promql.FPoint{T: p.T + by.Milliseconds(), F: p.F}
	})
}

func inPeriod(value parser.Value, period string) parser.Value {
	return mapped(value, func(l labels.Labels) labels.Labels { return labels.NewBuilder(l).Set("period", period).Labels() },
		func(p promql.FPoint) promql.FPoint { return p })
}

// difference is what a figure has risen by, where both sides are known. A rise is neither good nor bad by itself.
func difference(after, before frames.Result) frames.Result {
	type moment struct {
		labels string
		at     int64
	}
	known := map[moment]float64{}
	switch v := before.Value.(type) {
	case promql.Matrix:
		for _, s := range v {
			for _, p := range s.Floats {
				known[moment{s.Metric.String(), p.T}] = p.F
			}
		}
	case promql.Vector:
		for _, s := range v {
			known[moment{s.Metric.String(), 0}] = s.F
		}
	}
	less := func(m moment, v float64) float64 {
		if earlier, ok := known[m]; ok {
			return v - earlier
		}
		return math.NaN()
	}
	out := after
	out.Column = "change"
	if s := after.Signal; s != nil {
		out.Signal = &signals.Signal{ID: s.ID, Title: s.Title, Description: s.Description, Unit: s.Unit, Decimals: s.Decimals}
		if s.Decimals != nil && s.Unit == "percentunit" { // a change is small where the figure is not
			fine := max(2, *s.Decimals)
			out.Signal.Decimals = &fine
		}
	}
	switch v := after.Value.(type) {
	case promql.Matrix:
		out.Value = mapped(v, func(l labels.Labels) labels.Labels { return l }, func(p promql.FPoint) promql.FPoint { return p })
		for _, s := range out.Value.(promql.Matrix) {
			for i, p := range s.Floats {
				s.Floats[i].F = less(moment{s.Metric.String(), p.T}, p.F)
			}
		}
	case promql.Vector:
		vector := slices.Clone(v)
		for i, s := range vector {
			vector[i].F = less(moment{s.Metric.String(), 0}, s.F)
		}
		out.Value = vector
	}
	return out
}
