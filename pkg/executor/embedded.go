package executor

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/budget"
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
	// Use must be called at every request: scraping pauses when it has not been called for hours.
	Use()
	Release()
	// Wait returns when every target has been scraped once; the error is ctx's.
	Wait(ctx context.Context) error
	Targets() []target.Status
	Queryable() storage.Queryable
	// Since returns when the history starts, zero if there is none. Trimmed reports whether older samples were evicted.
	Since() time.Time
	Trimmed() bool
	// Live returns live scrapes of targets, in the order of the ids.
	Live(ctx context.Context, ids []string, interval time.Duration) []scrape.Live
}

var _ Fleet = (*scrape.Lease)(nil)

// Embedded scrapes targets, keeps a history in memory and evaluates expressions with Prometheus's engine.
type Embedded struct {
	Fleet    Fleet
	settings settings.Settings
	received storage.Queryable // nil where the alert receiver is off
	budget   *budget.Budget
}

// NewEmbedded returns an executor over the targets of f, which it releases, and over what the alert receiver counted.
// received is nil where the receiver is off.
func NewEmbedded(s settings.Settings, f Fleet, received storage.Queryable, shared *Shared) *Embedded {
	return &Embedded{Fleet: f, settings: s, received: received, budget: shared.budget}
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
	_ = e.Fleet.Wait(ctx) // notices report those that are still missing
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

// maxAnnotations is the number of warnings, and of infos, of the engine that a panel shows.
const maxAnnotations = 5

// Evaluate runs Prometheus's engine on the history, within the budget of the process.
func (e *Embedded) Evaluate(ctx context.Context, what Evaluation) (Value, error) {
	value, err := e.evaluateIn(ctx, e.budget.Take, what)
	if errors.As(err, new(budget.TooManySamples)) {
		value, err = e.evaluateIn(ctx, e.budget.TakeLarge, what)
	}
	if err != nil {
		return Value{}, err
	}
	release, err := e.budget.Hold(ctx, countSamples(value.Value), e.settings.MaxSamples)
	if err != nil {
		value.Release()
		return Value{}, err
	}
	free := value.Release
	value.Release = func() { free(); release() }
	return value, nil
}

// evaluateIn waits for a place and evaluates in it.
func (e *Embedded) evaluateIn(ctx context.Context, take func(context.Context, int) (*budget.Place, error), what Evaluation) (Value, error) {
	place, err := take(ctx, e.settings.MaxSamples)
	if err != nil {
		return Value{}, err
	}
	defer place.Give()
	engine := history.NewEngine(history.EngineOptions{MaxSamples: place.Samples(), Timeout: e.settings.QueryTimeout})
	var (
		q          promql.Query
		start, end = time.UnixMilli(what.Start), time.UnixMilli(what.End)
	)
	if what.Step == 0 {
		q, err = engine.NewInstantQuery(ctx, e.queryable(), nil, what.Expr, end)
	} else {
		q, err = engine.NewRangeQuery(ctx, e.queryable(), nil, what.Expr, start, end, what.Step)
	}
	if err != nil {
		return Value{}, err
	}
	result := q.Exec(ctx)
	if result.Err != nil {
		q.Close()
		if errors.As(result.Err, new(promql.ErrTooManySamples)) {
			return Value{}, budget.TooManySamples(place.Samples())
		}
		return Value{}, result.Err
	}
	value := Value{Value: result.Value, Executed: what.Expr, Release: q.Close}
	if what.UserWritten { // the catalogue knows what it does
		value.Notices = engineNotices(result.Warnings, what.Expr)
	}
	return value, nil
}

// engineNotices returns the warnings and infos of the engine in its own words, with positions in the expression.
func engineNotices(found annotations.Annotations, expr string) (out []data.Notice) {
	warnings, infos := found.AsStrings(expr, maxAnnotations, maxAnnotations)
	for _, text := range warnings {
		out = append(out, data.Notice{Severity: data.NoticeSeverityWarning, Text: text})
	}
	for _, text := range infos {
		out = append(out, data.Notice{Severity: data.NoticeSeverityInfo, Text: text})
	}
	return out
}

// countSamples returns how many samples a value holds.
func countSamples(value parser.Value) (n int) {
	switch v := value.(type) {
	case promql.Matrix:
		for _, s := range v {
			n += len(s.Floats)
		}
	case promql.Vector:
		n = len(v)
	}
	return n
}

// Retention returns how long samples are kept.
func (e *Embedded) Retention() time.Duration { return e.settings.Retention }

// Querier returns the samples of the history.
func (e *Embedded) Querier(from, to int64) (storage.Querier, error) {
	return e.queryable().Querier(from, to)
}

// FirstUp reads the history.
func (e *Embedded) FirstUp(ctx context.Context, s Scope, from, to time.Time) (map[target.Node]int64, error) {
	first := map[target.Node]int64{}
	_, err := Scan(ctx, e, "up", s, from, to, func(l labels.Labels, all Samples) {
		if l.Get(target.KindLabel) == target.KindNodeExporter {
			return
		}
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
		NoTargets:           "Discovery has found no target yet: " + wording.List(urls) + ". Check the names, and that the pods are ready.",
		MissingKind:         "Add it to the data source's targets with kind: %s.",
		MissingNodeExporter: "Add it to the data source's targets with kind: node-exporter. Its host name must be that of Falco; otherwise set the label node of both.",
		TargetSetting:       "%s for the target",
	}
}
