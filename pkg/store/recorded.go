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
	"golang.org/x/sync/singleflight"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

const (
	// verifiedFor is how long a recorded figure is trusted, or not, after it was held against the plain expression.
	verifiedFor = 5 * time.Minute
	// evaluated is how often the shipped rules are evaluated, by Prometheus's default.
	evaluated = time.Minute
	// fresh is how old a recorded sample may be.
	fresh = 3 * evaluated
	// alike is the share of recorded values that must be those of the plain expression. It is not all of them: a target
	// that was being scraped while the rule ran has a sample more now.
	alike = 0.95
)

// recorded is what is known of the recording rules that ship in provisioning/prometheus.
type recorded struct {
	mu     sync.Mutex
	exprs  map[string]map[string]signals.Recording // by filters, then by the catalogue's expression
	known  map[string]verification                 // by name
	gaps   gaps
	flight singleflight.Group
}

// verification is what a recorded figure was found to be.
type verification struct {
	until  time.Time
	at     time.Time       // the last evaluation then
	series []labels.Labels // that it has, as the plain expression does; none where it is not to be used
	since  time.Time       // from then on there is a sample for every evaluation, as far as it was looked
}

// fromRecorded answers a query by a recorded figure, where the store has it, up to date, for the whole of the range, and
// with the series and values of the plain expression. It is as old as the last evaluation of the rules; in between it
// has no values of its own, as small steps would ask for.
func (s *Store) fromRecorded(ctx context.Context, q Query) (answer Answer, ok bool) {
	if q.Step > 0 && q.Step < evaluated {
		return Answer{}, false
	}
	if q.ByHand || !slices.Contains(s.config.Identity, "instance") || len(s.config.Identity) == 2 && s.config.Identity[0] != clusterLabel {
		return Answer{}, false // the rules record by cluster and instance
	}
	if all := s.Targets(); beginning(all) && len(all) > 0 {
		return Answer{}, false // new targets would be missing until the rules run again
	}
	filters := identityFilters(q.Expr)
	recording, known := s.recording(q.Expr, filters)
	if !known {
		return Answer{}, false
	}
	v := s.verified(ctx, recording)
	want := v.passing(matchers(filters))
	if want == 0 || q.Start.Before(v.since) || q.End.Before(v.since) {
		return Answer{}, false
	}
	end := q.End
	q.Expr = s.recordedExpr(recording, filters)
	answer, err := s.send(ctx, q)
	if err == nil && end.After(v.at) && present(answer.Value, q) < want {
		s.distrust(recording)
		return Answer{}, false
	}
	return answer, err == nil
}

// present counts the series that have a value at the end of a query.
func present(value parser.Value, q Query) (n int) {
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
	e.LabelMatchers = append(e.LabelMatchers, s.rewriter().renamed(matchers(filters))...)
	for _, m := range s.config.Matchers {
		if m.Name == clusterLabel || slices.Contains(s.config.Identity, m.Name) {
			e.LabelMatchers = append(e.LabelMatchers, m)
		}
	}
	return fmt.Sprintf("max by (%s) (%s and timestamp(%s) >= time() - %.0f)", strings.Join(by, ", "), e, e, fresh.Seconds())
}

func matchers(filters []signals.Filter) (out []*labels.Matcher) {
	for _, f := range filters {
		out = append(out, labels.MustNewMatcher(signals.MatchTypes[f.Operator], f.Key, f.Value))
	}
	return out
}

// passing counts the series that some matchers let through.
func (v verification) passing(all []*labels.Matcher) (n int) {
	for _, series := range v.series {
		if !slices.ContainsFunc(all, func(m *labels.Matcher) bool { return !m.Matches(series.Get(m.Name)) }) {
			n++
		}
	}
	return n
}

// verified holds a recorded figure against the plain expression at the time of its last sample, every few minutes, for
// all who ask meanwhile.
func (s *Store) verified(ctx context.Context, r signals.Recording) verification {
	if v := s.verifiedBefore(r); s.now().Before(v.until) {
		return v
	}
	done := s.recorded.flight.DoChan(r.Name, func() (any, error) {
		if v := s.verifiedBefore(r); s.now().Before(v.until) {
			return v, nil // by another who has just been here
		}
		v := s.verify(context.WithoutCancel(ctx), r)
		s.recorded.mu.Lock()
		defer s.recorded.mu.Unlock()
		if s.recorded.known == nil {
			s.recorded.known = map[string]verification{}
		}
		s.recorded.known[r.Name] = v
		return v, nil
	})
	select {
	case found := <-done:
		return found.Val.(verification)
	case <-ctx.Done():
		return verification{}
	}
}

func (s *Store) verifiedBefore(r signals.Recording) verification {
	s.recorded.mu.Lock()
	defer s.recorded.mu.Unlock()
	return s.recorded.known[r.Name]
}

// distrust has a recorded figure verified anew, as there is less of it than there was.
func (s *Store) distrust(r signals.Recording) {
	s.recorded.mu.Lock()
	defer s.recorded.mu.Unlock()
	delete(s.recorded.known, r.Name)
	s.recorded.gaps = gaps{}
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
	yes := verification{until: no.until, at: at, since: s.since(ctx, r, now)}
	for _, sample := range recordedNow {
		yes.series = append(yes.series, sample.Metric)
	}
	return yes
}

// gaps is from when on each of the recorded figures has a sample for every evaluation, by name.
type gaps struct {
	until time.Time
	since map[string]time.Time
}

// since is when there was no sample for the last time, looked at every minute of a day, of all figures at once; longer
// ranges are not answered by recorded figures.
func (s *Store) since(ctx context.Context, r signals.Recording, now time.Time) time.Time {
	found, _, _ := s.recorded.flight.Do("gaps", func() (any, error) {
		s.recorded.mu.Lock()
		known := s.recorded.gaps
		s.recorded.mu.Unlock()
		if now.Before(known.until) {
			return known.since, nil
		}
		since := s.withoutGap(ctx, now)
		s.recorded.mu.Lock()
		defer s.recorded.mu.Unlock()
		s.recorded.gaps = gaps{now.Add(verifiedFor), since}
		return since, nil
	})
	if at, known := found.(map[string]time.Time)[r.Name]; known {
		return at
	}
	return now
}

func (s *Store) withoutGap(ctx context.Context, now time.Time) map[string]time.Time {
	var names []string
	for _, r := range s.config.Catalogue.Recordings {
		names = append(names, r.Name)
	}
	answer, _ := s.send(ctx, Query{ // without an answer nothing is known
		Expr:  fmt.Sprintf("group by (__name__) (last_over_time({%s}[%s]))", oneOf(model.MetricNameLabel, names), signals.FormatDuration(fresh)),
		Start: now.Add(-24 * time.Hour), End: now, Step: evaluated,
	})
	out := map[string]time.Time{}
	matrix, _ := answer.Value.(promql.Matrix)
	for _, series := range matrix {
		first := len(series.Floats) - 1
		for first > 0 && series.Floats[first].T-series.Floats[first-1].T == evaluated.Milliseconds() {
			first--
		}
		out[series.Metric.Get(model.MetricNameLabel)] = time.UnixMilli(series.Floats[first].T)
	}
	return out
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
