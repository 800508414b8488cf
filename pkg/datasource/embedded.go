package datasource

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// fleet is what the embedded executor asks of its targets: a scrape.Lease, or a fake.
type fleet interface {
	// Use says that somebody asks; without it scraping pauses after hours.
	Use()
	Release()
	// Wait returns when every target has been scraped once; the error is ctx's.
	Wait(ctx context.Context) error
	Targets() []scrape.Status
	Queryable() storage.Queryable
	// Since is when the history begins; zero when there is none. Trimmed is whether that is because no more of it fits.
	Since() time.Time
	Trimmed() bool
	// Live scrapes targets beside the grid, by their ids; the answers are in their order.
	Live(ctx context.Context, ids []string, interval time.Duration) []scrape.Live
}

var _ fleet = (*scrape.Lease)(nil)

// embedded scrapes, keeps a history in memory and evaluates with Prometheus's own engine.
type embedded struct {
	fleet    fleet
	engine   *promql.Engine
	settings settings
}

func newEmbedded(s settings, f fleet) *embedded {
	return &embedded{
		fleet: f, settings: s,
		engine: history.NewEngine(history.EngineOptions{MaxSamples: s.maxSamples, Timeout: s.queryTimeout}),
	}
}

func (e *embedded) ready(ctx context.Context, patience time.Duration) error {
	if len(e.settings.targets) == 0 {
		return userError{errNoTargets}
	}
	e.fleet.Use()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_ = e.fleet.Wait(ctx) // those that are still missing are told in notices
	return nil
}

// release gives the lease back; what it scraped stays for the instance that follows.
func (e *embedded) release() { e.fleet.Release() }

func (e *embedded) targets() []scrape.Status { return e.fleet.Targets() }

// outdated never: each target says itself how it stands.
func (e *embedded) outdated() (time.Time, string) { return time.Time{}, "" }

func (e *embedded) catalogue(c *signals.Catalogue) *signals.Catalogue { return c }

func (e *embedded) evaluate(ctx context.Context, asked evaluation) (answer, error) {
	var (
		q          promql.Query
		err        error
		start, end = time.UnixMilli(asked.start), time.UnixMilli(asked.end)
	)
	if asked.step == 0 {
		q, err = e.engine.NewInstantQuery(ctx, e.fleet.Queryable(), nil, asked.expr, end)
	} else {
		q, err = e.engine.NewRangeQuery(ctx, e.fleet.Queryable(), nil, asked.expr, start, end, asked.step)
	}
	if err != nil {
		return answer{}, err
	}
	result := q.Exec(ctx)
	return answer{value: result.Value, executed: asked.expr, free: q.Close}, result.Err
}

func (e *embedded) querier(from, to int64) (storage.Querier, error) {
	return e.fleet.Queryable().Querier(from, to)
}

func (e *embedded) firstUp(ctx context.Context, s scope, from, to time.Time) (map[node]int64, error) {
	first := map[node]int64{}
	_, err := scan(ctx, e, "up", s, from, to, func(l labels.Labels, all samples) {
		for at, v := range all {
			if v == 1 {
				n := nodeOf(l)
				if known, ok := first[n]; !ok || at < known {
					first[n] = at
				}
				return
			}
		}
	})
	return first, err
}

// present asks the history: that costs nothing.
func (e *embedded) present(time.Time) map[node]bool { return nil }

func (e *embedded) since() time.Time { return e.fleet.Since() }

func (e *embedded) trimmed() bool { return e.fleet.Trimmed() }

func (e *embedded) rewritten(expr string) (string, error) { return expr, nil }

func (e *embedded) written(label string) string { return label }

// holds is whether any target exports a metric; those of the scrapes themselves always are there.
func (e *embedded) holds(_ context.Context, metric string) bool {
	return metric == "up" || strings.HasPrefix(metric, "scrape_") ||
		slices.ContainsFunc(e.targets(), func(s scrape.Status) bool { return has(s, metric, nil) })
}

func (e *embedded) check(context.Context) (checkup, error) { return checkup{}, nil }

func (e *embedded) words() words {
	var urls []string
	for _, t := range e.settings.targets {
		urls = append(urls, t.URL)
	}
	return words{
		nobody:        "Discovery has found no target yet: " + list(urls) + ". Check the names, and that the pods are ready.",
		missingKind:   "Add it to the data source's targets with kind: %s.",
		targetSetting: "%s for the target",
	}
}
