package frames

import (
	"slices"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/prometheus/model/labels"
)

// table makes one row of every label set and one column of every result; what a row lacks is null.
// Rows of signals are in the order of their labels, rows of PromQL in that of the result.
func table(results []Result, all []series, o Options) *data.Frame {
	rows := map[string]map[string]float64{}
	var sets []labels.Labels
	var names []string
	for _, s := range all {
		key := s.labels.String()
		if rows[key] == nil {
			rows[key] = map[string]float64{}
			sets = append(sets, s.labels)
		}
		rows[key][s.result.Expr] = s.last()
		names = append(names, order(s.labels, nil)...)
	}
	slices.Sort(names)
	names = leading(o.Identity, slices.Compact(names))
	if results[0].Signal != nil {
		slices.SortFunc(sets, func(a, b labels.Labels) int { return compare(a, b, names) })
	}

	frame := data.NewFrame("").SetMeta(meta(data.FrameTypeNumericLong, results...))
	for _, name := range names {
		column := make([]string, 0, len(sets))
		for _, l := range sets {
			column = append(column, l.Get(name))
		}
		frame.Fields = append(frame.Fields, data.NewField(name, nil, column))
	}
	for i := range results {
		column := make([]*float64, 0, len(sets))
		for _, l := range sets {
			var cell *float64
			if v, found := rows[l.String()][results[i].Expr]; found {
				cell = &v
			}
			column = append(column, cell)
		}
		field := data.NewField(fieldName(series{result: &results[i]}), nil, column)
		field.Config = fieldConfig(results[i].Signal)
		if results[i].Signal != nil {
			field.Config.DisplayNameFromDS = results[i].Signal.Title
		}
		frame.Fields = append(frame.Fields, field)
	}
	return frame
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
