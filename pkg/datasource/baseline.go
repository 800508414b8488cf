package datasource

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// pinned reads the setting `baseline`: by setting, the values that all Falcos should have. Several are separated by
// commas or blanks. What is wrong goes to p.
func pinned(p *problems, expected map[string]string, baselines []signals.Baseline) map[string][]string {
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

// pinnedGauges are the series that stand for what is pinned.
func pinnedGauges(pinned map[string][]string, baselines []signals.Baseline) (out []scrape.Gauge) {
	for _, b := range baselines {
		for _, value := range pinned[b.Setting] {
			out = append(out, scrape.Gauge{Name: b.Metric, Labels: map[string]string{b.Label: value}, Value: 1})
		}
	}
	return out
}

// markOff marks the nodes that differ from what is pinned for a column; pinned is whether anything is.
func (r *request) markOff(c signals.InventoryColumn, rows []*item) (pinned bool) {
	for _, b := range r.catalogue.Baselines {
		want := r.settings.pinned[b.Setting]
		if b.ActualMetric != c.Metric || b.Label != c.Label || len(want) == 0 {
			continue
		}
		pinned = true
		for _, row := range rows {
			have := slices.Compact(slices.Sorted(slices.Values(row.values[c.ID])))
			if len(have) > 0 && !slices.Equal(have, want) {
				row.odd = append(row.odd, fmt.Sprintf("%s: %s, while %s is pinned", c.Title, row.words[c.ID], shortened(want, c.Length)))
			}
		}
	}
	return pinned
}

// majority is what more than half of the Falcos have now, by the catalogue's baselines, written as the settings take it.
// What has no such majority is left out.
func (d *Instance) majority(ctx context.Context) (map[string]string, error) {
	r := d.newRequest(false)
	defer r.close()
	out := map[string]string{}
	for _, b := range d.catalogue.Baselines {
		found, err := r.at(ctx, b.ActualMetric, d.now())
		if err != nil {
			return nil, err
		}
		vector, _ := found.value.(promql.Vector)
		values := map[node][]string{}
		for _, s := range vector {
			values[nodeOf(s.Metric)] = append(values[nodeOf(s.Metric)], s.Metric.Get(b.Label))
		}
		nodes := map[string]int{}
		for _, of := range values {
			nodes[strings.Join(slices.Compact(slices.Sorted(slices.Values(of))), ",")]++
		}
		for of, count := range nodes {
			if 2*count > len(values) {
				out[b.Setting] = of
			}
		}
	}
	return out, nil
}

// shortened are values as the inventory shows them.
func shortened(values []string, length int) string {
	var out []string
	for _, v := range values {
		if length > 0 && len(v) > length {
			v = v[:length]
		}
		out = append(out, v)
	}
	return strings.Join(out, ", ")
}
