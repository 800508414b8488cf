package store

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// Querier returns a querier for labels and raw samples between two times in Unix milliseconds.
func (s *Store) Querier(from, to int64) storage.Querier {
	return &querier{Store: s, from: from, to: to}
}

type querier struct {
	*Store
	from, to int64

	mu   sync.Mutex
	held []func() // give back the memory of samples
}

// Close implements [storage.LabelQuerier].
func (q *querier) Close() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, release := range q.held {
		release()
	}
	q.held = nil
	return nil
}

// LabelNames implements [storage.LabelQuerier].
func (q *querier) LabelNames(ctx context.Context, _ *storage.LabelHints, matchers ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	names, err := q.labelNames(ctx, q.from, q.to, matchers)
	return names, nil, err
}

// LabelValues implements [storage.LabelQuerier].
func (q *querier) LabelValues(ctx context.Context, name string, _ *storage.LabelHints, matchers ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	values, err := q.labelValues(ctx, name, q.from, q.to, matchers)
	return values, nil, err
}

// Select implements [storage.Querier]. It ignores the hints. See [promapi.Client.Samples]. Series of several metrics may fail
// together although they do not one by one.
func (q *querier) Select(ctx context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	metrics := 1
	for _, m := range matchers {
		if m.Name == model.MetricNameLabel {
			metrics = len(m.SetMatches())
		}
	}
	set, release := q.client.Samples(ctx, q.selector(q.rewriter().serverMatchers(matchers)...), metrics, q.from, q.to)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.held = append(q.held, release)
	return set
}

// labelNames returns the sorted names of the labels on the series that pass the matchers; without matchers on Falco's and
// Falcosidekick's series.
func (s *Store) labelNames(ctx context.Context, from, to int64, matchers []*labels.Matcher) ([]string, error) {
	if len(matchers) == 0 {
		matchers = []*labels.Matcher{s.anyMetric()}
	} else {
		matchers = s.rewriter().serverMatchers(slices.Clone(matchers))
	}
	names, err := s.client.LabelNames(ctx, from, to, s.selector(matchers...))
	for i := range names {
		names[i] = s.config.Identity.pluginLabel(names[i])
	}
	slices.Sort(names)
	return slices.Compact(names), err
}

// labelValues returns the sorted values of a label. Matchers without a metric name select the series of Falco and
// Falcosidekick, except that metric names come from all series that pass the extra matchers.
func (s *Store) labelValues(ctx context.Context, name string, from, to int64, matchers []*labels.Matcher) ([]string, error) {
	serverLabel := s.config.Identity.ServerLabel(name)
	if serverLabel == "" {
		return nil, nil
	}
	w := s.rewriter()
	selector := &parser.VectorSelector{LabelMatchers: slices.Clone(matchers)}
	kinds := w.takeKinds(selector)
	matchers = w.serverMatchers(selector.LabelMatchers)
	var selectors []string
	hasMetric := slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return m.Name == model.MetricNameLabel })
	switch {
	case hasMetric:
		selectors = append(selectors, s.selector(matchers...))
	case name == model.MetricNameLabel:
		if len(matchers)+len(s.config.Matchers) > 0 {
			selectors = append(selectors, s.selector(append(matchers, labels.MustNewMatcher(labels.MatchNotEqual, model.MetricNameLabel, ""))...))
		}
	case slices.Contains(s.config.Identity, serverLabel):
		for _, kind := range kinds {
			selectors = append(selectors, s.selector(append(slices.Clone(matchers), s.config.kindMatcher(kind))...))
			// A target that never answered only has `up`.
			if jobs := w.jobs[kind]; len(jobs) > 0 {
				selectors = append(selectors, s.selector(append(slices.Clone(matchers), labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, "up"), matchAny("job", jobs))...))
			}
		}
		if len(kinds) == 0 {
			return nil, nil
		}
	default:
		selectors = append(selectors, s.selector(append(slices.Clone(matchers), s.anyMetric())...))
	}
	values, err := s.client.LabelValues(ctx, serverLabel, from, to, selectors...)
	slices.Sort(values)
	return values, err
}

// anyMetric matches every metric of Falco and Falcosidekick.
func (s *Store) anyMetric() *labels.Matcher {
	var prefixes []string
	for _, m := range s.config.Catalogue.Reading.IdentifyingMetrics {
		if m.Kind == target.KindNodeExporter {
			continue // a server may have it on many nodes without Falco
		}
		prefixes = append(prefixes, m.Prefix+".*")
	}
	return labels.MustNewMatcher(labels.MatchRegexp, model.MetricNameLabel, strings.Join(prefixes, "|"))
}
