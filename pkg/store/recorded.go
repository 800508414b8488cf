package store

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

const (
	// verifiedFor is how long a recorded figure is trusted, or not, after it was held against the plain expression.
	verifiedFor = 5 * time.Minute
	// fresh is how old a recorded sample may be: three evaluations of the shipped rules.
	fresh = 3 * time.Minute
	// alike is the share of recorded values that must be those of the plain expression. It is not all of them: a target
	// that was being scraped while the rule ran has a sample more now.
	alike = 0.95
)

// recorded is what is known of the recording rules that ship in provisioning/prometheus.
type recorded struct {
	mu    sync.Mutex
	exprs map[string]map[string]signals.Recording // by filters, then by the catalogue's expression
	known map[string]verification                 // by name
}

type verification struct {
	until time.Time
	holds bool
	since time.Time // from then on there is a sample for every evaluation, as far as it was looked
}

// recordedFor is the recorded figure that gives the answer to a query, or plain, the expression that was rewritten for it.
// It is taken where the store has it, up to date, for the whole of the range, and with the values of the plain expression.
// It is as old as the last evaluation of the rules.
func (s *Store) recordedFor(ctx context.Context, q Query, plain string) string {
	if q.ByHand || !slices.Contains(s.config.Identity, "instance") || len(s.config.Identity) == 2 && s.config.Identity[0] != clusterLabel {
		return plain // the rules record by cluster and instance
	}
	if all := s.Targets(); beginning(all) && len(all) > 0 {
		return plain // new targets would be missing until the rules run again
	}
	filters := identityFilters(q.Expr)
	recording, known := s.recording(q.Expr, filters)
	if !known {
		return plain
	}
	v := s.verified(ctx, recording)
	if !v.holds || q.Start.Before(v.since) || q.End.Before(v.since) {
		return plain
	}
	return s.recordedExpr(recording, filters)
}

// identityFilters are the filters on cluster and node that an expression of the catalogue was compiled with: every
// selector with filters has the same.
func identityFilters(expr string) (out []signals.Filter) {
	for _, matchers := range parser.ExtractSelectors(parse(expr)) {
		for _, m := range matchers {
			if m.Name == clusterLabel || m.Name == nodeLabel {
				out = append(out, signals.Filter{Key: m.Name, Operator: m.Type.String(), Value: m.Value})
			}
		}
		if len(out) > 0 {
			break
		}
	}
	return out
}

// recording finds the rule whose signal is what a query asks for.
func (s *Store) recording(expr string, filters []signals.Filter) (signals.Recording, bool) {
	s.recorded.mu.Lock()
	defer s.recorded.mu.Unlock()
	key := fmt.Sprint(filters)
	if s.recorded.exprs[key] == nil {
		if len(s.recorded.exprs) > 100 || s.recorded.exprs == nil {
			s.recorded.exprs = map[string]map[string]signals.Recording{}
		}
		s.recorded.exprs[key] = s.recordings(filters)
	}
	found, ok := s.recorded.exprs[key][expr]
	return found, ok
}

// recordings are the rules by the expression of their signal with filters.
func (s *Store) recordings(filters []signals.Filter) map[string]signals.Recording {
	out := map[string]signals.Recording{}
	for _, r := range s.config.Catalogue.Recordings {
		signal, err := s.config.Catalogue.Signal(r.Signal)
		if err != nil || signal.Relative && len(filters) > 0 {
			continue // which nodes are asked about changes every figure
		}
		if expr, err := s.plain(r, filters); err == nil {
			out[expr] = r
		}
	}
	return out
}

// plain is the expression of a rule's signal, as the catalogue writes it.
func (s *Store) plain(r signals.Recording, filters []signals.Filter) (string, error) {
	signal, err := s.config.Catalogue.Signal(r.Signal)
	if err != nil {
		return "", err
	}
	expr, _, err := s.config.Catalogue.Compile(signal, nil, filters, r.Window, signals.CompileOptions{
		Identity: []string{clusterLabel, nodeLabel}, ScrapeInterval: s.config.Interval,
	})
	return expr, err
}

