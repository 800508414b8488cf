package store

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// kinds takes the matchers on the label `kind`, which the plugin's scraper writes on what is no Falco, off a selector,
// and returns the kinds that they let through.
func (w rewriter) kinds(e *parser.VectorSelector) []string {
	passes := map[string]bool{target.KindFalco: true, target.KindFalcosidekick: true}
	e.LabelMatchers = slices.DeleteFunc(e.LabelMatchers, func(m *labels.Matcher) bool {
		if m.Name != kindLabel {
			return false
		}
		passes[target.KindFalco] = passes[target.KindFalco] && m.Matches("")
		passes[target.KindFalcosidekick] = passes[target.KindFalcosidekick] && m.Matches(target.KindFalcosidekick)
		return true
	})
	var out []string
	for _, kind := range []string{target.KindFalco, target.KindFalcosidekick} {
		if passes[kind] {
			out = append(out, kind)
		}
	}
	return out
}

// ofKinds leaves of what was made of `up` the targets of some kinds.
//
//   - A target is what it showed itself to be within the last day.
//   - Where a job is known to be of Falcos alone, all of its targets are, also one that never answered.
//   - Where the extra matchers name the job, every target that is no Falcosidekick is a Falco.
//   - Both kinds together are not looked for where all that is joined with `up` later is by instance.
func (w rewriter) ofKinds(e parser.Expr, selector *parser.VectorSelector, kinds []string) parser.Expr {
	join := func(operator string, kind ...string) parser.Expr {
		var shown []string
		for _, k := range kind {
			shown = append(shown, w.shown(k, selector))
		}
		return parse(fmt.Sprintf("(%s %s on (%s) (%s))", e, operator, w.Identity.target(), strings.Join(shown, " or ")))
	}
	jobs, known := w.jobsOf(kinds)
	switch {
	case known && len(jobs) == 0 && len(kinds) > 0 && !w.named():
		return parse(nobody)
	case known && len(jobs) > 0 && !w.named():
		selector.LabelMatchers = append(selector.LabelMatchers, oneOf("job", jobs))
		return e
	case len(kinds) == 2 && (w.named() || slices.Contains(w.Identity, "instance")):
		return e
	case len(kinds) == 2:
		return join("and", kinds...)
	case len(kinds) == 0:
		return parse(nobody)
	case kinds[0] == target.KindFalco && w.named():
		return join("unless", target.KindFalcosidekick)
	}
	return join("and", kinds[0])
}

// jobsOf are the jobs of some kinds, where all of them are known.
func (w rewriter) jobsOf(kinds []string) (jobs []string, known bool) {
	for _, kind := range kinds {
		of, ok := w.jobs[kind]
		if !ok {
			return nil, false
		}
		jobs = append(jobs, of...)
	}
	slices.Sort(jobs)
	return slices.Compact(jobs), true
}

// oneOf matches a label that has one of some values.
func oneOf(label string, values []string) *labels.Matcher {
	if len(values) == 1 {
		return labels.MustNewMatcher(labels.MatchEqual, label, values[0])
	}
	var quoted []string
	for _, v := range values {
		quoted = append(quoted, regexp.QuoteMeta(v))
	}
	return labels.MustNewMatcher(labels.MatchRegexp, label, strings.Join(quoted, "|"))
}

// named is whether the extra matchers name the job.
func (w rewriter) named() bool {
	return slices.ContainsFunc(w.Matchers, func(m *labels.Matcher) bool {
		return m.Name == "job" && (m.Type == labels.MatchEqual || m.Type == labels.MatchRegexp)
	})
}

// shown are the targets that show to be of a kind at the time that a selector is about, or did within a day before. The
// steps of the day are no longer than the look-back, so that none is missed.
func (w rewriter) shown(kind string, at *parser.VectorSelector) string {
	mark := w.mark(kind)
	mark.OriginalOffset, mark.Timestamp, mark.StartOrEnd = at.OriginalOffset, at.Timestamp, at.StartOrEnd
	subquery := parse(fmt.Sprintf("(group by (%s) (%s))[1d:5m]", w.Identity.target(), w.mark(kind))).(*parser.SubqueryExpr)
	subquery.OriginalOffset, subquery.Timestamp, subquery.StartOrEnd = at.OriginalOffset, at.Timestamp, at.StartOrEnd
	return fmt.Sprintf("group by (%s) (%s) or max_over_time(%s)", w.Identity.target(), mark, subquery)
}

// mark selects the metrics by which a target shows its kind.
func (c Config) mark(kind string) *parser.VectorSelector {
	metrics := c.marks(kind)
	selector := &parser.VectorSelector{LabelMatchers: slices.Clone(c.Matchers)}
	if len(metrics) == 1 {
		selector.Name = metrics[0]
	} else {
		selector.LabelMatchers = append([]*labels.Matcher{
			labels.MustNewMatcher(labels.MatchRegexp, model.MetricNameLabel, strings.Join(metrics, "|")),
		}, selector.LabelMatchers...)
	}
	return selector
}

func (c Config) marks(kind string) []string {
	for _, m := range c.Catalogue.Store.Shows {
		if m.Kind == kind {
			return m.Metrics
		}
	}
	return nil
}
