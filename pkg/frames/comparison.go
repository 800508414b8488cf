package frames

import (
	"math"
	"slices"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// ChangeColumn is the name of the column with the difference of a comparison.
const ChangeColumn = "change"

// comparesTotals reports whether a table compares the totals of several signals. With columns for each of them, its only row
// would be as wide as all signals.
func comparesTotals(results []Result, all []series, o Options) bool {
	several := slices.ContainsFunc(results, func(r Result) bool { return r.Signal != nil && r.Signal.ID != results[0].Signal.ID })
	compared := results[0].Column != "" && o.Step == 0
	return compared && several && !slices.ContainsFunc(all, func(s series) bool { return !s.labels.IsEmpty() })
}

// totals returns a table with a row for each signal. The cells are texts, because a column has only one unit.
func totals(results []Result, all []series) *data.Frame {
	known := map[int]float64{}
	for _, s := range all {
		known[s.index] = s.values[0]
	}
	var titles, columns []string
	cells := map[string][]string{}
	levelOf := map[string]string{"unknown": "unknown"} // of cells that are not ok
	for i, r := range results {
		if len(titles) == 0 || results[i-1].Signal.ID != r.Signal.ID {
			titles = append(titles, r.Signal.Title)
		}
		if !slices.Contains(columns, r.Column) {
			columns = append(columns, r.Column)
		}
		text := "unknown"
		if value, ok := known[i]; ok {
			text = Text(r.Signal, value)
			if r.Column == ChangeColumn {
				text = difference(r.Signal, value)
			} else if level := Level(r.Signal, value); level == "warning" || level == "critical" {
				levelOf[text] = level
			}
		}
		cells[r.Column] = append(cells[r.Column], text)
	}
	fields := []*data.Field{Words("signal", "Signal", titles)}
	for _, column := range columns {
		field := Levels(column, strings.ToUpper(column[:1])+column[1:], levelOf, cells[column])
		field.Config.Thresholds = &data.ThresholdsConfig{Mode: data.ThresholdsModeAbsolute, Steps: []data.Threshold{{Value: bottom, Color: "text"}}}
		fields = append(fields, field)
	}
	return figuresTable(results, fields...)
}

// figuresTable returns a table of texts about results.
func figuresTable(results []Result, columns ...*data.Field) *data.Frame {
	frame := Table(nil, columns...)[0]
	frame.Meta.ExecutedQueryString = meta(data.FrameTypeTable, results...).ExecutedQueryString
	return frame
}

// difference formats a change with its sign. A difference of shares is in percentage points.
func difference(s *signals.Signal, value float64) string {
	text := Text(s, math.Abs(value))
	if s.Unit == "percentunit" {
		text = strings.TrimSuffix(text, " %") + " pp"
	}
	switch {
	case value == 0 || strings.HasPrefix(text, "<"):
		return text
	case value < 0:
		return "−" + text
	}
	return "+" + text
}
