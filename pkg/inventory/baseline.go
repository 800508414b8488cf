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
				row.Odd = append(row.Odd, fmt.Sprintf("%s: %s, but the baseline is %s", c.Title, row.words[c.ID], shortened(want, c.Length)))
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
