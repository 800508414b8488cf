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

	"github.com/falco-metrics/falco-metrics-datasource/pkg/budget"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

const (
	// dipsRetention is how far back dips are known.
	dipsRetention = 24 * time.Hour
	// dipStep is the resolution of the search for dips.
	dipStep = 5 * time.Minute
	// recentDipsTTL is short, because a rate at the time of a dip is wrong by orders of magnitude. The panels of a dashboard
	// share one search.
	recentDipsTTL = time.Second
	// A search may delay a query by dipsTimeout. After a failure, none is started for dipsRetryAfter.
	dipsTimeout, dipsRetryAfter = 5 * time.Second, 15 * time.Second
)

// Dip is a time at which the counters of a target fell and returned to their course although nothing restarted. PromQL takes
// that for a reset and counts everything since the start of Falco again.
type Dip struct {
	Cluster, Node string
	From, To      time.Time // the counters fell between these times
}

// dipCache holds the known dips.
type dipCache struct {
	mu          sync.Mutex
	past        []Dip     // up to searched
	searched    time.Time // a multiple of dipStep
	recent      []Dip     // since searched
	recentUntil time.Time // recent is valid until
	flight      singleflight.Group
}

// dipMargin covers a dip of up to three scrapes and the scrape before it.
func (c Config) dipMargin() time.Duration { return 4 * c.Interval }

