package datasource

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/store"
)

// stored is the executor of Prometheus mode.
type stored struct {
	store  *store.Store
	config store.Config
}

func newStored(c store.Config) (*stored, error) {
	s, err := store.New(c)
	if err != nil {
		return nil, err
	}
	return &stored{store: s, config: c}, nil
}

func (s *stored) ready(ctx context.Context, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, max(patience, s.config.Timeout))
	defer cancel()
	return s.store.Ready(ctx)
}

func (s *stored) release() { s.store.Close() }

func (s *stored) targets() []scrape.Status { return s.store.Targets() }

func (s *stored) outdated() (since time.Time, why string) {
	since, err := s.store.TargetsOutdated()
	if err != nil {
		why = err.Error()
	}
	return since, why
}

// catalogue uses metrics of other exporters where the Prometheus server has them.
func (s *stored) catalogue(c *signals.Catalogue) *signals.Catalogue {
	return c.InStore(s.store.HasExternalMetric)
}

func (s *stored) evaluate(ctx context.Context, e evaluation) (answer, error) {
	found, err := s.store.Evaluate(ctx, store.Query{
		Expr: e.expr, Start: time.UnixMilli(e.start), End: time.UnixMilli(e.end), Step: e.step, UserWritten: e.byHand,
	})
	return answer{value: found.Value, executed: found.Executed, notices: s.notices(found, e.byHand)}, err
}

func (s *stored) querier(from, to int64) (storage.Querier, error) {
	return s.store.Querier(from, to), nil
}

// firstUp is known from the targets for a short range that ends now. For other ranges it is exact to a thousandth of the
// range.
func (s *stored) firstUp(ctx context.Context, sc scope, from, to time.Time) (map[node]int64, error) {
	length := to.Sub(from)
	if length < store.FirstScrapeLookback && time.Since(to) < time.Minute {
		out := map[node]int64{}
		for _, t := range s.targets() {
			out[nodeOf(t.Labels)] = t.FirstScrape.UnixMilli()
		}
		return out, nil
	}
	step := max(s.config.Interval, length/1000).Round(time.Second)
	up := "up == 1"
	if m := sc.selector(); m != "" {
		up = "up{" + m + "} == 1"
	}
	expr := fmt.Sprintf("min by (cluster, node) (min_over_time(timestamp(%s)[%s:%s]))", up,
		signals.FormatDuration(length.Round(time.Second)), signals.FormatDuration(step))
	found, err := s.evaluate(ctx, evaluation{expr: expr, start: to.UnixMilli(), end: to.UnixMilli()})
	if err != nil {
		return nil, err
	}
	out := map[node]int64{}
	vector, _ := found.value.(promql.Vector)
	for _, sample := range vector {
		out[nodeOf(sample.Metric)] = int64(sample.F * 1000)
	}
	return out, nil
}

// present returns the nodes that the target list contains now. Most ranges end now, which saves a query in nearly every
// panel. It is nil for other times.
func (s *stored) present(at time.Time) map[node]bool {
	if time.Since(at) > time.Minute {
		return nil
	}
	nodes := map[node]bool{}
	for _, t := range s.targets() {
		if t.State != scrape.Gone {
			nodes[nodeOf(t.Labels)] = true
		}
	}
	return nodes
}

// since is unknown: the API does not tell how long the server keeps samples.
func (s *stored) since() time.Time { return time.Time{} }

func (s *stored) trimmed() bool { return false }

func (s *stored) rewritten(expr string) (string, error) { return s.store.Rewrite(expr) }

// written returns the label itself if the server has no label for the cluster.
func (s *stored) written(label string) string {
	if name := s.config.Identity.ServerLabel(label); name != "" {
		return name
	}
	return label
}

func (s *stored) holds(ctx context.Context, metric string) bool {
	if slices.Contains(s.config.Catalogue.Store.ExternalMetrics, metric) {
		return s.store.HasExternalMetric(metric)
	}
	now := time.Now().UnixMilli()
	found, err := s.evaluate(ctx, evaluation{expr: "count(" + metric + ")", start: now, end: now, byHand: true})
	vector, _ := found.value.(promql.Vector)
	return err != nil || len(vector) > 0
}

func (s *stored) words() words {
	return words{
		nobody:        "The Prometheus server has no Falco" + s.describeMatchers() + ": no target exported " + strings.Join(s.config.Catalogue.Store.IdentifyingMetrics[0].Metrics, " or ") + " within the last day. Add Falco to its scrape configuration (docs/scaling-out.md), or check prometheus.matchers and prometheus.tenant.",
		missingKind:   "Add %s to the scrape configuration of the Prometheus server, and check that prometheus.matchers selects it.",
		targetSetting: "prometheus.%s",
	}
}

// describeMatchers lists the extra matchers, if any.
func (s *stored) describeMatchers() string {
	if len(s.config.Matchers) == 0 {
		return ""
	}
	var all []string
	for _, m := range s.config.Matchers {
		all = append(all, m.String())
	}
	return " with " + strings.Join(all, ", ")
}

func (s *stored) check(ctx context.Context) (checkup, error) {
	found, err := s.store.Check(ctx)
	return checkup{lead: found.Summary, remarks: slices.Concat(found.Problems, found.Suggestions), failed: len(found.Problems) > 0}, err
}
