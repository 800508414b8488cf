package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"golang.org/x/sync/errgroup"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// maxConcurrentQueries is how many queries about the targets are sent at a time.
const maxConcurrentQueries = 4

// FirstScrapeLookback is how far back a target's first scrape is known.
const FirstScrapeLookback = 15 * time.Minute

// targetVectors are the results of the queries about the targets.
type targetVectors struct {
	up       map[string]promql.Vector // by kind
	recent   map[string]promql.Vector // samples of `up` within maxSilence, by kind
	scrapes  map[string]promql.Vector // successful scrapes within FirstScrapeLookback, by kind
	nodes    nodeExporters
	facts    map[string]promql.Vector // by id of the fact; the value is the time of its last sample in seconds
	exported promql.Vector            // metric names by target
}

// maxSilence is how long `up` may have no sample: four scrape intervals, at least a minute.
func (s *Store) maxSilence() time.Duration { return max(time.Minute, 4*s.config.Interval) }

// queries sends queries about the targets: expressions together, and others concurrently. It recovers panics.
type queries struct {
	*errgroup.Group
	store *Store
	ctx   context.Context
	now   time.Time
	exprs []string
	into  []func(promql.Vector) // by expression
}

func (s *Store) newQueries(ctx context.Context, now time.Time) *queries {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxConcurrentQueries)
	return &queries{Group: group, store: s, ctx: ctx, now: now}
}

func (q *queries) run(f func(ctx context.Context) error) {
	q.Go(func() error { return q.store.client.Recovered(func() error { return f(q.ctx) }) })
}

// evaluate gives the value of an expression in the server's labels to a function, in Wait.
func (q *queries) evaluate(expr string, into func(promql.Vector)) {
	q.exprs, q.into = append(q.exprs, expr), append(q.into, into)
}

// Wait evaluates the expressions and waits for everything else.
func (q *queries) Wait() error {
	q.run(func(ctx context.Context) error {
		found, err := q.store.client.Vectors(ctx, q.exprs, q.now)
		for i, vector := range found {
			q.into[i](vector)
		}
		return err
	})
	return q.Group.Wait()
}

// storeIn returns a function that stores a vector.
func storeIn(place *promql.Vector) func(promql.Vector) {
	return func(v promql.Vector) { *place = v }
}

// findJobs finds, for each kind of target, the jobs all of whose answering targets have that kind. A kind with a target in a
// mixed job is missing from the result; its targets are only recognised by their metrics.
func (s *Store) findJobs(q *queries, into map[string][]string) {
	up := &parser.VectorSelector{Name: "up", LabelMatchers: s.config.Matchers}
	for _, kind := range kinds {
		targets := rewriter{Config: s.config}.targetsOfKind(kind, up)
		var found promql.Vector
		q.evaluate(fmt.Sprintf("group by (job) (%s)", targets), storeIn(&found))
		q.evaluate(fmt.Sprintf("group by (job) (%s == 1 unless on (%s) (%s))", up, s.config.Identity.targetLabels(), targets), func(others promql.Vector) {
			var jobs []string
			for _, sample := range found {
				jobs = append(jobs, s.targetKey(sample.Metric).job)
			}
			mixed := slices.ContainsFunc(others, func(o promql.Sample) bool { return slices.Contains(jobs, s.targetKey(o.Metric).job) })
			if !slices.Contains(jobs, "") && !mixed {
				slices.Sort(jobs)
				into[kind] = jobs
			}
		})
	}
}

// findExternalMetrics finds the metrics of other exporters that signals can use.
func (s *Store) findExternalMetrics(q *queries, into map[string]bool) {
	names := s.config.Catalogue.Store.ExternalMetrics
	if len(names) == 0 {
		return
	}
	selector := &parser.VectorSelector{LabelMatchers: append(
		[]*labels.Matcher{labels.MustNewMatcher(labels.MatchRegexp, model.MetricNameLabel, strings.Join(names, "|"))},
		rewriter{Config: s.config}.externalMatchers(s.config.Matchers)...)}
	q.evaluate(fmt.Sprintf("group by (__name__) (%s)", selector), func(found promql.Vector) {
		for _, sample := range found {
			into[sample.Metric.Get(model.MetricNameLabel)] = true
		}
	})
}

// findTargets queries everything that a status says.
func (s *Store) findTargets(ctx context.Context, w rewriter, now time.Time) ([]target.Status, error) {
	v := targetVectors{up: map[string]promql.Vector{}, recent: map[string]promql.Vector{}, scrapes: map[string]promql.Vector{}, facts: map[string]promql.Vector{}}
	q := s.newQueries(ctx, now)
	evaluate := func(into map[string]promql.Vector, key, expr string) {
		q.evaluate(expr, func(found promql.Vector) { into[key] = found })
	}
	rewritten := func(format string, values ...any) string {
		return w.expr(parse(fmt.Sprintf(format, values...))).String()
	}
	for kind, label := range map[string]string{target.KindFalco: "", target.KindFalcosidekick: target.KindFalcosidekick} {
		evaluate(v.up, kind, rewritten("up{kind=%q}", label))
		evaluate(v.recent, kind, rewritten("count_over_time(up{kind=%q}[%s])", label, signals.FormatDuration(s.maxSilence())))
		evaluate(v.scrapes, kind, rewritten("sum_over_time(up{kind=%q}[%s])", label, signals.FormatDuration(FirstScrapeLookback)))
	}
	for _, fact := range s.config.Catalogue.Reading.Facts {
		// Facts of a Falco that is down are remembered for an hour.
		selector := s.selector(labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, fact.Metric))
		evaluate(v.facts, fact.ID, fmt.Sprintf("max by (%s, %s) (max_over_time(timestamp(%s)[1h:1m]))", s.config.Identity.targetLabels(), fact.Label, selector))
	}
	names := labels.MustNewMatcher(labels.MatchRegexp, model.MetricNameLabel, strings.Join(s.config.Catalogue.Metrics(kinds...), "|"))
	q.evaluate(fmt.Sprintf("group by (%s, __name__) (%s)", s.config.Identity.targetLabels(), s.selector(names)), storeIn(&v.exported))
	s.findNodeExporters(q, w, &v.nodes)
	if err := q.Wait(); err != nil {
		return nil, err
	}
	return s.statuses(v, now), nil
}

// selector returns a selector with the extra matchers.
func (s *Store) selector(matchers ...*labels.Matcher) string {
	var all []string
	for _, m := range slices.Concat(matchers, s.config.Matchers) {
		all = append(all, m.String())
	}
	return "{" + strings.Join(all, ",") + "}"
}
