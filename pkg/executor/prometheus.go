package executor

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/store"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// Prometheus queries a Prometheus-compatible server.
type Prometheus struct {
	store  *store.Store
	Config store.Config
}

// NewPrometheus returns an executor for the server of the settings.
func NewPrometheus(c store.Config, shared *Shared) (*Prometheus, error) {
	c.Shared = shared.api
	if c.Now == nil {
		c.Now = time.Now
	}
	s, err := store.New(c)
	if err != nil {
		return nil, err
	}
	return &Prometheus{store: s, Config: c}, nil
}

// Ready waits for the target list.
func (s *Prometheus) Ready(ctx context.Context, patience time.Duration, _ bool) error {
	ctx, cancel := context.WithTimeout(ctx, max(patience, s.Config.Timeout))
	defer cancel()
	return s.store.Ready(ctx)
}

// Release closes the client.
func (s *Prometheus) Release() { s.store.Close() }

// Targets returns the targets that the server scrapes.
func (s *Prometheus) Targets() []target.Status { return s.store.Targets() }

// TargetsOutdated returns when and why the last refresh of the target list failed.
func (s *Prometheus) TargetsOutdated() (since time.Time, why string) {
	since, err := s.store.TargetsOutdated()
	if err != nil {
		why = err.Error()
	}
	return since, why
}

// Catalogue uses metrics of other exporters if the server has them.
func (s *Prometheus) Catalogue(c *signals.Catalogue) *signals.Catalogue {
	return c.InStore(s.store.HasExternalMetric)
}

// Evaluate queries the server.
func (s *Prometheus) Evaluate(ctx context.Context, e Evaluation) (Value, error) {
	found, err := s.store.Evaluate(ctx, promapi.Query{
		Expr: e.Expr, Start: time.UnixMilli(e.Start), End: time.UnixMilli(e.End), Step: e.Step, UserWritten: e.UserWritten,
	})
	return Value{Value: found.Value, Executed: found.Executed, Notices: s.resultNotices(found, e.UserWritten), Release: found.Release}, err
}

// Querier returns the samples of the server.
func (s *Prometheus) Querier(from, to int64) (storage.Querier, error) {
	return s.store.Querier(from, to), nil
}

// FirstUp uses the target list for a short range that ends now. For other ranges the result is exact to a thousandth of the
// range, or exact if the target list has the first scrape.
func (s *Prometheus) FirstUp(ctx context.Context, sc Scope, from, to time.Time) (map[target.Node]int64, error) {
	length := to.Sub(from)
	if length < store.FirstScrapeLookback && s.Config.Now().Sub(to) < time.Minute {
		out := map[target.Node]int64{}
		for _, t := range s.Targets() {
			if t.Kind != target.KindNodeExporter {
				out[target.NodeOf(t.Labels)] = t.FirstScrape.UnixMilli()
			}
		}
		return out, nil
	}
	step := max(s.Config.Interval, length/1000).Round(time.Second)
	up := "up == 1"
	if m := sc.selector(); m != "" {
		up = "up{" + m + "} == 1"
	}
	expr := fmt.Sprintf("min by (cluster, node) (min_over_time(timestamp(%s)[%s:%s]))", up,
		signals.FormatDuration(length.Round(time.Second)), signals.FormatDuration(step))
	found, err := s.Evaluate(ctx, Evaluation{Expr: expr, Start: to.UnixMilli(), End: to.UnixMilli()})
	if err != nil {
		return nil, err
	}
	defer found.Release()
	out := map[target.Node]int64{}
	vector, _ := found.Value.(promql.Vector)
	for _, sample := range vector {
		out[target.NodeOf(sample.Metric)] = int64(sample.F * 1000)
	}
	for _, t := range s.Targets() {
		n, at := target.NodeOf(t.Labels), t.FirstScrape
		first, known := out[n]
		if !at.Before(from) && !at.After(to) && (!known || at.UnixMilli() < first) {
			out[n] = at.UnixMilli()
		}
	}
	return out, nil
}

// PresentNodes returns the nodes in the current target list if at is now. Most ranges end now, so this saves a query in
// nearly every panel.
func (s *Prometheus) PresentNodes(at time.Time) map[target.Node]bool {
	if s.Config.Now().Sub(at) > time.Minute {
		return nil
	}
	nodes := map[target.Node]bool{}
	for _, t := range s.Targets() {
		if t.State != target.Gone && t.Kind != target.KindNodeExporter {
			nodes[target.NodeOf(t.Labels)] = true
		}
	}
	return nodes
}

// HistoryStart is unknown: the API does not report how long the server keeps samples.
func (s *Prometheus) HistoryStart() time.Time { return time.Time{} }

// Retention is unknown.
func (s *Prometheus) Retention() time.Duration { return 0 }

// HistoryTrimmed is unknown, and reported as false.
func (s *Prometheus) HistoryTrimmed() bool { return false }

// Rewrite replaces cluster and node with the labels of the server.
func (s *Prometheus) Rewrite(expr string) (string, error) { return s.store.Rewrite(expr) }

// SampleLabel returns the label itself if the server has no label for the cluster.
func (s *Prometheus) SampleLabel(label string) string {
	return cmp.Or(s.Config.Identity.SampleLabel(label), label)
}

// HasMetric asks the server. It reports true if the server does not respond.
func (s *Prometheus) HasMetric(ctx context.Context, metric string) bool {
	if slices.Contains(s.Config.Catalogue.Store.ExternalMetrics, metric) {
		return s.store.HasExternalMetric(metric)
	}
	now := s.Config.Now().UnixMilli()
	found, err := s.Evaluate(ctx, Evaluation{Expr: "count(" + metric + ")", Start: now, End: now, UserWritten: true})
	defer found.Release()
	vector, _ := found.Value.(promql.Vector)
	return err != nil || len(vector) > 0
}

// Messages returns the texts for targets of a Prometheus server.
func (s *Prometheus) Messages() Messages {
	return Messages{
		NoTargets:           "The Prometheus server has no Falco" + s.describeMatchers() + ": no target exported " + strings.Join(s.Config.Catalogue.Store.IdentifyingMetrics[0].Metrics, " or ") + " within the last day. Add Falco to its scrape configuration (docs/scaling-out.md), or check prometheus.matchers and prometheus.tenant.",
		MissingKind:         "Add %s to the scrape configuration of the Prometheus server, and check that prometheus.matchers selects it.",
		MissingNodeExporter: "Add it to the scrape configuration of the Prometheus server, and check prometheus.nodeExporterLabel.",
		TargetSetting:       "prometheus.%s",
	}
}

// describeMatchers lists the extra matchers, if any.
func (s *Prometheus) describeMatchers() string {
	if len(s.Config.Matchers) == 0 {
		return ""
	}
	var all []string
	for _, m := range s.Config.Matchers {
		all = append(all, m.String())
	}
	return " with " + strings.Join(all, ", ")
}

// Check checks the server's settings and its copy of the rules.
func (s *Prometheus) Check(ctx context.Context) (HealthSummary, error) {
	found, err := s.store.Check(ctx)
	return HealthSummary(found), err
}
