package inventory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// differsFromBaseline marks the nodes that differ from the baseline of a column. It reports whether there is one.
func differsFromBaseline(r *request.Request, c signals.InventoryColumn, rows []*item) (pinned bool) {
	for _, b := range r.Catalogue.Baselines {
		want := r.Settings.Baseline[b.Setting]
		if b.ActualMetric != c.Metric || b.Label != c.Label || len(want) == 0 {
			continue
		}
		pinned = true
		for _, row := range rows {
			have := slices.Compact(slices.Sorted(slices.Values(row.values[c.ID])))
			if len(have) > 0 && !slices.Equal(have, want) {
				row.differences = append(row.differences, fmt.Sprintf("%s: %s, but the baseline is %s", c.Title, row.words[c.ID], shortened(want, c.Length)))
			}
		}
	}
	return pinned
}

// Majority returns what more than half of the Falcos have now, in the form of the setting `baseline`. Values without such a
// majority are left out.
func Majority(ctx context.Context, r *request.Request) (map[string]string, error) {
	out := map[string]string{}
	for _, b := range r.Catalogue.Baselines {
		found, err := r.EvaluateAt(ctx, b.ActualMetric, r.Now())
		if err != nil {
			return nil, err
		}
		vector, _ := found.Value.(promql.Vector)
		values := map[target.Node][]string{}
		for _, s := range vector {
			values[target.NodeOf(s.Metric)] = append(values[target.NodeOf(s.Metric)], s.Metric.Get(b.Label))
		}
		var all []string
		for _, found := range values {
			all = append(all, strings.Join(slices.Compact(slices.Sorted(slices.Values(found))), ","))
		}
		if common, _ := majority(all); common != "" {
			out[b.Setting] = common
		}
	}
	return out, nil
}

// majority returns the value that more than half of the nodes have, and how many have it. The value is empty if there is none.
func majority(values []string) (common string, count int) {
	counts := map[string]int{}
	for _, value := range values {
		if counts[value]++; 2*counts[value] > len(values) {
			common, count = value, counts[value]
		}
	}
	return common, count
}

// shortened shortens values as the inventory shows them.
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
