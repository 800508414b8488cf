package store

import (
	"context"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	jsoniter "github.com/json-iterator/go"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// labelsLookback is how far back labels are read if a query has no start.
const labelsLookback = 24 * time.Hour

// labelNames returns the sorted names of the labels on Falco's and Falcosidekick's series.
func (s *Store) labelNames(ctx context.Context, from, to int64) ([]string, error) {
	p := s.timeParameters(from, to)
	p.Set("match[]", s.selector(s.anyMetric()))
	names, err := s.requestStrings(ctx, labelsEndpoint, p)
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
	valuesEndpoint, err := labelValuesEndpoint(serverLabel)
	if err != nil {
		return nil, err
	}
	w := s.rewriter()
	selector := &parser.VectorSelector{LabelMatchers: slices.Clone(matchers)}
	kinds := w.takeKinds(selector)
	matchers = w.serverMatchers(selector.LabelMatchers)
	p := s.timeParameters(from, to)
	hasMetric := slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return m.Name == model.MetricNameLabel })
	switch {
	case hasMetric:
		p.Add("match[]", s.selector(matchers...))
	case name == model.MetricNameLabel:
		if len(matchers)+len(s.config.Matchers) > 0 {
			p.Add("match[]", s.selector(append(matchers, labels.MustNewMatcher(labels.MatchNotEqual, model.MetricNameLabel, ""))...))
		}
	case slices.Contains(s.config.Identity, serverLabel):
		for _, kind := range kinds {
			p.Add("match[]", s.selector(append(slices.Clone(matchers), s.config.kindMatcher(kind))...))
			// A target that never answered only has `up`.
			if jobs := w.jobs[kind]; len(jobs) > 0 {
				p.Add("match[]", s.selector(append(slices.Clone(matchers), labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, "up"), matchAny("job", jobs))...))
			}
		}
		if len(kinds) == 0 {
			return nil, nil
		}
	default:
		p.Add("match[]", s.selector(append(slices.Clone(matchers), s.anyMetric())...))
	}
	values, err := s.requestStrings(ctx, valuesEndpoint, p)
	slices.Sort(values)
	return values, err
}

// anyMetric matches every metric of Falco and Falcosidekick.
func (s *Store) anyMetric() *labels.Matcher {
	var prefixes []string
	for _, m := range s.config.Catalogue.Reading.IdentifyingMetrics {
		prefixes = append(prefixes, m.Prefix+".*")
	}
	return labels.MustNewMatcher(labels.MatchRegexp, model.MetricNameLabel, strings.Join(prefixes, "|"))
}

// timeParameters returns start and end. An open start is a day before the end, an open end is now.
func (s *Store) timeParameters(from, to int64) url.Values {
	end := s.now()
	if to < math.MaxInt64 {
		end = time.UnixMilli(to)
	}
	start := end.Add(-labelsLookback)
	if from > 0 {
		start = time.UnixMilli(from)
	}
	return url.Values{"start": {formatTime(start)}, "end": {formatTime(end)}}
}

// maxStrings limits a list of label names or values.
const maxStrings = 100_000

// requestStrings requests a list of strings and keeps the first maxStrings.
func (s *Store) requestStrings(ctx context.Context, to endpoint, p url.Values) (out []string, err error) {
	err = s.request(ctx, to, p, &decoder{readData: func(it *jsoniter.Iterator) {
		for it.ReadArray() {
			if len(out) == maxStrings {
				it.Skip()
				continue
			}
			out = append(out, it.ReadString())
		}
	}})
	return out, err
}
