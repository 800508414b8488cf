package frames

import (
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/prometheus/model/labels"
)

// row is what a table shows of one label set, at one time where the query spans a range.
type row struct {
	at     time.Time
	labels labels.Labels
	values []*float64 // one of every result; nil where it has none
}

// table makes one column of every label and of every result; what a row lacks is null. Rows are in
// the order of time, then of labels; an instant's rows of PromQL stay in the order of the result.
func table(results []Result, all []series, o Options) *data.Frame {
	rows, names := collect(results, all)
	names = leading(o.Identity, names)
	if o.Step > 0 || results[0].Signal != nil {
		slices.SortStableFunc(rows, func(a, b *row) int {
			if c := a.at.Compare(b.at); c != 0 {
				return c
			}
			return compare(a.labels, b.labels, names)
		})
	}

	frame := data.NewFrame("").SetMeta(meta(data.FrameTypeNumericLong, results...))
	if o.Step > 0 {
		frame.Meta.Type = data.FrameTypeTimeSeriesLong
		frame.Fields = append(frame.Fields, data.NewField("Time", nil, column(rows, func(r *row) time.Time { return r.at })))
	}
	for _, name := range names {
		frame.Fields = append(frame.Fields, textField(name, column(rows, func(r *row) string { return r.labels.Get(name) })))
	}
	for i := range results {
		field := data.NewField(fieldName(series{result: &results[i]}), nil, column(rows, func(r *row) *float64 { return r.values[i] }))
		field.Config = fieldConfig(results[i].Signal)
		if results[i].Signal != nil {
			field.Config.DisplayNameFromDS = results[i].Signal.Title
			field.Config.Links = nil // they would underline every cell
		}
		frame.Fields = append(frame.Fields, field)
	}
	return frame
}

// textField is a column of words. It says that it is plain text: a table panel whose default is coloured text
// would paint it in the colour of the lowest threshold.
func textField(name string, values []string) *data.Field {
	field := data.NewField(name, nil, values)
	field.Config = &data.FieldConfig{Custom: map[string]any{"cellOptions": map[string]any{"type": "auto"}}}
	return field
}

// collect returns the rows in the order of the results, and the sorted names of all labels.
func collect(results []Result, all []series) (rows []*row, names []string) {
	found := map[string]*row{}
	for _, s := range all {
		key := s.labels.String()
		for i := range s.values {
			var at time.Time
			if !s.instant {
				at = s.times[i]
			}
			r := found[key+at.String()]
			if r == nil {
				r = &row{at: at, labels: s.labels, values: make([]*float64, len(results))}
				found[key+at.String()] = r
				rows = append(rows, r)
			}
			r.values[s.index] = &s.values[i]
		}
		names = append(names, order(s.labels, nil)...)
	}
	slices.Sort(names)
	return rows, slices.Compact(names)
}

func column[T any](rows []*row, cell func(*row) T) []T {
	out := make([]T, 0, len(rows))
	for _, r := range rows {
		out = append(out, cell(r))
	}
	return out
}

// leading moves the names given to the front.
func leading(first, names []string) []string {
	var out []string
	for _, name := range first {
		if slices.Contains(names, name) {
			out = append(out, name)
		}
	}
	for _, name := range names {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

func compare(a, b labels.Labels, names []string) int {
	for _, name := range names {
		if c := strings.Compare(a.Get(name), b.Get(name)); c != 0 {
			return c
		}
	}
	return 0
}
