package executor

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/settings"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

// Fleet is what the embedded executor needs of its targets: a scrape.Lease, or a fake in tests.
type Fleet interface {
	// Use says that somebody asks; without it scraping pauses after hours.
	Use()
	Release()
	// Wait returns when every target has been scraped once; the error is ctx's.
	Wait(ctx context.Context) error
	Targets() []target.Status
	Queryable() storage.Queryable
	// Since is when the history begins; zero when there is none. Trimmed is whether that is because no more of it fits.
	Since() time.Time
	Trimmed() bool
	// Live scrapes targets beside the grid, by their ids; the answers are in their order.
	Live(ctx context.Context, ids []string, interval time.Duration) []scrape.Live
}

var _ Fleet = (*scrape.Lease)(nil)

// Embedded scrapes targets, keeps a history in memory and evaluates expressions with Prometheus's engine.
type Embedded struct {
	Fleet    Fleet
	Engine   *promql.Engine
	settings settings.Settings
	received storage.Queryable // nil where the alert receiver is off
}

// NewEmbedded returns an executor over the targets of f, which it releases, and over what the alert receiver counted.
// received is nil where the receiver is off.
func NewEmbedded(s settings.Settings, f Fleet, received storage.Queryable) *Embedded {
	return &Embedded{
		Fleet: f, settings: s, received: received,
		Engine: history.NewEngine(history.EngineOptions{MaxSamples: s.MaxSamples, Timeout: s.QueryTimeout}),
	}
}

// Ready keeps scraping alive, and waits up to patience for targets that have not been scraped yet. Notices report those
// that are still missing.
func (e *Embedded) Ready(ctx context.Context, patience time.Duration) error {
	if len(e.settings.Targets) == 0 {
		return failure.User(ErrNoTargets)
	}
	e.Fleet.Use()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_ = e.Fleet.Wait(ctx) // those that are still missing are told in notices
	return nil
}

// Release returns the lease. The history stays for the next instance.
func (e *Embedded) Release() { e.Fleet.Release() }

// Targets returns the status of every target.
func (e *Embedded) Targets() []target.Status { return e.Fleet.Targets() }

// TargetsOutdated returns zero: the status of each target is current.
func (e *Embedded) TargetsOutdated() (time.Time, string) { return time.Time{}, "" }

// Catalogue returns the catalogue unchanged.
func (e *Embedded) Catalogue(c *signals.Catalogue) *signals.Catalogue { return c }

// Evaluate runs Prometheus's engine on the history.
func (e *Embedded) Evaluate(ctx context.Context, asked Evaluation) (Value, error) {
	var (
		q          promql.Query
		err        error
		start, end = time.UnixMilli(asked.Start), time.UnixMilli(asked.End)
	)
	if asked.Step == 0 {
		q, err = e.Engine.NewInstantQuery(ctx, e.queryable(), nil, asked.Expr, end)
	} else {
		q, err = e.Engine.NewRangeQuery(ctx, e.queryable(), nil, asked.Expr, start, end, asked.Step)
	}
	if err != nil {
		return Value{}, err
	}
	result := q.Exec(ctx)
	return Value{Value: result.Value, Executed: asked.Expr, Release: q.Close}, result.Err
}

// Querier returns the samples of the history.
func (e *Embedded) Querier(from, to int64) (storage.Querier, error) {
	return e.queryable().Querier(from, to)
}

// FirstUp reads the history.
func (e *Embedded) FirstUp(ctx context.Context, s Scope, from, to time.Time) (map[target.Node]int64, error) {
	first := map[target.Node]int64{}
	_, err := Scan(ctx, e, "up", s, from, to, func(l labels.Labels, all Samples) {
		for at, v := range all {
			if v == 1 {
				n := target.NodeOf(l)
				if known, ok := first[n]; !ok || at < known {
					first[n] = at
				}
				return
			}
		}
	})
	return first, err
}

// PresentNodes returns nil, because reading the history is cheap.
func (e *Embedded) PresentNodes(time.Time) map[target.Node]bool { return nil }

// HistoryStart returns when the history starts.
func (e *Embedded) HistoryStart() time.Time { return e.Fleet.Since() }

// HistoryTrimmed reports whether older samples were evicted because of retention.size.
func (e *Embedded) HistoryTrimmed() bool { return e.Fleet.Trimmed() }

// Rewrite returns the expression unchanged.
func (e *Embedded) Rewrite(expr string) (string, error) { return expr, nil }

// SampleLabel returns the label unchanged.
func (e *Embedded) SampleLabel(label string) string { return label }

// HasMetric reports whether a target exports the metric. Series about scrapes always exist.
func (e *Embedded) HasMetric(_ context.Context, metric string) bool {
	return metric == "up" || strings.HasPrefix(metric, "scrape_") ||
		slices.ContainsFunc(e.Targets(), func(s target.Status) bool { return target.Exports(s, metric, nil) })
}

// Check has nothing to add to the status of the targets.
func (e *Embedded) Check(context.Context) (HealthSummary, error) { return HealthSummary{}, nil }

// Messages returns the texts for scraped targets.
func (e *Embedded) Messages() Messages {
	var urls []string
	for _, t := range e.settings.Targets {
		urls = append(urls, t.URL)
	}
	return Messages{
		NoTargets:     "Discovery has found no target yet: " + wording.List(urls) + ". Check the names, and that the pods are ready.",
		MissingKind:   "Add it to the data source's targets with kind: %s.",
		TargetSetting: "%s for the target",
	}
}
