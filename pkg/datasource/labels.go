package datasource

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// labelNames answers `labels`. Values of a grouping are looked up by its own name, as in filters.
func labelNames(r *request.Request, req *http.Request) (any, error) {
	q, err := r.Executor.Querier(0, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	names, _, err := q.LabelNames(req.Context(), &storage.LabelHints{Limit: mostValues})
	if err != nil {
		return nil, err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(name, "__") })
	for i, name := range names {
		for _, g := range r.Catalogue.Groupings {
			if g.Label == name {
				names[i] = g.ID
			}
		}
	}
	slices.Sort(names)
	return bounded(slices.Compact(names)), nil
}

// sampleLabels answers `promql/labels`.
func sampleLabels(r *request.Request, req *http.Request) (any, error) {
	q, err := r.Executor.Querier(0, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	names, _, err := q.LabelNames(req.Context(), &storage.LabelHints{Limit: mostValues}, metricMatchers(req)...)
	if err != nil {
		return nil, err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name == model.MetricNameLabel })
	for i, name := range names {
		names[i] = r.Executor.SampleLabel(name)
	}
	slices.Sort(names)
	return bounded(names), nil
}

// sampleValues answers `promql/labels/<name>/values`.
func sampleValues(r *request.Request, req *http.Request) (any, error) {
	filters, err := readFilters(r, req.URL.Query().Get("filters"))
	if err != nil {
		return nil, err
	}
	matchers := metricMatchers(req)
	for _, f := range filters {
		m, err := f.Matcher(f.Key)
		if err != nil {
			return nil, failure.User(err)
		}
		matchers = append(matchers, m)
	}
	q, err := r.Executor.Querier(0, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	values, _, err := q.LabelValues(req.Context(), req.PathValue("name"), &storage.LabelHints{Limit: mostValues}, matchers...)
	if err != nil {
		return nil, err
	}
	slices.Sort(values)
	return bounded(values), nil
}

// metricMatchers returns a matcher on the metrics that a look-up names, or none if it names none.
func metricMatchers(req *http.Request) []*labels.Matcher {
	var names []string
	for _, name := range req.URL.Query()["metric"] {
		names = append(names, regexp.QuoteMeta(name))
	}
	switch len(names) {
	case 0:
		return nil
	case 1:
		return []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, req.URL.Query().Get("metric"))}
	}
	return []*labels.Matcher{labels.MustNewMatcher(labels.MatchRegexp, model.MetricNameLabel, strings.Join(names, "|"))}
}

// labelValues returns the values of a label on the samples that match the filters. Priorities are words, the most severe
// first, since each metric writes them in its own way.
func labelValues(ctx context.Context, r *request.Request, name, filters string, from, to int64) ([]string, error) {
	list, err := readFilters(r, filters)
	if err != nil {
		return nil, err
	}
	q, err := r.Executor.Querier(from, to)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	metrics, priority := []string{""}, r.Catalogue.Priority
	if name == priority.Label || slices.ContainsFunc(list, func(f signals.Filter) bool { return f.Key == priority.Label }) {
		metrics = slices.Sorted(maps.Keys(priority.Values))
	}
	found := map[string]bool{}
	for _, metric := range metrics {
		label, matchers, err := selection(r, metric, name, list)
		if err != nil {
			return nil, err
		}
		values, _, err := q.LabelValues(ctx, label, &storage.LabelHints{Limit: mostValues}, matchers...)
		if err != nil {
			return nil, err
		}
		for _, value := range values {
			if name == priority.Label {
				value = priority.Word(metric, value)
			}
			found[value] = true
		}
	}
	if name == priority.Label {
		return slices.DeleteFunc(slices.Clone(priority.Words), func(word string) bool { return !found[word] }), nil
	}
	return bounded(slices.SortedFunc(maps.Keys(found), frames.CompareNatural)), nil
}

// readFilters reads the filters of a lookup.
func readFilters(r *request.Request, text string) (list []signals.Filter, err error) {
	if text == "" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, failure.User(fmt.Errorf(`the filters cannot be read: expected [{"key": "node", "operator": "=", "value": "node-1"}]: %w`, err))
	}
	return r.ReadFilters(list)
}

// selection returns the label to look up, which is another one for a grouping, and the matchers on its samples: those of a
// metric unless it is empty. A filter by a grouping becomes one on the nodes that match it.
func selection(r *request.Request, metric, name string, filters []signals.Filter) (string, []*labels.Matcher, error) {
	var out []*labels.Matcher
	if metric != "" {
		out = append(out, labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, metric))
	}
	for _, f := range filters {
		if _, err := f.Matcher(f.Key); err != nil {
			return "", nil, failure.User(err)
		}
		f, restricts := r.Catalogue.Priority.Translate(metric, f)
		if !restricts {
			continue
		}
		m, err := f.Matcher(f.Key)
		if err != nil {
			return "", nil, failure.User(err)
		}
		if slices.ContainsFunc(r.Catalogue.Groupings, func(g signals.Grouping) bool { return g.ID == f.Key }) {
			m = labels.MustNewMatcher(labels.MatchRegexp, "node", nodesThatPass(r, f))
		}
		out = append(out, m)
	}
	for _, g := range r.Catalogue.Groupings {
		if g.ID == name {
			own, err := parser.NewParser(parser.Options{}).ParseMetricSelector(g.Metric + "{" + g.Matchers + "}")
			if err != nil {
				return "", nil, err
			}
			name, out = g.Label, append(out, own...)
		}
	}
	return name, out, nil
}

func nodesThatPass(r *request.Request, f signals.Filter) string {
	var nodes []string
	passes := f.Passes()
	for _, s := range r.Executor.Targets() {
		// As in PromQL, an unknown fact is empty, so a node that has never responded matches ".*".
		if passes(s.Facts[f.Key]) {
			nodes = append(nodes, regexp.QuoteMeta(s.Node()))
		}
	}
	return strings.Join(nodes, "|")
}

// bounded cuts a list, and never returns nil, which would be null in JSON.
func bounded[T any](values []T) []T {
	return append([]T{}, values[:min(len(values), mostValues)]...)
}
