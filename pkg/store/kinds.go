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

// kinds lists the kinds of targets that Falco's project makes, in the order in which results show them. Those of
// node_exporter are found by other means.
var kinds = []string{target.KindFalco, target.KindFalcosidekick}

// takeKinds removes the matchers on the label kind, which only exists in scrape mode, from a selector. It returns the kinds
// that they match.
func (w rewriter) takeKinds(e *parser.VectorSelector) []string {
	matches := map[string]bool{target.KindFalco: true, target.KindFalcosidekick: true}
	e.LabelMatchers = slices.DeleteFunc(e.LabelMatchers, func(m *labels.Matcher) bool {
		if m.Name != target.KindLabel {
			return false
		}
		matches[target.KindFalco] = matches[target.KindFalco] && m.Matches("")
		matches[target.KindFalcosidekick] = matches[target.KindFalcosidekick] && m.Matches(target.KindFalcosidekick)
		return true
	})
	return slices.DeleteFunc(slices.Clone(kinds), func(kind string) bool { return !matches[kind] })
}

// restrictToKinds restricts an expression that reads `up` to targets of some kinds.
//
//   - A target has the kind whose metrics it exported within the last day.
//   - If all targets of a job are Falcos, so are those that never answered.
//   - If the extra matchers name the job, every target that is not a Falcosidekick is a Falco.
//   - Both kinds together are not restricted if later joins with `up` use the instance.
func (w rewriter) restrictToKinds(e parser.Expr, selector *parser.VectorSelector, kinds []string) parser.Expr {
	join := func(operator string, kind ...string) parser.Expr {
		var targets []string
		for _, k := range kind {
			targets = append(targets, w.targetsOfKind(k, selector))
		}
		return parse(fmt.Sprintf("(%s %s on (%s) (%s))", e, operator, w.Identity.targetLabels(), strings.Join(targets, " or ")))
	}
	jobs, known := w.jobsOfKinds(kinds)
	switch {
	case known && len(jobs) == 0 && len(kinds) > 0 && !w.matchersNameJob():
		return parse(emptyVector)
	case known && len(jobs) > 0 && !w.matchersNameJob():
		selector.LabelMatchers = append(selector.LabelMatchers, matchAny("job", jobs))
		return e
	case len(kinds) == 2 && (w.matchersNameJob() || slices.Contains(w.Identity, "instance")):
		return e
	case len(kinds) == 2:
		return join("and", kinds...)
	case len(kinds) == 0:
		return parse(emptyVector)
	case kinds[0] == target.KindFalco && w.matchersNameJob():
		return join("unless", target.KindFalcosidekick)
	}
	return join("and", kinds[0])
}

// jobsOfKinds returns the jobs of some kinds, if the jobs of all of them are known.
func (w rewriter) jobsOfKinds(kinds []string) (jobs []string, known bool) {
	for _, kind := range kinds {
		found, ok := w.jobs[kind]
		if !ok {
			return nil, false
		}
		jobs = append(jobs, found...)
	}
	slices.Sort(jobs)
	return slices.Compact(jobs), true
}

// matchAny matches a label that has one of some values.
func matchAny(label string, values []string) *labels.Matcher {
	if len(values) == 1 {
		return labels.MustNewMatcher(labels.MatchEqual, label, values[0])
	}
	var quoted []string
	for _, v := range values {
		quoted = append(quoted, regexp.QuoteMeta(v))
	}
	return labels.MustNewMatcher(labels.MatchRegexp, label, strings.Join(quoted, "|"))
}

// matchersNameJob reports whether the extra matchers select a job.
func (w rewriter) matchersNameJob() bool {
	return slices.ContainsFunc(w.Matchers, func(m *labels.Matcher) bool {
		return m.Name == "job" && (m.Type == labels.MatchEqual || m.Type == labels.MatchRegexp)
	})
}

// targetsOfKind is an expression for the targets that export a kind's metrics at the time of a selector, or did within the
// day before it. The steps of the day are as long as the look-back, so that they miss no sample.
func (w rewriter) targetsOfKind(kind string, when *parser.VectorSelector) string {
	metrics := w.kindSelector(kind)
	metrics.OriginalOffset, metrics.Timestamp, metrics.StartOrEnd = when.OriginalOffset, when.Timestamp, when.StartOrEnd
	subquery := parse(fmt.Sprintf("(group by (%s) (%s))[1d:5m]", w.Identity.targetLabels(), w.kindSelector(kind))).(*parser.SubqueryExpr)
	subquery.OriginalOffset, subquery.Timestamp, subquery.StartOrEnd = when.OriginalOffset, when.Timestamp, when.StartOrEnd
	return fmt.Sprintf("group by (%s) (%s) or max_over_time(%s)", w.Identity.targetLabels(), metrics, subquery)
}

// kindSelector selects the metrics that identify a kind of target.
func (c Config) kindSelector(kind string) *parser.VectorSelector {
	metrics := c.kindMetrics(kind)
	selector := &parser.VectorSelector{LabelMatchers: slices.Clone(c.Matchers)}
	if len(metrics) == 1 {
		selector.Name = metrics[0]
	} else {
		selector.LabelMatchers = append([]*labels.Matcher{c.kindMatcher(kind)}, selector.LabelMatchers...)
	}
	return selector
}

// kindMatcher matches the names of the metrics that identify a kind of target.
func (c Config) kindMatcher(kind string) *labels.Matcher {
	return labels.MustNewMatcher(labels.MatchRegexp, model.MetricNameLabel, strings.Join(c.kindMetrics(kind), "|"))
}

func (c Config) kindMetrics(kind string) []string {
	for _, m := range c.Catalogue.Store.IdentifyingMetrics {
		if m.Kind == kind {
			return m.Metrics
		}
	}
	return nil
}

// exportedBy reports whether a metric belongs to a kind of target.
func (c Config) exportedBy(kind, metric string) bool {
	for _, m := range c.Catalogue.Reading.IdentifyingMetrics {
		if m.Kind == kind && strings.HasPrefix(metric, m.Prefix) {
			return true
		}
	}
	return false
}
