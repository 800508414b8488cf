package executor

import (
	"context"
	"errors"
	"fmt"
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
	// Wait returns when every target has been scraped once, or twice; the error is ctx's.
	Wait(ctx context.Context, scrapes int) error
	Targets() []target.Status
	Queryable() storage.Queryable
	// Since returns when the history starts, zero if there is none. Trimmed reports whether older samples were evicted.
	Since() time.Time
	Trimmed() bool
	// Stats describes the history.
	Stats() history.Stats
	// Live returns live scrapes of targets, in the order of the ids.
	Live(ctx context.Context, ids []string, interval time.Duration) []scrape.Live
}

var _ Fleet = (*scrape.Lease)(nil)

// Embedded scrapes targets, keeps a history in memory and evaluates expressions with Prometheus's engine.
type Embedded struct {
	Fleet    Fleet
	settings settings.Settings
	received *history.History // nil where the alert receiver is off
	budget   *budget.Budget
	results  *results
	repeats  *occurrences
}

// NewEmbedded returns an executor over the targets of f, which it releases, and over what the alert receiver counted.
// received is nil where the receiver is off.
func NewEmbedded(s settings.Settings, f Fleet, received *history.History, shared *Shared) *Embedded {
	return &Embedded{Fleet: f, settings: s, received: received, budget: shared.budget, results: newResults(s.ResultCacheSize), repeats: newOccurrences()}
}

