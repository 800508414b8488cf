package frames

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/prometheus/model/labels"
)

// row is a row of a table: a set of labels, and a time if the query spans a range.
type row struct {
	at     time.Time
	labels labels.Labels
	values map[column]*float64 // missing values are null
}

// column is a column for a result. If the legend contains labels, each of their values has a column.
type column struct {
	index int // of the result
	name  string
}

// table returns a table with a column for every label and every result. Rows are sorted by time and then by labels. Those
// of an instant PromQL query and ranked ones keep the order of the result.
func table(results []Result, all []series, o Options) *data.Frame {
	n := newNamer(all, o)
	rows, columns, names := n.collect(results, all)
	names = leading(o.Identity, names)
	named := !n.pivots() && alike(rows, o.Identity)
	if o.Step > 0 || results[0].Signal != nil && !results[0].Ranked {
		slices.SortStableFunc(rows, func(a, b *row) int {
			if c := a.at.Compare(b.at); c != 0 {
				return c
			}
			return o.compare(a.labels, b.labels, names)
		})
	}

	frame := data.NewFrame("").SetMeta(meta(data.FrameTypeNumericLong, results...))
	if o.Step > 0 {
		frame.Meta.Type = data.FrameTypeTimeSeriesLong
		frame.Fields = append(frame.Fields, data.NewField("Time", nil, cells(rows, func(r *row) time.Time { return r.at })))
	}
	for _, name := range names {
		frame.Fields = append(frame.Fields, textField(name, cells(rows, func(r *row) string { return r.labels.Get(name) })))
	}
	for _, c := range columns {
		result := results[c.index]
		name := fieldName(series{result: &result})
		if n.pivots() || result.Column != "" {
			name = c.name
		}
		field := data.NewField(name, nil, cells(rows, func(r *row) *float64 { return r.values[c] }))
		field.Config = o.fieldConfig(result.Signal)
		if named {
			nameMissing(field.Config, result.Signal)
		}
		field.Config.DisplayNameFromDS = c.name
		field.Config.Links = nil // links would underline every cell
		frame.Fields = append(frame.Fields, field)
	}
	return frame
}

// alike reports whether all rows have the same labels, apart from the identity. Otherwise, a cell may be empty because the
// signal does not have the labels of the row.
func alike(rows []*row, identity []string) bool {
	own := func(r *row) string {
		return strings.Join(slices.DeleteFunc(order(r.labels, nil), func(name string) bool { return slices.Contains(identity, name) }), ",")
	}
	return !slices.ContainsFunc(rows, func(r *row) bool { return own(r) != own(rows[0]) })
}

// textField returns a column of text with the cell type for plain text. Otherwise, a table panel whose default is coloured
// text would show it in the colour of the lowest threshold.
func textField(name string, values []string) *data.Field {
	field := data.NewField(name, nil, values)
	field.Config = &data.FieldConfig{Custom: map[string]any{"cellOptions": map[string]any{"type": "auto"}}}
	return field
}

// collect returns the rows in the order of the results, the columns, and the sorted names of the rows' labels.
func (n namer) collect(results []Result, all []series) (rows []*row, columns []column, names []string) {
	found := map[string]*row{}
	for i := range results {
		if !n.pivots() {
			columns = append(columns, column{i, n.columnName(series{result: &results[i]})})
		}
	}
	for _, s := range all {
		c := column{s.index, n.columnName(s)}
		if !slices.Contains(columns, c) {
			columns = append(columns, c)
		}
		own := n.rowLabels(s.labels)
		key := own.String()
		for i := range s.values {
			var at time.Time
			if !s.instant {
				at = s.times[i]
			}
			r := found[key+at.String()]
			if r == nil {
				r = &row{at: at, labels: own, values: map[column]*float64{}}
				found[key+at.String()] = r
				rows = append(rows, r)
			}
			r.values[c] = &s.values[i]
		}
		names = append(names, order(own, nil)...)
	}
	if n.pivots() {
		slices.SortFunc(columns, func(a, b column) int { return cmp.Or(cmp.Compare(a.index, b.index), CompareNatural(a.name, b.name)) })
	}
	slices.Sort(names)
	return rows, columns, slices.Compact(names)
}

func cells[T any](rows []*row, cell func(*row) T) []T {
	out := make([]T, 0, len(rows))
	for _, r := range rows {
		out = append(out, cell(r))
	}
	return out
}

// leading moves the names in first to the front.
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

// compare compares the values of the labels, in the order of their names.
func (o Options) compare(a, b labels.Labels, names []string) int {
	for _, name := range names {
		x, y := a.Get(name), b.Get(name)
		order := o.Orders[name]
		// Values that are not in the order come before it, like series without the label.
		if c := cmp.Or(cmp.Compare(slices.Index(order, x), slices.Index(order, y)), CompareNatural(x, y)); c != 0 {
			return c
		}
	}
	return 0
}
