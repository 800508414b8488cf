package datasource

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// labelNames answers `labels`.
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
	return bounded(slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(name, "__") })), nil
}

func labelValues(ctx context.Context, r *request.Request, name, filters string, from, to int64) ([]string, error) {
	matchers, err := matchers(r, filters)
	if err != nil {
		return nil, err
	}
	for _, g := range r.Catalogue.Groupings {
		if g.ID == name {
			own, err := parser.NewParser(parser.Options{}).ParseMetricSelector(g.Metric + "{" + g.Matchers + "}")
			if err != nil {
				return nil, err
			}
			name, matchers = g.Label, append(matchers, own...)
		}
	}
	q, err := r.Executor.Querier(from, to)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	values, _, err := q.LabelValues(ctx, name, &storage.LabelHints{Limit: mostValues}, matchers...)
	return bounded(values), err
}

// matchers reads the filters of a lookup. A filter by a grouping becomes one on the nodes that match it.
func matchers(r *request.Request, filters string) ([]*labels.Matcher, error) {
	if filters == "" {
		return nil, nil
	}
	var list []signals.Filter
	if err := json.Unmarshal([]byte(filters), &list); err != nil {
		return nil, failure.User(fmt.Errorf(`the filters cannot be read: expected [{"key": "node", "operator": "=", "value": "node-1"}]: %w`, err))
	}
	var out []*labels.Matcher
	for _, f := range list {
		m, err := f.Matcher(f.Key)
		if err != nil {
			return nil, failure.User(err)
		}
		if slices.ContainsFunc(r.Catalogue.Groupings, func(g signals.Grouping) bool { return g.ID == f.Key }) {
			m = labels.MustNewMatcher(labels.MatchRegexp, "node", nodesThatPass(r, f))
		}
		out = append(out, m)
	}
	return out, nil
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