// Ready keeps scraping alive, and waits up to patience for targets that have not been scraped yet, or not twice. Notices
// report those that are still missing.
func (e *Embedded) Ready(ctx context.Context, patience time.Duration, rates bool) error {
	if len(e.settings.Targets) == 0 {
		return failure.User(ErrNoTargets)
	}
	e.Fleet.Use()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	scrapes := 1
	if rates {
		scrapes = 2
	}
	_ = e.Fleet.Wait(ctx, scrapes) // notices report those that are still missing
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

// TooManySeries means that an evaluation needs more series than its share of limits.maxSamples has room for.
type TooManySeries int

func (e TooManySeries) Error() string { return fmt.Sprintf("more than %d series", int(e)) }

// source is where an evaluation has its samples and its place from. What take returns must be given back.
type source struct {
	queryable func() storage.Queryable
	take      func(context.Context) (place *budget.Place, give func(), err error)
}

// Evaluate runs Prometheus's engine on the history, within the budget of the process, unless the value is already known.
func (e *Embedded) Evaluate(ctx context.Context, what Evaluation) (Value, error) {
	value, err := e.evaluateIn(ctx, e.sourceWith(e.budget.Take), what)
	if errors.As(err, new(budget.TooManySamples)) || errors.As(err, new(TooManySeries)) {
		value, err = e.evaluateIn(ctx, e.sourceWith(e.budget.TakeLarge), what)
	}
	return value, err
}

// sourceWith returns the source of an evaluation that takes a place of its own.
func (e *Embedded) sourceWith(take func(context.Context, int) (*budget.Place, error)) source {
	return source{e.queryable, func(ctx context.Context) (*budget.Place, func(), error) {
		place, err := take(ctx, e.settings.MaxSamples)
		return place, place.Give, err
	}}
}

// evaluateIn waits for a place and evaluates in it. An identical evaluation that already runs is awaited without a place:
// a user's places are for what only that user needs.
func (e *Embedded) evaluateIn(ctx context.Context, from source, what Evaluation) (Value, error) {
	for waits := 0; ; waits++ {
		if value, known, err := e.known(ctx, from.queryable(), what); known || err != nil {
			return value, err
		}
		place, give, err := from.take(ctx)
		if err != nil {
			return Value{}, err
		}
		end, other := e.results.begin(what)
		if other == nil || waits == 2 { // the client of the first one may have left; do not queue behind one that fails
			defer give() // after a panic as well, as end
			defer end()
			return e.evaluate(ctx, from.queryable(), place, what)
		}
		give()
		select {
		case <-other:
		case <-ctx.Done():
			return Value{}, ctx.Err()
		}
	}
}

// known returns the value of an evaluation if it is kept whole.
func (e *Embedded) known(ctx context.Context, queryable storage.Queryable, what Evaluation) (value Value, known bool, err error) {
	view, ok := queryable.(*history.View)
	if !ok {
		return Value{}, false, nil
	}
	found, from, until := e.results.find(what, view)
	if found == nil || from > what.Start || until < what.End {
		return Value{}, false, nil
	}
	value, err = e.share(ctx, found, what)
	return value, true, err
}

// share hands the part of a result that an evaluation asks for to a request.
func (e *Embedded) share(ctx context.Context, found *result, what Evaluation) (Value, error) {
	value := found.value
	if m, isRange := value.(promql.Matrix); isRange && what.Step > 0 && (found.start < what.Start || found.end > what.End) {
		value = within(m, what.Start, what.End)
	}
	return e.hold(ctx, Value{Value: value, Executed: what.Expr})
}

// hold counts the samples of a value until it is released.
func (e *Embedded) hold(ctx context.Context, value Value) (Value, error) {
	release, err := e.budget.Hold(ctx, countSamples(value.Value), e.settings.MaxSamples)
	free := value.Release
	if err != nil {
		if free != nil {
			free()
		}
		return Value{}, err
	}
	value.Release = release
	if free != nil {
		value.Release = func() { free(); release() }
	}
	return value, nil
}

// evaluate evaluates the steps that are not known, and keeps the value for other requests.
func (e *Embedded) evaluate(ctx context.Context, queryable storage.Queryable, place *budget.Place, what Evaluation) (Value, error) {
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(what.Expr)
	if err != nil {
		return Value{}, err
	}
	view, keeps := queryable.(*history.View)
	far, reusable := reach(parsed)
	if !keeps || !reusable {
		value, err := e.run(ctx, queryable, place.Samples(), parsed, what)
		if err != nil {
			return Value{}, err
		}
		return e.hold(ctx, value)
	}
	fresh := &result{key: keyOf(what), start: what.Start, end: what.End, snapshot: view.Snapshot(), reach: far}
	if extended, err := e.extend(ctx, view, place.Samples(), parsed, what); extended != nil || err != nil {
		fresh.value = extended
		if err != nil {
			return Value{}, err
		}
	} else {
		value, err := e.runShared(ctx, view, place, parsed, what)
		if err != nil {
			return Value{}, err
		}
		if len(value.Notices) > 0 {
			return e.hold(ctx, value)
		}
		fresh.value = value.Value
		if _, isMatrix := value.Value.(promql.Matrix); isMatrix {
			fresh.value = own(value.Value)
			value.release()
		}
	}
	fresh.measure()
	e.results.keep(fresh)
	return e.share(ctx, fresh, what)
}

// extend returns the value of a range of which some steps are known: it evaluates those before and after them. It returns nil
// if none is known, or if the engine has something to say about the others, because that could be about the known ones as well.
func (e *Embedded) extend(ctx context.Context, view *history.View, samples int, parsed parser.Expr, what Evaluation) (promql.Matrix, error) {
	found, from, until := e.results.find(what, view)
	if found == nil || what.Step == 0 || from > what.End || until < what.Start {
		return nil, nil
	}
	known, isRange := found.value.(promql.Matrix)
	if !isRange {
		return nil, nil
	}
	step := what.Step.Milliseconds()
	first := what.Start + (max(from, what.Start)-what.Start+step-1)/step*step
	last := what.Start + (min(until, what.End)-what.Start)/step*step
	if first > last {
		return nil, nil
	}
	known = within(known, first, last)
	for _, rest := range []Evaluation{
		{Expr: what.Expr, Start: what.Start, End: first - step, Step: what.Step, UserWritten: what.UserWritten},
		{Expr: what.Expr, Start: last + step, End: what.End, Step: what.Step, UserWritten: what.UserWritten},
	} {
		if rest.Start > rest.End {
			continue
		}
		value, err := e.run(ctx, view, samples, parsed, rest)
		if err != nil {
			return nil, err
		}
		more, isRange := value.Value.(promql.Matrix)
		if !isRange || len(value.Notices) > 0 {
			value.release()
			return nil, nil
		}
		if rest.Start < first {
			known = join(more, known)
		} else {
			known = join(known, more)
		}
		value.release()
	}
	return known, nil
}

// run evaluates an expression that may hold some samples in memory, by groups of nodes if it needs more and can be divided.
func (e *Embedded) run(ctx context.Context, queryable storage.Queryable, samples int, parsed parser.Expr, what Evaluation) (Value, error) {
	view, isHistory := queryable.(*history.View)
	text := what.Expr
	if isHistory && !what.UserWritten { // users are told about their expression, with positions in it
		if parsed = simplify(view, parsed); parsed == nil {
			return emptyValue(what), nil
		}
		text = parsed.String()
	}
	groups := groups{count: 1, samples: samples, cost: seriesCost(parsed, what)}
	if isHistory {
		var err error
		if groups, err = groupsOf(view, parsed, what, samples); err != nil {
			return Value{}, err
		}
	}
	return e.runGroups(ctx, groups, func(i int) storage.Queryable {
		if groups.count == 1 {
			return queryable
		}
		return view.Part(i, groups.count)
	}, text, what)
}

// groups are the groups of nodes that an evaluation is divided into.
type groups struct {
	count   int
	total   func(a, b float64) float64 // see union
	samples int                        // that the evaluation may hold in memory
	cost    int                        // of a series, in samples
}

// groupsOf returns the groups for an evaluation that may hold some samples in memory.
func groupsOf(from seriesCounter, parsed parser.Expr, what Evaluation, samples int) (groups, error) {
	g := groups{samples: samples, cost: seriesCost(parsed, what)}
	var tooMany bool
	if g.count, g.total, tooMany = parts(from, parsed, what, g.cost, samples); tooMany {
		return g, TooManySeries(max(1, samples/g.cost))
	}
	return g, nil
}

// runGroups evaluates an expression for each group and puts the values together. group returns the samples of a group.
func (e *Embedded) runGroups(ctx context.Context, g groups, group func(i int) storage.Queryable, text string, what Evaluation) (Value, error) {
	room := g.samples
	if g.count > 1 {
		room = roomOfPart(g.samples) // the other half is for the values of the earlier parts
	}
	series := max(1, room/g.cost)
	engine := history.NewEngine(history.EngineOptions{MaxSamples: room, Timeout: e.settings.QueryTimeout})
	u := union{total: g.total}
	var found annotations.Annotations
	for i := range g.count {
		q, err := newQuery(ctx, engine, bounded{group(i), series}, text, what)
		if err != nil {
			return Value{}, err
		}
		result := q.Exec(ctx)
		if errors.As(result.Err, new(promql.ErrTooManySamples)) {
			result.Err = budget.TooManySamples(g.samples)
		}
		if result.Err != nil {
			q.Close()
			return Value{}, result.Err
		}
		found.Merge(result.Warnings)
		if g.count == 1 {
			u.add(result.Value)
			u.free = q.Close
			break
		}
		u.add(own(result.Value))
		q.Close()
		if u.samples > room {
			return Value{}, budget.TooManySamples(g.samples)
		}
	}
	value := Value{Value: u.value(), Executed: what.Expr, Release: u.free}
	if what.UserWritten { // the catalogue knows what it does
		value.Notices = engineNotices(found, what.Expr)
	}
	return value, nil
}

func emptyValue(what Evaluation) Value {
	if what.Step > 0 {
		return Value{Value: promql.Matrix{}, Executed: what.Expr}
	}
	return Value{Value: promql.Vector{}, Executed: what.Expr}
}

func newQuery(ctx context.Context, engine *promql.Engine, queryable storage.Queryable, expr string, what Evaluation) (promql.Query, error) {
	start, end := time.UnixMilli(what.Start), time.UnixMilli(what.End)
	if what.Step == 0 {
		return engine.NewInstantQuery(ctx, queryable, nil, expr, end)
	}
	return engine.NewRangeQuery(ctx, queryable, nil, expr, start, end, what.Step)
}

// queryable returns the scraped samples and, where the alert receiver is on, what it counted.
func (e *Embedded) queryable() storage.Queryable {
	scraped := e.Fleet.Queryable()
	if view, ok := scraped.(*history.View); ok && e.received != nil {
		return view.With(e.received)
	}
	return scraped
}

// Unchanged returns a function that reports whether the samples until a time are still those of now.
func (e *Embedded) Unchanged() func(until time.Time) bool {
	before, keeps := e.queryable().(*history.View)
	if !keeps {
		return func(time.Time) bool { return false }
	}
	snapshot := before.Snapshot()
	return func(until time.Time) bool {
		now, keeps := e.queryable().(*history.View)
		if !keeps {
			return false
		}
		_, from := now.ChangedSince(snapshot) // the oldest samples go at every moment
		return from > until.UnixMilli()
	}
}

// engineNotices returns the warnings and infos of the engine in its own words, with positions in the expression.
func engineNotices(found annotations.Annotations, expr string) (out []data.Notice) {
	warnings, infos := found.AsStrings(expr, 0, 0)
	for _, text := range limitAnnotations(warnings, "warning") {
		out = append(out, data.Notice{Severity: data.NoticeSeverityWarning, Text: text})
	}
	for _, text := range limitAnnotations(infos, "info") {
		out = append(out, data.Notice{Severity: data.NoticeSeverityInfo, Text: text})
	}
	return out
}

// limitAnnotations sorts annotations, which the engine returns in random order, and keeps the first maxAnnotations.
func limitAnnotations(all []string, kind string) []string {
	slices.Sort(all)
	if omitted := len(all) - maxAnnotations; omitted > 0 {
		return append(all[:maxAnnotations], fmt.Sprintf("%d more %s annotations omitted", omitted, kind))
	}
	return all
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
	_, err := Scan(ctx, e, []string{"up"}, s, from, to, func(l labels.Labels, all Samples) {
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

// Check reports the memory of the values that are kept, and of the history.
func (e *Embedded) Check(context.Context) (summary HealthSummary, err error) {
	if count, bytes := e.results.size(); count > 0 {
		summary.Suggestions = append(summary.Suggestions, fmt.Sprintf("%s kept for other requests: %s of %s (limits.resultCacheSize).",
			wording.Count(count, "value"), wording.Size(bytes), wording.Size(e.results.maxBytes)))
	}
	if stats := e.Fleet.Stats(); stats.Samples > 0 {
		summary.Suggestions = append(summary.Suggestions, fmt.Sprintf("The history takes %s of %s (retention.size).",
			wording.Size(stats.Bytes), wording.Size(e.settings.RetentionSize)))
	}
	return summary, nil
}

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
