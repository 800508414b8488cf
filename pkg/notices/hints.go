package notices

import (
	"context"
	"slices"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/hints"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
)

// Hints returns hints about common mistakes in PromQL that a user wrote, also as notices. Macros in expr must be expanded.
func Hints(ctx context.Context, r *request.Request, qc *request.QueryContext, expr string) (found []hints.Hint, out []data.Notice) {
	if !qc.Query.UserWritten() {
		return nil, nil
	}
	// Without the names of metrics or labels there are fewer hints.
	q, err := r.Executor.Querier(qc.Begin().UnixMilli(), qc.Times.End.UnixMilli())
	if err != nil {
		return nil, nil
	}
	defer q.Close()
	in := hints.Input{
		Expr: expr, Signals: r.Catalogue.Signals, Receiver: r.Catalogue.Receiver, Priority: r.Catalogue.Priority, Scraped: r.Settings.Store == nil,
		Metrics: func() []string {
			metrics, _, err := q.LabelValues(ctx, model.MetricNameLabel, &storage.LabelHints{})
			if err != nil {
				return nil
			}
			return metrics
		},
		Labels: func(metric string) []string {
			named := labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, metric)
			names, _, err := q.LabelNames(ctx, &storage.LabelHints{}, named)
			if err != nil || len(names) == 0 { // every sample has the name of its metric
				return nil
			}
			names = slices.DeleteFunc(names, func(name string) bool { return name == model.MetricNameLabel })
			for i, name := range names {
				names[i] = r.Executor.SampleLabel(name)
			}
			slices.Sort(names)
			return names
		},
	}
	found = hints.For(in)
	for _, hint := range found {
		out = append(out, data.Notice{Severity: data.NoticeSeverityInfo, Text: hint.Text})
	}
	return found, out
}
