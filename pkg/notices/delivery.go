package notices

import (
	"context"
	"fmt"
	"slices"

	"github.com/prometheus/prometheus/promql"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// clocksAhead warns of nodes whose delivery times are too short, where a query shows delivery times: their clocks are ahead
// of Grafana's. The times are shown as they are.
func clocksAhead(ctx context.Context, r *request.Request, qc *request.QueryContext) *Groups {
	ahead := NewGroups(qc.Targets)
	clock := r.Catalogue.Receiver.Clock
	if !slices.ContainsFunc(qc.Results, func(result frames.Result) bool { return dependsOn(result.Signal, clock.Metrics) }) {
		return ahead
	}
	signal, secondsOf := signalAtEnd(ctx, r, qc, clock.Signal, nil)
	if signal == nil {
		return ahead
	}
	for _, t := range qc.Targets.All {
		if seconds := secondsOf[target.NodeOf(t.Labels)]; frames.Level(signal, seconds) == "warning" {
			ahead.Add(Warning("Delivery times are too short, because the clock differs from Grafana's on", "They are shown as measured. Check time synchronisation on the node."),
				fmt.Sprintf("%s (%s)", qc.Targets.Name(t), ClockDifference(seconds)))
		}
	}
	return ahead
}

// signalAtEnd evaluates a signal at the end of a query. It returns its value on each node, or no signal if it cannot be
// evaluated: a notice must not fail a query.
func signalAtEnd(ctx context.Context, r *request.Request, qc *request.QueryContext, id string, filters []signals.Filter) (*signals.Signal, map[target.Node]float64) {
	signal, err := r.Catalogue.Signal(id)
	if err != nil {
		return nil, nil
	}
	expr, _, err := r.Catalogue.Compile(signal, nil, filters, "", r.CompileOptions(qc))
	if err != nil {
		return nil, nil
	}
	found, err := r.EvaluateAt(ctx, expr, qc.Times.End)
	vector, ok := found.Value.(promql.Vector)
	if err != nil || !ok {
		return nil, nil
	}
	values := map[target.Node]float64{}
	for _, s := range vector {
		values[target.NodeOf(s.Metric)] = s.F
	}
	return signal, values
}

// dependsOn reports whether a signal needs any of some metrics. A signal is nil if a user wrote the expression.
func dependsOn(s *signals.Signal, metrics []string) bool {
	return s != nil && slices.ContainsFunc(s.Needs, func(n signals.Need) bool { return slices.Contains(metrics, n.Metric) })
}
