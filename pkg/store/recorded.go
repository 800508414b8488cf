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
	"golang.org/x/sync/singleflight"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

const (
	// evaluationInterval is that of the shipped rules: Prometheus's default.
	evaluationInterval = time.Minute
	// maxRecordedAge limits the age of a recorded sample.
	maxRecordedAge = 3 * evaluationInterval
)

// recordedSignals is what is known of the recording rules that ship in provisioning/prometheus.
type recordedSignals struct {
	mu            sync.Mutex
	rules         map[string]map[string]signals.Recording // by filters, then by the catalogue's expression
	verifications map[string]verification                 // by rule name
	gaps          gaps
	flight        singleflight.Group
}

// evaluateRecorded answers a query from a recording rule. The server must have the rule's series for the whole range, up to
// date, with the same series and values as the plain expression. The result is as old as the last evaluation of the rule,
// so queries with smaller steps use the plain expression.
func (s *Store) evaluateRecorded(ctx context.Context, q promapi.Query) (result promapi.Result, ok bool) {
	if q.Step > 0 && q.Step < evaluationInterval {
		return promapi.Result{}, false
	}
	id := s.config.Identity
	if q.UserWritten || !slices.Contains(id, "instance") || len(id) == 2 && id[0] != target.ClusterLabel {
		return promapi.Result{}, false // the rules record by cluster and instance
	}
	if all := s.Targets(); settling(all) && len(all) > 0 {
		return promapi.Result{}, false // new targets are missing until the next evaluation of the rules
	}
	var (
		rule     signals.Recording
		v        verification
		filters  []signals.Filter
		matching int
	)
	if err := s.client.Recovered(func() error {
		filters = identityFilters(q.Expr)
		var known bool
		if rule, known = s.ruleFor(q.Expr, filters); known {
			v = s.verified(ctx, rule)
			matching = v.countMatching(matchers(filters))
		}
		return nil
	}); err != nil || matching == 0 || q.Start.Before(v.since) || q.End.Before(v.since) {
		return promapi.Result{}, false
	}
	q.Expr = s.recordedExpr(rule, filters)
	result, err := s.client.Evaluate(ctx, q)
	if err == nil && q.End.After(v.at) && countAtEnd(result.Value, q) < matching {
		s.invalidate(rule)
		result.Release()
		return promapi.Result{}, false
	}
	return result, err == nil
}

// countAtEnd counts the series that have a value at the end of a query.
func countAtEnd(value parser.Value, q promapi.Query) (n int) {
	switch value := value.(type) {
	case promql.Vector:
		return len(value)
	case promql.Matrix:
		last := q.Start.Add(q.End.Sub(q.Start).Truncate(q.Step)).UnixMilli()
		for _, series := range value {
			if len(series.Floats) > 0 && series.Floats[len(series.Floats)-1].T >= last {
				n++
			}
		}
	}
	return n
}

// identityFilters returns the filters on cluster and node with which an expression of the catalogue was compiled. All
// selectors with filters have the same ones.
func identityFilters(expr string) (out []signals.Filter) {
	for _, matchers := range parser.ExtractSelectors(parse(expr)) {
		for _, m := range matchers {
			if m.Name == target.ClusterLabel || m.Name == target.NodeLabel {
				out = append(out, signals.Filter{Key: m.Name, Operator: m.Type.String(), Value: m.Value})
			}
		}
		if len(out) > 0 {
			break
		}
	}
	return out
}

// ruleFor finds the rule that records what an expression evaluates.
func (s *Store) ruleFor(expr string, filters []signals.Filter) (signals.Recording, bool) {
	s.recorded.mu.Lock()
	defer s.recorded.mu.Unlock()
	key := fmt.Sprint(filters)
	if s.recorded.rules[key] == nil {
		if len(s.recorded.rules) > 100 || s.recorded.rules == nil {
			s.recorded.rules = map[string]map[string]signals.Recording{}
		}
		s.recorded.rules[key] = s.rulesByExpr(filters)
	}
	rule, ok := s.recorded.rules[key][expr]
	return rule, ok
}

// rulesByExpr returns the rules by the plain expression of their signal with filters.
func (s *Store) rulesByExpr(filters []signals.Filter) map[string]signals.Recording {
	out := map[string]signals.Recording{}
	for _, rule := range s.config.Catalogue.Recordings {
		signal, err := s.config.Catalogue.Signal(rule.Signal)
		if err != nil || signal.ComparesNodes && len(filters) > 0 {
			continue // the figure of one node depends on the other nodes that pass the filters
		}
		if expr, err := s.plainExpr(rule, filters); err == nil {
			out[expr] = rule
		}
	}
	return out
}

// plainExpr compiles the signal of a rule.
func (s *Store) plainExpr(rule signals.Recording, filters []signals.Filter) (string, error) {
	signal, err := s.config.Catalogue.Signal(rule.Signal)
	if err != nil {
		return "", err
	}
	expr, _, err := s.config.Catalogue.Compile(signal, nil, filters, rule.Window, signals.CompileOptions{
		Identity: []string{target.ClusterLabel, target.NodeLabel}, ScrapeInterval: s.config.Interval,
	})
	return expr, err
}

// recordedExpr selects the series of a rule by the labels of its signal. It uses the extra matchers on labels that the rule
// keeps. Verification notices if the other matchers exclude anything.
func (s *Store) recordedExpr(rule signals.Recording, filters []signals.Filter) string {
	signal, _ := s.config.Catalogue.Signal(rule.Signal)
	var by []string
	for _, name := range signal.GroupBy.Default {
		if name == "$identity" {
			by = append(by, s.config.Identity...)
		} else {
			by = append(by, name)
		}
	}
	e := &parser.VectorSelector{LabelMatchers: []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, rule.Name)}}
	e.LabelMatchers = append(e.LabelMatchers, s.rewriter().serverMatchers(matchers(filters))...)
	for _, m := range s.config.Matchers {
		if m.Name == target.ClusterLabel || slices.Contains(s.config.Identity, m.Name) {
			e.LabelMatchers = append(e.LabelMatchers, m)
		}
	}
	return fmt.Sprintf("max by (%s) (%s and timestamp(%s) >= time() - %.0f)", strings.Join(by, ", "), e, e, maxRecordedAge.Seconds())
}

// matchers returns filters that are known to be valid as matchers.
func matchers(filters []signals.Filter) (out []*labels.Matcher) {
	for _, f := range filters {
		if m, err := f.Matcher(f.Key); err == nil {
			out = append(out, m)
		}
	}
	return out
}
