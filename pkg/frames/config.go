package frames

import (
	"math"
	"strconv"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// Colours of levels, by Grafana's names.
const (
	ok       = "green"
	warning  = "yellow"
	critical = "red"
	// unknown is not similar to green, because unknown is not healthy.
	unknown = "purple"
	// neutral is for values without thresholds, for which a panel would use Grafana's default threshold.
	neutral = "blue"
)

var levels = map[string]string{"ok": ok, "warning": warning, "critical": critical, "unknown": unknown, "info": neutral}

// fieldConfig returns how a panel shows a signal without overrides. The user's own PromQL has at most a unit.
func (o Options) fieldConfig(s *signals.Signal) *data.FieldConfig {
	if s == nil {
		return &data.FieldConfig{Unit: o.Unit}
	}
	config := &data.FieldConfig{
		Unit:        s.Unit,
		Decimals:    s.Decimals,
		Description: s.Description,
		Thresholds:  &data.ThresholdsConfig{Mode: data.ThresholdsModeAbsolute, Steps: steps(s.Thresholds)},
	}
	if s.Link != "" {
		config.Links = []data.DataLink{{Title: "Falco's documentation", URL: s.Link, TargetBlank: true}}
	}
	if s.Min != nil {
		config.SetMin(*s.Min)
	}
	if s.Max != nil {
		config.SetMax(*s.Max)
	}
	if s.SoftMax != nil {
		config.Custom = map[string]any{"axisSoftMax": *s.SoftMax}
	}
	if s.Tiny != nil {
		from, to := data.ConfFloat64(math.SmallestNonzeroFloat64), data.ConfFloat64(s.Tiny.To)
		config.Mappings = data.ValueMappings{data.RangeValueMapper{From: &from, To: &to, Result: data.ValueMappingResult{Text: s.Tiny.Text}}}
	}
	if len(s.Values) > 0 {
		mapping := data.ValueMapper{}
		for i, v := range s.Values {
			mapping[strconv.FormatFloat(v.Value, 'f', -1, 64)] = data.ValueMappingResult{Text: v.Text, Color: levels[v.Level], Index: i}
		}
		config.Mappings = data.ValueMappings{mapping}
	}
	return config
}

// nameMissing lets a table say that a missing value of a judged signal is unknown. An empty cell would look as if all were
// well.
func nameMissing(config *data.FieldConfig, s *signals.Signal) {
	if s == nil || s.Thresholds == nil && len(s.Values) == 0 {
		return
	}
	missing := data.ValueMappingResult{Text: "unknown", Color: unknown, Index: len(s.Values)}
	config.Mappings = append(config.Mappings, data.SpecialValueMapper{Match: data.SpecialValueNull, Result: missing})
}

// steps returns thresholds in ascending order. A value that equals a threshold exceeds it if higher is worse, and does not
// if lower is worse.
func steps(t *signals.Thresholds) []data.Threshold {
	if t == nil {
		return []data.Threshold{{Value: bottom, Color: neutral}}
	}
	if t.Direction == "below" {
		return falling(t)
	}
	out := []data.Threshold{{Value: bottom, Color: ok}}
	if t.Warning != nil {
		out = append(out, data.Threshold{Value: data.ConfFloat64(*t.Warning), Color: warning})
	}
	if t.Critical != nil {
		out = append(out, data.Threshold{Value: data.ConfFloat64(*t.Critical), Color: critical})
	}
	return out
}

func falling(t *signals.Thresholds) []data.Threshold {
	var out []data.Threshold
	lower := bottom
	if t.Critical != nil {
		out = append(out, data.Threshold{Value: lower, Color: critical})
		lower = data.ConfFloat64(*t.Critical)
	}
	if t.Warning != nil {
		out = append(out, data.Threshold{Value: lower, Color: warning})
		lower = data.ConfFloat64(*t.Warning)
	}
	return append(out, data.Threshold{Value: lower, Color: ok})
}

// bottom is the start of the first step. JSON has no infinity, and Grafana's server reads null as 0. The browser replaces
// it by -Infinity (src/thresholds.ts).
const bottom = data.ConfFloat64(-math.MaxFloat64)