// recordedExpr selects a recorded figure by the labels of its signal. Of the extra matchers those on the labels that are
// recorded count; that the others leave nothing out is seen when the figure is verified.
func (s *Store) recordedExpr(r signals.Recording, filters []signals.Filter) string {
	signal, _ := s.config.Catalogue.Signal(r.Signal)
	var by []string
	for _, name := range signal.By.Default {
		if name == "$instance" {
			by = append(by, s.config.Identity...)
		} else {
			by = append(by, name)
		}
	}
	e := &parser.VectorSelector{LabelMatchers: []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, r.Name)}}
	for _, f := range filters {
		kind := map[string]labels.MatchType{"=": labels.MatchEqual, "!=": labels.MatchNotEqual, "=~": labels.MatchRegexp, "!~": labels.MatchNotRegexp}[f.Operator]
		e.LabelMatchers = append(e.LabelMatchers, labels.MustNewMatcher(kind, f.Key, f.Value))
	}
	e.LabelMatchers = s.rewriter().renamed(e.LabelMatchers)
	for _, m := range s.config.Matchers {
		if m.Name == clusterLabel || slices.Contains(s.config.Identity, m.Name) {
			e.LabelMatchers = append(e.LabelMatchers, m)
		}
	}
	return fmt.Sprintf("max by (%s) (%s)", strings.Join(by, ", "), e)
}

// verified holds a recorded figure against the plain expression at the time of its last sample, every few minutes.
func (s *Store) verified(ctx context.Context, r signals.Recording) verification {
	s.recorded.mu.Lock()
	v, known := s.recorded.known[r.Name]
	s.recorded.mu.Unlock()
	if now := s.now(); known && now.Before(v.until) {
		return v
	}
	v = s.verify(ctx, r)
	if ctx.Err() != nil {
		return v
	}
	s.recorded.mu.Lock()
	defer s.recorded.mu.Unlock()
	if s.recorded.known == nil {
		s.recorded.known = map[string]verification{}
	}
	s.recorded.known[r.Name] = v
	return v
}

func (s *Store) verify(ctx context.Context, r signals.Recording) verification {
	now := s.now()
	no := verification{until: now.Add(verifiedFor)}
	seen, err := s.vector(ctx, fmt.Sprintf("max(timestamp(%s))", r.Name), now)
	if err != nil || len(seen) == 0 {
		return no
	}
	at := time.UnixMilli(milliseconds(seen[0].F))
	if now.Sub(at) > fresh {
		return no
	}
	recordedNow, err := s.vector(ctx, s.recordedExpr(r, nil), at)
	if err != nil {
		return no
	}
	expr, err := s.plain(r, nil)
	if err != nil {
		return no
	}
	plainNow, err := s.vector(ctx, s.rewriter().expr(parse(expr)).String(), at)
	if err != nil || !same(recordedNow, plainNow) {
		return no
	}
	return verification{until: no.until, holds: true, since: s.without(ctx, r, now)}
}

// without is when there was no sample for the last time, looked at every minute of a day; longer ranges are not answered
// by recorded figures.
func (s *Store) without(ctx context.Context, r signals.Recording, now time.Time) time.Time {
	expr := fmt.Sprintf("max_over_time((timestamp(vector(0)) unless on () count_over_time(%s[%s]))[1d:1m])", r.Name, signals.FormatDuration(fresh))
	gap, err := s.vector(ctx, expr, now)
	switch {
	case err != nil:
		return now
	case len(gap) == 0:
		return now.Add(-24 * time.Hour)
	}
	return time.UnixMilli(milliseconds(gap[0].F))
}

// same is whether two vectors have the same series and, but for few, the same values.
func same(a, b promql.Vector) bool {
	if len(a) != len(b) || len(a) == 0 {
		return false
	}
	values := map[labels.Labels]float64{}
	for _, s := range a {
		values[s.Metric] = s.F
	}
	equal := 0
	for _, s := range b {
		v, known := values[s.Metric]
		if !known {
			return false
		}
		if v == s.F || math.IsNaN(v) && math.IsNaN(s.F) || math.Abs(v-s.F) <= 1e-9*max(math.Abs(v), math.Abs(s.F)) {
			equal++
		}
	}
	return float64(equal) >= alike*float64(len(b))
}
