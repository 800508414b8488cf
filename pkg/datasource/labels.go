package datasource

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// between reads the times from and to of a look-up, unix milliseconds; without one, that side is open.
func between(r *http.Request) (from, to int64, err error) {
	to = math.MaxInt64
	for name, at := range map[string]*int64{"from": &from, "to": &to} {
		text := r.URL.Query().Get(name)
		if text == "" {
			continue
		}
		if *at, err = strconv.ParseInt(text, 10, 64); err != nil {
			return 0, 0, userError{fmt.Errorf("the time %s is %q: expected unix milliseconds", name, text)}
		}
	}
	return from, to, nil
}

func (d *Instance) labelNames(r *http.Request) (any, error) {
	q, err := d.exec.querier(0, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	names, _, err := q.LabelNames(r.Context(), &storage.LabelHints{Limit: mostValues})
	if err != nil {
		return nil, err
	}
	return bounded(slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(name, "__") })), nil
}

func (d *Instance) labelValues(ctx context.Context, name, filters string, from, to int64) ([]string, error) {
	matchers, err := d.matchers(filters)
	if err != nil {
		return nil, err
	}
	for _, g := range d.catalogue.Groupings {
		if g.ID == name {
			own, err := parser.NewParser(parser.Options{}).ParseMetricSelector(g.Metric + "{" + g.Matchers + "}")
			if err != nil {
				return nil, err
			}
			name, matchers = g.Label, append(matchers, own...)
		}
	}
	q, err := d.exec.querier(from, to)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	values, _, err := q.LabelValues(ctx, name, &storage.LabelHints{Limit: mostValues}, matchers...)
	return bounded(values), err
}

// matchers reads the filters of a look-up. A grouping's filter becomes one on the nodes that pass it.
func (d *Instance) matchers(filters string) ([]*labels.Matcher, error) {
	if filters == "" {
		return nil, nil
	}
	var list []signals.Filter
	if err := json.Unmarshal([]byte(filters), &list); err != nil {
		return nil, userError{fmt.Errorf(`the filters cannot be read: expected [{"key": "node", "operator": "=", "value": "node-1"}]: %w`, err)}
	}
	var out []*labels.Matcher
	for _, f := range list {
		kind, known := signals.MatchTypes[f.Operator]
		if !known {
			return nil, userError{fmt.Errorf("the filter on %q has the operator %q; allowed: = != =~ !~", f.Key, f.Operator)}
		}
		key, value := f.Key, f.Value
		if slices.ContainsFunc(d.catalogue.Groupings, func(g signals.Grouping) bool { return g.ID == f.Key }) {
			key, kind, value = "node", labels.MatchRegexp, d.nodesThatPass(f)
		}
		m, err := labels.NewMatcher(kind, key, value)
		if err != nil {
			return nil, userError{fmt.Errorf("the filter on %q is no valid regular expression: %q", f.Key, f.Value)}
		}
		out = append(out, m)
	}
	return out, nil
}

func (d *Instance) nodesThatPass(f signals.Filter) string {
	var nodes []string
	passes := matches(f)
	for _, s := range d.exec.targets() {
		// As in PromQL, what is not known is empty: a node that has never answered passes ".*".
		if passes(s.Facts[f.Key]) {
			nodes = append(nodes, regexp.QuoteMeta(s.Node()))
		}
	}
	return strings.Join(nodes, "|")
}

// bounded is never null in JSON.
func bounded[T any](values []T) []T {
	return append([]T{}, values[:min(len(values), mostValues)]...)
}
