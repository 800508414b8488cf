package frames

import (
	"math"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// Table is one frame of columns that were made for people, not for a signal. Without a row it has no fields, as every
// empty result: a table panel then says that there is nothing, instead of showing bare headers.
func Table(notices []data.Notice, columns ...*data.Field) data.Frames {
	if len(columns) > 0 && columns[0].Len() == 0 {
		columns = nil
	}
	frame := data.NewFrame("", columns...)
	frame.Meta = &data.FrameMeta{Type: data.FrameTypeTable, TypeVersion: version, PreferredVisualization: data.VisTypeTable, Notices: notices}
	return data.Frames{frame}
}

// Words is a column of words in plain text.
func Words(name, title string, values []string) *data.Field {
	field := textField(name, values)
	field.Config.DisplayNameFromDS = title
	return field
}

// Prose is a column of whole sentences, which are wrapped.
func Prose(name, title string, values []string) *data.Field {
	field := Words(name, title, values)
	field.Config.Custom["wrapText"] = true
	field.Config.Custom["minWidth"] = 200
	return field
}

// Link is a column of addresses that open when they are clicked.
func Link(name, title, text string, values []string) *data.Field {
	field := Words(name, title, values)
	field.Config.Links = []data.DataLink{{Title: text, URL: "${__value.raw}", TargetBlank: true}}
	return field
}

// Numbers is a column of figures that nobody judges; nil is "not known".
func Numbers(name, title, unit string, values []*float64) *data.Field {
	field := data.NewField(name, nil, values)
	field.Config = &data.FieldConfig{
		DisplayNameFromDS: title, Unit: unit, Custom: map[string]any{"cellOptions": map[string]any{"type": "auto"}},
		Thresholds: &data.ThresholdsConfig{Mode: data.ThresholdsModeAbsolute, Steps: []data.Threshold{{Value: bottom, Color: neutral}}},
	}
	return field
}

// Times is a column of times; nil is "never".
func Times(name, title string, values []*time.Time) *data.Field {
	field := data.NewField(name, nil, values)
	field.Config = &data.FieldConfig{DisplayNameFromDS: title, Custom: map[string]any{"cellOptions": map[string]any{"type": "auto"}}}
	return field
}

// Levels is a column of words of which each has the colour of its level: ok, warning, critical, unknown.
func Levels(name, title string, of map[string]string, values []string) *data.Field {
	field := data.NewField(name, nil, values)
	mapping := data.ValueMapper{}
	for word, level := range of {
		mapping[word] = data.ValueMappingResult{Text: word, Color: levels[level]}
	}
	field.Config = &data.FieldConfig{
		DisplayNameFromDS: title, Mappings: data.ValueMappings{mapping},
		Custom: map[string]any{"cellOptions": map[string]any{"type": "color-text"}},
	}
	return field
}

// Counts is a column of numbers that are coloured from 1 on.
func Counts(name, title, level string, values []int64) *data.Field {
	field := data.NewField(name, nil, values)
	field.Config = &data.FieldConfig{
		DisplayNameFromDS: title, Custom: map[string]any{"cellOptions": map[string]any{"type": "color-text"}},
		Thresholds: &data.ThresholdsConfig{Mode: data.ThresholdsModeAbsolute, Steps: []data.Threshold{
			{Value: bottom, Color: "text"}, {Value: 1, Color: levels[level]},
		}},
	}
	return field
}

// Level is how a signal's thresholds, or the names of its values, judge a value: ok, warning or critical; empty
// where the value is unknown or the signal judges nothing.
func Level(s *signals.Signal, value float64) string {
	if math.IsNaN(value) {
		return ""
	}
	for _, v := range s.Values {
		if v.Value == value && s.Thresholds == nil {
			return v.Level
		}
	}
	t := s.Thresholds
	if t == nil {
		return ""
	}
	reached := func(bound *float64) bool {
		if bound == nil {
			return false
		}
		if t.Direction == "below" {
			return value < *bound
		}
		return value >= *bound
	}
	switch {
	case reached(t.Critical):
		return "critical"
	case reached(t.Warning):
		return "warning"
	}
	return "ok"
}

// Column returns one cell of every row.
func Column[R, T any](rows []R, cell func(R) T) []T {
	out := make([]T, 0, len(rows))
	for _, row := range rows {
		out = append(out, cell(row))
	}
	return out
}
