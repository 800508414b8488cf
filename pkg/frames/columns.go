package frames

import (
	"fmt"
	"math"
	"slices"
	"strings"
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

// Prose returns a column of sentences. It takes the width that the other columns leave. A cell shows one line, and all of its
// text while the mouse is over it or while it is selected.
func Prose(name, title string, values []string) *data.Field {
	return MinWidth(240, Words(name, title, values))
}

// Details returns a hidden column of Markdown, for the tooltip of another column.
func Details(name, title string, values []string) *data.Field {
	field := Words(name, title, values)
	field.Config.Custom["cellOptions"] = map[string]any{"type": "markdown", "dynamicHeight": true}
	return Hide(field)
}

// markdownSigns are the characters that Markdown and HTML give a meaning to.
var markdownSigns = strings.NewReplacer("\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "<", "\\<", ">", "\\>", "#", "\\#")

// Markdown escapes text, so that it can stand between Markdown.
func Markdown(text string) string { return markdownSigns.Replace(text) }

// Hide hides a column in table panels. Its values can still be shown by an override, in links and in tooltips.
func Hide(field *data.Field) *data.Field {
	return custom(field, "hideFrom", map[string]any{"viz": true})
}

// Width sets the width of a column in pixels. Columns without one share the rest of the table.
func Width(pixels int, field *data.Field) *data.Field { return custom(field, "width", pixels) }

// MinWidth sets the least width of a column that shares the rest of the table.
func MinWidth(pixels int, field *data.Field) *data.Field { return custom(field, "minWidth", pixels) }

// WithDetails shows a column of Details as the tooltip of a column: while the mouse is over the corner of a cell, and after a
// click on it until the next click.
func WithDetails(details string, field *data.Field) *data.Field {
	return custom(field, "tooltip", map[string]any{"field": details})
}

func custom(field *data.Field, key string, value any) *data.Field {
	field.Config.Custom[key] = value
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

// Times returns a column of times; nil means never. The unit is one of Grafana's for times, "" for date and time.
func Times(name, title, unit string, values []*time.Time) *data.Field {
	field := data.NewField(name, nil, values)
	field.Config = &data.FieldConfig{DisplayNameFromDS: title, Unit: unit, Custom: map[string]any{"cellOptions": map[string]any{"type": "auto"}}}
	return field
}

// Verdicts is Levels with coloured backgrounds, which only verdicts have.
func Verdicts(name, title string, levelOf map[string]string, values []string) *data.Field {
	field := Levels(name, title, levelOf, values)
	return custom(field, "cellOptions", map[string]any{"type": "color-background", "mode": "basic"})
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

// Select reduces a table to some columns, in the order of their names. It shows those that are hidden by default, and keeps
// hidden ones that are the tooltip of a selected column.
func Select(frame *data.Frame, names []string) error {
	if len(names) == 0 || len(frame.Fields) == 0 {
		return nil
	}
	known := make(map[string]*data.Field, len(frame.Fields))
	all := make([]string, 0, len(frame.Fields))
	for _, field := range frame.Fields {
		known[field.Name] = field
		all = append(all, field.Name)
	}
	var selected, tooltips []*data.Field
	for _, name := range names {
		field := known[name]
		if field == nil {
			return fmt.Errorf("there is no column %q: expected %s", name, strings.Join(all, ", "))
		}
		delete(field.Config.Custom, "hideFrom")
		selected = append(selected, field)
		if tooltip, _ := field.Config.Custom["tooltip"].(map[string]any); tooltip != nil {
			if details, _ := tooltip["field"].(string); known[details] != nil && !slices.Contains(names, details) {
				tooltips = append(tooltips, known[details])
			}
		}
	}
	frame.Fields = append(selected, tooltips...)
	return nil
}
