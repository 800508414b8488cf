package store

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/budget"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

const (
	// verificationTTL is how long a verification of a recording rule is valid.
	verificationTTL = 5 * time.Minute
	// minEqualRatio is the share of recorded values that must equal those of the plain expression. It is below 1 because a
	// target that was scraped while the rule ran has one more sample now.
	minEqualRatio = 0.95
)

// verification is the comparison of a recording rule with the plain expression.
type verification struct {
	until  time.Time       // valid until
	at     time.Time       // the last evaluation of the rule at that time
	series []labels.Labels // the series of both; none if the rule must not be used
	since  time.Time       // start of the time without a missing evaluation
}

// countMatching counts the series that pass some matchers.
func (v verification) countMatching(all []*labels.Matcher) (n int) {
	for _, series := range v.series {
		if !slices.ContainsFunc(all, func(m *labels.Matcher) bool { return !m.Matches(series.Get(m.Name)) }) {
			n++
		}
	}
	return n
}

// verified returns a valid verification of a rule. Concurrent callers share one.
func (s *Store) verified(ctx context.Context, rule signals.Recording) verification {
	if v := s.lastVerification(rule); s.now().Before(v.until) {
		return v
	}
	done := s.recorded.flight.DoChan(rule.Name, func() (any, error) {
		v := s.lastVerification(rule)
		if s.now().Before(v.until) {
			return v, nil // another caller has just finished
		}
		err := s.client.Recovered(func() error {
			v = s.verify(budget.InBackground(ctx), rule)
			return nil
		})
		if err != nil {
			v = verification{until: s.now().Add(verificationTTL)}
		}
		s.recorded.mu.Lock()
		defer s.recorded.mu.Unlock()
		if s.recorded.verifications == nil {
			s.recorded.verifications = map[string]verification{}
		}
		s.recorded.verifications[rule.Name] = v
		return v, nil
	})
	select {
	case result := <-done:
		return result.Val.(verification)
	case <-ctx.Done():
		return verification{}
	}
}

func (s *Store) lastVerification(rule signals.Recording) verification {
	s.recorded.mu.Lock()
	defer s.recorded.mu.Unlock()
	return s.recorded.verifications[rule.Name]
}

// invalidate drops the verification of a rule whose series have become fewer.
func (s *Store) invalidate(rule signals.Recording) {
	s.recorded.mu.Lock()
	defer s.recorded.mu.Unlock()
	delete(s.recorded.verifications, rule.Name)
	s.recorded.gaps = gaps{}
}

// verify compares a rule with the plain expression at the time of the rule's last sample.
func (s *Store) verify(ctx context.Context, rule signals.Recording) verification {
	now := s.now()
	failed := verification{until: now.Add(verificationTTL)}
	last, err := s.client.Vector(ctx, fmt.Sprintf("max(timestamp(%s))", rule.Name), now)
	if err != nil || len(last) == 0 {
		return failed
	}
	at := time.UnixMilli(promapi.Milliseconds(last[0].F))
	if now.Sub(at) > maxRecordedAge {
		return failed
	}
	recorded, err := s.client.Vector(ctx, s.recordedExpr(rule, nil), at)
	if err != nil {
		return failed
	}
	expr, err := s.plainExpr(rule, nil)
	if err != nil {
		return failed
	}
	plain, err := s.client.Vector(ctx, s.rewriter().expr(parse(expr)).String(), at)
	if err != nil || !equalVectors(recorded, plain) {
		return failed
	}
	v := verification{until: failed.until, at: at, since: s.recordedSince(ctx, rule, now)}
	for _, sample := range recorded {
		v.series = append(v.series, sample.Metric)
	}
	return v
}

// gaps holds the time since which each rule has a sample for every evaluation.
type gaps struct {
	until time.Time            // valid until
	since map[string]time.Time // by rule name
}

// recordedSince returns the time since which a rule has a sample for every evaluation, at most a day ago. One query covers
// all rules.
func (s *Store) recordedSince(ctx context.Context, rule signals.Recording, now time.Time) time.Time {
	found, _, _ := s.recorded.flight.Do("gaps", func() (any, error) {
		s.recorded.mu.Lock()
		known := s.recorded.gaps
		s.recorded.mu.Unlock()
		if now.Before(known.until) {
			return known.since, nil
		}
		since := s.findGaps(ctx, now)
		s.recorded.mu.Lock()
		defer s.recorded.mu.Unlock()
		s.recorded.gaps = gaps{now.Add(verificationTTL), since}
		return since, nil
	})
	if since, known := found.(map[string]time.Time)[rule.Name]; known {
		return since
	}
	return now
}

func (s *Store) findGaps(ctx context.Context, now time.Time) map[string]time.Time {
	var names []string
	for _, rule := range s.config.Catalogue.Recordings {
		names = append(names, rule.Name)
	}
	result, _ := s.client.Send(ctx, promapi.Query{ // after an error no rule has a known start, so none is used for ranges
		Expr:  fmt.Sprintf("group by (__name__) (last_over_time({%s}[%s]))", matchAny(model.MetricNameLabel, names), signals.FormatDuration(maxRecordedAge)),
		Start: now.Add(-24 * time.Hour), End: now, Step: evaluationInterval,
	})
	out := map[string]time.Time{}
	matrix, _ := result.Value.(promql.Matrix)
	for _, series := range matrix {
		first := len(series.Floats) - 1
		for first > 0 && series.Floats[first].T-series.Floats[first-1].T == evaluationInterval.Milliseconds() {
			first--
		}
		out[series.Metric.Get(model.MetricNameLabel)] = time.UnixMilli(series.Floats[first].T)
	}
	return out
}

// equalVectors reports whether two vectors have the same series and, with few exceptions, the same values.
func equalVectors(a, b promql.Vector) bool {
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
	return float64(equal) >= minEqualRatio*float64(len(b))
}
