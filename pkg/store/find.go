package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"golang.org/x/sync/errgroup"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// atOnce is how many queries are sent at a time to find out about the targets.
const atOnce = 4

// found is what the queries say, to be put together.
type found struct {
	up       map[string]promql.Vector // by kind
	recent   map[string]promql.Vector // samples of `up` within some scrapes
	answered map[string]promql.Vector // times that `up` was 1 within Youth
	facts    map[string]promql.Vector // by id; the value is when it was last shown, in seconds
	exported promql.Vector            // metrics, by target
}

// Youth is how long a target has to be known until it is not told any more since when.
const Youth = 15 * time.Minute

// silence is how long `up` may have no sample: four scrapes, and no less than a minute.
func (s *Store) silence() time.Duration { return max(time.Minute, 4*s.config.Interval) }

// findJobs finds the jobs of which all targets that answer are of one kind. A kind with a target in any other job is
// missing: then each target has to show what it is.
func (s *Store) findJobs(ctx context.Context, now time.Time) (map[string][]string, error) {
	out := map[string][]string{}
	up := &parser.VectorSelector{Name: "up", LabelMatchers: s.config.Matchers}
	for _, kind := range []string{target.KindFalco, target.KindFalcosidekick} {
		shown := rewriter{Config: s.config}.shown(kind, up)
		of, err := s.vector(ctx, fmt.Sprintf("group by (job) (%s)", shown), now)
		if err != nil {
			return nil, err
		}
		if len(of) == 0 {
			out[kind] = nil
			continue
		}
		mixed, err := s.vector(ctx, fmt.Sprintf("group by (job) (%s == 1 unless on (%s) (%s))", up, s.config.Identity.target(), shown), now)
		if err != nil {
			return nil, err
		}
		var jobs []string
		for _, sample := range of {
			jobs = append(jobs, s.whoIs(sample.Metric).job)
		}
		if !slices.Contains(jobs, "") && !slices.ContainsFunc(mixed, func(m promql.Sample) bool { return slices.Contains(jobs, s.whoIs(m.Metric).job) }) {
			slices.Sort(jobs)
			out[kind] = jobs
		}
	}
	return out, nil
}

// findForeign finds out which metrics of other exporters are there.
func (s *Store) findForeign(ctx context.Context, now time.Time) (map[string]bool, error) {
	out := map[string]bool{}
	names := s.config.Catalogue.Store.Foreign
	if len(names) == 0 {
		return out, nil
	}
	selector := &parser.VectorSelector{LabelMatchers: append(
		[]*labels.Matcher{labels.MustNewMatcher(labels.MatchRegexp, model.MetricNameLabel, strings.Join(names, "|"))},
		rewriter{Config: s.config}.foreign(s.config.Matchers)...)}
	found, err := s.vector(ctx, fmt.Sprintf("group by (__name__) (%s)", selector), now)
	for _, sample := range found {
		out[sample.Metric.Get(model.MetricNameLabel)] = true
	}
	return out, err
}

// find asks the store for all that a status says.
func (s *Store) find(ctx context.Context, w rewriter, now time.Time) ([]target.Status, error) {
	f := found{up: map[string]promql.Vector{}, recent: map[string]promql.Vector{}, answered: map[string]promql.Vector{}, facts: map[string]promql.Vector{}}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	ask := func(expr string, keep func(promql.Vector)) {
		group.Go(func() error {
			vector, err := s.vector(ctx, expr, now)
			mu.Lock()
			defer mu.Unlock()
			keep(vector)
			return err
		})
	}
	written := func(format string, values ...any) string {
		return w.expr(parse(fmt.Sprintf(format, values...))).String()
	}
	for kind, label := range map[string]string{target.KindFalco: "", target.KindFalcosidekick: target.KindFalcosidekick} {
		ask(written("up{kind=%q}", label), func(v promql.Vector) { f.up[kind] = v })
		ask(written("count_over_time(up{kind=%q}[%s])", label, signals.FormatDuration(s.silence())), func(v promql.Vector) { f.recent[kind] = v })
		ask(written("sum_over_time(up{kind=%q}[%s])", label, signals.FormatDuration(Youth)), func(v promql.Vector) { f.answered[kind] = v })
	}
	for _, fact := range s.config.Catalogue.Reading.Facts {
		// What a Falco last said of itself is remembered for an hour.
		selector := s.selector(labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, fact.Metric))
		ask(fmt.Sprintf("max by (%s, %s) (max_over_time(timestamp(%s)[1h:1m]))", s.config.Identity.target(), fact.Label, selector),
			func(v promql.Vector) { f.facts[fact.ID] = v })
	}
	names := labels.MustNewMatcher(labels.MatchRegexp, model.MetricNameLabel, strings.Join(s.config.Catalogue.Metrics(), "|"))
	ask(fmt.Sprintf("group by (%s, __name__) (%s)", s.config.Identity.target(), s.selector(names)), func(v promql.Vector) { f.exported = v })
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return s.statuses(f, now), nil
}

// vector evaluates an expression in the store's own labels at an instant.
func (s *Store) vector(ctx context.Context, expr string, at time.Time) (promql.Vector, error) {
	answer, err := s.send(ctx, Query{Expr: expr, Start: at, End: at})
	vector, _ := answer.Value.(promql.Vector)
	return vector, err
}

// selector is one with the extra matchers.
func (s *Store) selector(matchers ...*labels.Matcher) string {
	var all []string
	for _, m := range slices.Concat(matchers, s.config.Matchers) {
		all = append(all, m.String())
	}
	return "{" + strings.Join(all, ",") + "}"
}
