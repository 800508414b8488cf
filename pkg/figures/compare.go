package figures

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
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// ReadCompare reads how much earlier the values to compare with are.
func ReadCompare(r *request.Request, qc *request.QueryContext) error {
	if qc.Query.Compare == "" {
		return nil
	}
	if r.FromAlert {
		return errors.New("alert rules cannot compare: use offset in a query of type promql")
	}
	earlier, err := model.ParseDuration(qc.Times.ExpandMacros(qc.Query.Compare))
	if err != nil || earlier <= 0 {
		return fmt.Errorf("compare is %q: expected a duration such as 1d, or $__range", qc.Query.Compare)
	}
	qc.Compare = time.Duration(earlier)
	return nil
}

// compared returns the results together with earlier ones: as the columns before, after and change of a table, or as series
// with the label period. Without a comparison it returns the results unchanged.
func compared(ctx context.Context, r *request.Request, qc *request.QueryContext) ([]frames.Result, error) {
	if qc.Compare == 0 {
		return qc.Results, nil
	}
	past := *qc
	past.Notices = nil
	past.Times.Start, past.Times.End = qc.Times.Start.Add(-qc.Compare), qc.Times.End.Add(-qc.Compare)
	past.Results = slices.Clone(qc.Results)
	if qc.Query.QueryType == "signal" { // with the windows at that time
		if err := r.CompileAll(&past, qc.Filters); err != nil {
			return nil, err
		}
	}
	if err := r.EvaluateAll(ctx, &past); err != nil {
		return nil, err
	}
	qc.Notices = append(qc.Notices, past.Notices...)
	var out []frames.Result
	for i, before := range past.Results {
		after := qc.Results[i]
		if qc.Query.Format == "table" {
			before.Column, after.Column = "before", "after"
			before.Value = later(before.Value, qc.Compare)
			out = append(out, before, after, difference(after, before))
			continue
		}
		before.Value = inPeriod(later(before.Value, qc.Compare), "before")
		after.Value = inPeriod(after.Value, "after")
		out = append(out, before, after)
	}
	return out, nil
}

// mapped returns a value with changed series and points. The value itself is shared and stays unchanged.
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

// difference returns the change of a value where both are known. A change has no thresholds.
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
	out.Column = frames.ChangeColumn
	if s := after.Signal; s != nil {
		out.Signal = &signals.Signal{ID: s.ID, Title: s.Title, Description: s.Description, Unit: s.Unit, Decimals: s.Decimals}
		if s.Unit == "percentunit" { // a change can be much smaller than the value
			fine := uint16(2)
			if s.Decimals != nil {
				fine = max(fine, *s.Decimals)
			}
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
