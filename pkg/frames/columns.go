package frames

import (
	"math"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// Table returns a frame with columns that do not belong to a signal. Without rows it has no fields, so that a table panel
// says that there is no data instead of showing only headers.
func Table(notices []data.Notice, columns ...*data.Field) data.Frames {
	if len(columns) > 0 && columns[0].Len() == 0 {
		columns = nil
	}
	frame := data.NewFrame("", columns...)
	frame.Meta = &data.FrameMeta{Type: data.FrameTypeTable, TypeVersion: version, PreferredVisualization: data.VisTypeTable, Notices: notices}
	return data.Frames{frame}
}

// Words returns a column of plain text.
func Words(name, title string, values []string) *data.Field {
	field := textField(name, values)
	field.Config.DisplayNameFromDS = title
	return field
}

// Prose returns a column of sentences, which wrap.
func Prose(name, title string, values []string) *data.Field {
	field := Words(name, title, values)
	field.Config.Custom["wrapText"] = true
	field.Config.Custom["minWidth"] = 200
	return field
}

// Link returns a column of links.
func Link(name, title, text string, values []string) *data.Field {
	field := Words(name, title, values)
	field.Config.Links = []data.DataLink{{Title: text, URL: "${__value.raw}", TargetBlank: true}}
	return field
}

// Numbers returns a column of numbers without thresholds; nil means unknown.
func Numbers(name, title, unit string, values []*float64) *data.Field {
	field := data.NewField(name, nil, values)
	field.Config = &data.FieldConfig{
		DisplayNameFromDS: title, Unit: unit, Custom: map[string]any{"cellOptions": map[string]any{"type": "auto"}},
		Thresholds: &data.ThresholdsConfig{Mode: data.ThresholdsModeAbsolute, Steps: []data.Threshold{{Value: bottom, Color: neutral}}},
	}
	return field
}

// Times returns a column of times; nil means never.
func Times(name, title string, values []*time.Time) *data.Field {
	field := data.NewField(name, nil, values)
	field.Config = &data.FieldConfig{DisplayNameFromDS: title, Custom: map[string]any{"cellOptions": map[string]any{"type": "auto"}}}
	return field
}

// Levels returns a column of words in the colours of their levels. levelOf maps each word to ok, warning, critical or unknown.
func Levels(name, title string, levelOf map[string]string, values []string) *data.Field {
	field := data.NewField(name, nil, values)
	mapping := data.ValueMapper{}
	for word, level := range levelOf {
		mapping[word] = data.ValueMappingResult{Text: word, Color: levels[level]}
	}
	field.Config = &data.FieldConfig{
		DisplayNameFromDS: title, Mappings: data.ValueMappings{mapping},
		Custom: map[string]any{"cellOptions": map[string]any{"type": "color-text"}},
	}
	return field
}

// Counts returns a column of numbers that have the colour of a level from 1 on.
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

// Level returns the level of a value by the signal's thresholds or named values: ok, warning or critical. It is empty if the
// value is unknown or the signal has no thresholds.
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
