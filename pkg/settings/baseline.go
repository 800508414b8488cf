package settings

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// readBaseline reads the setting `baseline`: for each setting of the catalogue's baselines, the values that all Falcos
// should have, separated by commas or white space.
func readBaseline(p *problems, expected map[string]string, baselines []signals.Baseline) map[string][]string {
	out := map[string][]string{}
	var known []string
	for _, b := range baselines {
		known = append(known, b.Setting)
		values := strings.FieldsFunc(expected[b.Setting], func(r rune) bool { return r == ',' || r == ' ' || r == '\n' })
		for _, value := range values {
			if !regexp.MustCompile(b.Form).MatchString(value) {
				p.add("baseline.%s has %q: expected %s", b.Setting, value, b.FormInWords)
			}
		}
		if len(values) > 0 {
			out[b.Setting] = slices.Compact(slices.Sorted(slices.Values(values)))
		}
	}
	for _, setting := range slices.Sorted(maps.Keys(expected)) {
		if !slices.Contains(known, setting) {
			p.add("baseline.%s is no setting: expected %s", setting, strings.Join(known, ", "))
		}
	}
	return out
}

// baselineGauges returns the series that represent the baseline.
func baselineGauges(pinned map[string][]string, baselines []signals.Baseline) (out []target.Gauge) {
	for _, b := range baselines {
		for _, value := range pinned[b.Setting] {
			out = append(out, target.Gauge{Name: b.Metric, Labels: map[string]string{b.Label: value}, Value: 1})
		}
	}
	return out
}