// knownDips returns the dips that may affect evaluations between two times. It searches the time since the last search.
// Without an answer nothing is known, and the plain expressions are used.
func (s *Store) knownDips(ctx context.Context, from, to time.Time) []Dip {
	now := s.now()
	if to.Before(now.Add(-dipsRetention)) {
		return nil
	}
	c := &s.dips
	c.mu.Lock()
	current := now.Before(c.recentUntil)
	c.mu.Unlock()
	if !current {
		done := c.flight.DoChan("", func() (any, error) {
			ctx, cancel := context.WithTimeout(budget.InBackground(ctx), dipsTimeout)
			defer cancel()
			err := s.client.Recovered(func() error { return s.searchDips(ctx, now) })
			if err != nil {
				s.config.Logger.Debug("Cannot search for counters that fell", "error", err)
				c.mu.Lock()
				defer c.mu.Unlock()
				c.recentUntil = now.Add(dipsRetryAfter)
			}
			return nil, nil
		})
		select {
		case <-done:
		case <-ctx.Done():
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Concat(c.past, c.recent), func(d Dip) bool {
		return d.From.After(to) || d.To.Add(s.config.dipMargin()).Before(from)
	})
}

func (s *Store) searchDips(ctx context.Context, now time.Time) error {
	c := &s.dips
	c.mu.Lock()
	current, searched, past := now.Before(c.recentUntil), c.searched, c.past
	c.mu.Unlock()
	if current {
		return nil // another caller has just finished
	}
	last := now.Truncate(dipStep)
	if oldest := last.Add(-dipsRetention); searched.Before(oldest) {
		searched = oldest
	}
	if searched.Before(last) {
		more, err := s.queryDips(ctx, promapi.Query{Start: searched.Add(dipStep), End: last, Step: dipStep}, dipStep)
		if err != nil {
			return err
		}
		past = slices.Concat(past, more)
	}
	recent, err := s.queryDips(ctx, promapi.Query{Start: now, End: now}, now.Sub(last)+s.config.Interval)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.past = slices.DeleteFunc(past, func(d Dip) bool { return now.Sub(d.To) > dipsRetention })
	c.searched, c.recent, c.recentUntil = last, recent, now.Add(recentDipsTTL)
	return nil
}

// queryDips evaluates which targets have a dip in the window before every step.
func (s *Store) queryDips(ctx context.Context, q promapi.Query, window time.Duration) ([]Dip, error) {
	// The first sample of the window is compared with the one before it.
	length := window + 2*s.config.Interval
	metric := labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, s.config.Catalogue.Store.CounterDips.Metric)
	identity := strings.Join(s.config.Identity, ", ")
	q.Expr = fmt.Sprintf("group by (%s) (%s)", identity, s.config.fallsWithoutRestart(s.selector(metric), "", length))
	result, err := s.client.Send(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []Dip
	add := func(l labels.Labels, millis int64) {
		key, at := s.targetKey(l), time.UnixMilli(millis)
		out = append(out, Dip{Cluster: key.cluster, Node: key.node, From: at.Add(-length), To: at})
	}
	switch value := result.Value.(type) {
	case promql.Vector:
		for _, sample := range value {
			add(sample.Metric, sample.T)
		}
	case promql.Matrix:
		for _, series := range value {
			for _, p := range series.Floats {
				add(series.Metric, p.T)
			}
		}
	}
	return out, nil
}

// fallsWithoutRestart is an expression for the series of a selector that fell within a window in which their target, as far as
// it exports the time of its start, neither restarted nor reloaded.
func (c Config) fallsWithoutRestart(selector, offset string, window time.Duration) string {
	length := signals.FormatDuration(window)
	out := fmt.Sprintf("(resets(%s[%s]%s) > 0", selector, length, offset)
	dips := c.Catalogue.Store.CounterDips
	changes := func(operator, metric, comparison string) {
		e := &parser.VectorSelector{Name: metric, LabelMatchers: slices.Clone(c.Matchers)}
		out += fmt.Sprintf(" %s on (%s) (changes(%s[%s]%s) %s)", operator, c.Identity.targetLabels(), e, length, offset, comparison)
	}
	changes("and", dips.Start, "== 0")
	changes("unless", dips.Reload, "> 0")
	return out + ")"
}

// withoutDips replaces a rate or an increase by one that leaves out samples below those before them. Series without a dip
// keep the plain expression.
//
// The slope between the first and the last sample that is left stands in for rate(), which would take a sample that is left
// out at the end of the window for the end of the series, and be up to a quarter too low. An increase is the slope times the
// window, or times what the samples cover if the series is younger.
func (w rewriter) withoutDips(e *parser.Call, matrix *parser.MatrixSelector) parser.Expr {
	selector := *matrix.VectorSelector.(*parser.VectorSelector)
	offset := ""
	if selector.OriginalOffset != 0 {
		offset = " offset " + signals.FormatDuration(selector.OriginalOffset)
		selector.OriginalOffset = 0
	}
	window := fmt.Sprintf("[%s:%s]%s", signals.FormatDuration(matrix.Range), signals.FormatDuration(w.Interval), offset)
	kept := fmt.Sprintf("(%s >= max_over_time(%s[%s]))", &selector, &selector, signals.FormatDuration(w.dipMargin()))
	span := func(of string) string {
		return fmt.Sprintf("(max_over_time(%s%s) - min_over_time(%s%s))", of, window, of, window)
	}
	seconds := span("(0 * " + kept + " + time())") // VictoriaMetrics's timestamp() fills gaps
	corrected := fmt.Sprintf("%s / (%s > 0)", span(kept), seconds)
	if e.Func.Name == "increase" {
		corrected += fmt.Sprintf(" * clamp_max(%s + %g, %g)", seconds, (2 * w.Interval).Seconds(), matrix.Range.Seconds())
	}
	dips := w.fallsWithoutRestart(selector.String(), offset, matrix.Range+w.dipMargin())
	return parse(fmt.Sprintf("((%s unless %s) or ((%s) and %s))", e, dips, corrected, dips))
}

// dipsOf returns the dips that affect a range of a selector with the plugin's labels.
func (w rewriter) dipsOf(e *parser.VectorSelector, length time.Duration) (out []Dip) {
	if e.Timestamp != nil || e.StartOrEnd != 0 || e.OriginalOffset < 0 || !w.exportedBy(target.KindFalco, e.Name) {
		return nil
	}
	from, to := w.from.Add(-e.OriginalOffset-length), w.to.Add(-e.OriginalOffset)
	for _, d := range w.dips {
		excluded := slices.ContainsFunc(e.LabelMatchers, func(m *labels.Matcher) bool {
			return m.Name == target.NodeLabel && !m.Matches(d.Node) || m.Name == target.ClusterLabel && !m.Matches(d.Cluster)
		})
		if !excluded && !d.From.After(to) && !d.To.Add(w.dipMargin()).Before(from) {
			out = append(out, d)
		}
	}
	return out
}

// rateLookback returns how far before an evaluation the rates and increases of an expression read samples; 0 if there are
// none.
func rateLookback(expr parser.Expr) (lookback time.Duration) {
	parser.Inspect(expr, func(node parser.Node, path []parser.Node) error {
		call, ok := node.(*parser.Call)
		if !ok || call.Func.Name != "rate" && call.Func.Name != "increase" {
			return nil
		}
		matrix, ok := call.Args[0].(*parser.MatrixSelector)
		if !ok {
			return nil
		}
		length := matrix.Range + matrix.VectorSelector.(*parser.VectorSelector).OriginalOffset
		for _, outer := range path {
			if subquery, ok := outer.(*parser.SubqueryExpr); ok {
				length += subquery.Range + subquery.OriginalOffset
			}
		}
		lookback = max(lookback, length)
		return nil
	})
	return lookback
}

// countedDips returns the dips that an expression of a user takes for resets. The plugin does not change such expressions.
func (s *Store) countedDips(ctx context.Context, q promapi.Query) []Dip {
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(q.Expr)
	if err != nil {
		return nil // a dialect, such as MetricsQL
	}
	lookback := rateLookback(expr)
	if lookback == 0 || !slices.ContainsFunc(selectorsOf(expr), func(e *parser.VectorSelector) bool { return s.config.exportedBy(target.KindFalco, e.Name) }) {
		return nil
	}
	dips := s.knownDips(ctx, q.Start.Add(-lookback), q.End)
	return slices.DeleteFunc(dips, func(d Dip) bool {
		return slices.ContainsFunc(selectorsOf(expr), func(e *parser.VectorSelector) bool {
			return slices.ContainsFunc(e.LabelMatchers, func(m *labels.Matcher) bool {
				return m.Name == s.config.Identity.ServerLabel(target.NodeLabel) && !m.Matches(d.Node)
			})
		})
	})
}
