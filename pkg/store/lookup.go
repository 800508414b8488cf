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

// labelsSince is how far back labels are looked for where no time is asked for.
const labelsSince = 24 * time.Hour

// labelNames are the names of the labels on Falco's and Falcosidekick's series, sorted.
func (s *Store) labelNames(ctx context.Context, from, to int64) ([]string, error) {
	p := s.between(from, to)
	p.Set("match[]", s.selector(s.anyMetric()))
	names, err := s.texts(ctx, "labels", p)
	for i := range names {
		names[i] = s.config.Identity.called(names[i])
	}
	slices.Sort(names)
	return slices.Compact(names), err
}

// labelValues are the values of a label on the series that match, sorted. Matchers without a metric mean Falco's and
// Falcosidekick's; the names of metrics are those of all that the extra matchers let through.
func (s *Store) labelValues(ctx context.Context, name string, from, to int64, matchers []*labels.Matcher) ([]string, error) {
	written := s.config.Identity.Written(name)
	if written == "" {
		return nil, nil
	}
	w := s.rewriter()
	selector := &parser.VectorSelector{LabelMatchers: slices.Clone(matchers)}
	kinds := w.kinds(selector)
	matchers = w.renamed(selector.LabelMatchers)
	p := s.between(from, to)
	named := slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return m.Name == model.MetricNameLabel })
	switch {
	case named:
		p.Add("match[]", s.selector(matchers...))
	case name == model.MetricNameLabel:
		if len(matchers)+len(s.config.Matchers) > 0 {
			p.Add("match[]", s.selector(append(matchers, labels.MustNewMatcher(labels.MatchNotEqual, model.MetricNameLabel, ""))...))
		}
	case slices.Contains(s.config.Identity, written):
		for _, kind := range kinds {
			p.Add("match[]", s.selector(append(slices.Clone(matchers), s.markMatcher(kind))...))
			// What never answered has nothing but `up`.
			if jobs := w.jobs[kind]; len(jobs) > 0 {
				p.Add("match[]", s.selector(append(slices.Clone(matchers), labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, "up"), oneOf("job", jobs))...))
			}
		}
		if len(kinds) == 0 {
			return nil, nil
		}
	default:
		p.Add("match[]", s.selector(append(slices.Clone(matchers), s.anyMetric())...))
	}
	values, err := s.texts(ctx, "label/"+written+"/values", p)
	slices.Sort(values)
	return values, err
}

// anyMetric matches whatever Falco and Falcosidekick export.
func (s *Store) anyMetric() *labels.Matcher {
	var prefixes []string
	for _, m := range s.config.Catalogue.Reading.Marks {
		prefixes = append(prefixes, m.Prefix+".*")
	}
	return labels.MustNewMatcher(labels.MatchRegexp, model.MetricNameLabel, strings.Join(prefixes, "|"))
}

func (s *Store) markMatcher(kind string) *labels.Matcher {
	return labels.MustNewMatcher(labels.MatchRegexp, model.MetricNameLabel, strings.Join(s.config.marks(kind), "|"))
}

// between are the parameters of the time; an open side is the last day, and now.
func (s *Store) between(from, to int64) url.Values {
	now := s.now()
	end := now
	if to < math.MaxInt64 {
		end = time.UnixMilli(to)
	}
	begin := end.Add(-labelsSince)
	if from > 0 {
		begin = time.UnixMilli(from)
	}
	return url.Values{"start": {timestamp(begin)}, "end": {timestamp(end)}}
}

// texts asks for a list of texts.
func (s *Store) texts(ctx context.Context, path string, p url.Values) (out []string, err error) {
	err = s.ask(ctx, path, p, &decoder{whole: func(it *jsoniter.Iterator) {
		for it.ReadArray() {
			out = append(out, it.ReadString())
		}
	}})
	return out, err
}
