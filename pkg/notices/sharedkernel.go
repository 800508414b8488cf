package notices

import (
	"context"
	"slices"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

// SharedKernels returns a notice if a query shows totals over nodes of which several share a kernel: each of them counts the
// events of the host. The signal that tells is evaluated once per request.
func SharedKernels(ctx context.Context, r *request.Request, qc *request.QueryContext) []data.Notice {
	if !slices.ContainsFunc(qc.Results, func(result frames.Result) bool {
		return result.Signal != nil && result.Signal.AddsHostEvents && !byNode(qc, result) && len(withValue(result)) > 0
	}) {
		return nil
	}
	shared := r.Catalogue.SharedKernel
	// Who is left by other filters is in the query's targets.
	filters := slices.DeleteFunc(slices.Clone(qc.Filters), func(f signals.Filter) bool { return !slices.Contains(target.IdentityLabels, f.Key) })
	_, instances := signalAtEnd(ctx, r, qc, shared.Signal, filters)
	var names []string
	for _, t := range qc.Targets.All {
		if instances[target.NodeOf(t.Labels)] > 1 {
			names = append(names, qc.Targets.Name(t))
		}
	}
	if len(names) < 2 {
		return nil
	}
	return []data.Notice{{
		Severity: data.NoticeSeverityWarning,
		Text: "The total is too high, because Falcos that share a kernel count the same events: " + wording.List(names) +
			". These signals count each kernel once: " + strings.Join(shared.Totals, ", ") + ".",
	}}
}
