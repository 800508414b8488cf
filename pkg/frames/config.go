package frames

import (
	"math"
	"strconv"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// The colours of levels, in Grafana's own names.
const (
	ok       = "green"
	warning  = "yellow"
	critical = "red"
	// unknown is far from green: what cannot be known is not well.
	unknown = "purple"
	// neutral stands for "not judged": without it a panel would take Grafana's default threshold.
	neutral = "blue"
)

var levels = map[string]string{"ok": ok, "warning": warning, "critical": critical, "unknown": unknown, "info": neutral}

// fieldConfig is how a signal's values look without any override. It is empty for PromQL written by hand.
func fieldConfig(s *signals.Signal) *data.FieldConfig {
	if s == nil {
		return &data.FieldConfig{}
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
	if len(s.Values) > 0 {
		mapping := data.ValueMapper{}
		for i, v := range s.Values {
			mapping[strconv.FormatFloat(v.Value, 'f', -1, 64)] = data.ValueMappingResult{Text: v.Text, Color: levels[v.Level], Index: i}
		}
		config.Mappings = data.ValueMappings{mapping}
	}
	return config
}

// steps are in rising order. A value that lies on a bound is already warning or critical where more
// is worse, and not yet where less is worse.
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

// bottom is where the first step begins. JSON has no infinity, and Grafana's server reads null as 0: the browser makes
// -Infinity of it (src/thresholds.ts).
const bottom = data.ConfFloat64(-math.MaxFloat64)
