package store

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

// rewrite makes an expression the store's. What a user wrote only gets the extra matchers. What the catalogue says of
// `cluster` and `node` is said of the store's own labels, and what the plugin's scraper writes beside Falco's metrics,
// and no store has, is put in by what the store does have: see selector.
func (s *Store) rewrite(q Query) (string, error) {
	if q.ByHand && len(s.config.Matchers) == 0 {
		return q.Expr, nil // also what this parser does not know, such as MetricsQL
	}
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(q.Expr)
	if err != nil {
		return "", err
	}
	if q.ByHand {
		parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
			if selector, ok := node.(*parser.VectorSelector); ok {
				selector.LabelMatchers = append(selector.LabelMatchers, s.config.Matchers...)
			}
			return nil
		})
		return expr.String(), nil
	}
	return s.rewriter().expr(expr).String(), nil
}

// rewriter rewrites by what is set, and by which jobs were found to be of one kind alone.
type rewriter struct {
	Config
	jobs map[string][]string // by kind; of a kind that is missing nothing is known
}

func (s *Store) rewriter() rewriter {
	s.targets.mu.Lock()
	defer s.targets.mu.Unlock()
	return rewriter{s.config, s.targets.jobs}
}

// expr rewrites an expression of the catalogue.
func (w rewriter) expr(e parser.Expr) parser.Expr {
	switch e := e.(type) {
	case *parser.AggregateExpr:
		e.Expr, e.Grouping = w.expr(e.Expr), w.names(e.Grouping)
		if e.Param != nil {
			e.Param = w.expr(e.Param)
		}
	case *parser.BinaryExpr:
		e.LHS, e.RHS = w.expr(e.LHS), w.expr(e.RHS)
		if m := e.VectorMatching; m != nil {
			m.MatchingLabels, m.Include = w.names(m.MatchingLabels), w.names(m.Include)
		}
	case *parser.Call:
		return w.call(e)
	case *parser.ParenExpr:
		e.Expr = w.expr(e.Expr)
	case *parser.SubqueryExpr:
		e.Expr = w.expr(e.Expr)
	case *parser.UnaryExpr:
		e.Expr = w.expr(e.Expr)
	case *parser.NumberLiteral:
		e.Duration = false // Prometheus before 3.0 takes no duration for a number
	case *parser.VectorSelector:
		return w.selector(e)
	}
	return e
}

// names are labels in a list of an expression: `by`, `on`, `group_left`.
func (w rewriter) names(list []string) []string {
	var out []string
	for _, name := range list {
		if name = w.Identity.Written(name); name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// call rewrites a function. A range of samples cannot be joined with anything: what its selector has to be joined with,
// the function's result is.
func (w rewriter) call(e *parser.Call) parser.Expr {
	var out parser.Expr = e
	for i, arg := range e.Args {
		matrix, ok := arg.(*parser.MatrixSelector)
		if !ok {
			e.Args[i] = w.expr(arg)
			continue
		}
		selector := matrix.VectorSelector.(*parser.VectorSelector)
		if selector.Name == "up" {
			kinds := w.kinds(selector)
			w.translate(selector)
			out = w.ofKinds(out, selector, kinds)
			continue
		}
		w.translate(selector)
	}
	return out
}

// selector rewrites an instant selector.
//
//   - Extra matchers are added, and `cluster` and `node` are called what the store calls them.
//   - `up` is there for all that the store's scraper asks: only that of Falco and Falcosidekick is meant.
//   - A gauge from the settings becomes its value for every Falco that has an `up`. Where it is not set, the selector
//     stays: a store may have such series from a recording rule.
func (w rewriter) selector(e *parser.VectorSelector) parser.Expr {
	if e.Name == "up" {
		kinds := w.kinds(e)
		w.translate(e)
		return w.ofKinds(e, e, kinds)
	}
	var set []scrape.Gauge
	for _, g := range w.Gauges {
		if g.Name == e.Name {
			set = append(set, g)
		}
	}
	if len(set) == 0 {
		w.translate(e)
		return e
	}
	return w.gauges(e, set)
}

// gauges are the values of what is set, for every Falco with an `up`. A gauge's own labels are matched here.
func (w rewriter) gauges(e *parser.VectorSelector, set []scrape.Gauge) parser.Expr {
	var parts []string
	set = slices.DeleteFunc(set, func(g scrape.Gauge) bool {
		return slices.ContainsFunc(e.LabelMatchers, func(m *labels.Matcher) bool {
			own, has := g.Labels[m.Name]
			return has && !m.Matches(own)
		})
	})
	e.LabelMatchers = slices.DeleteFunc(e.LabelMatchers, func(m *labels.Matcher) bool {
		return len(set) > 0 && slices.Contains(slices.Collect(maps.Keys(set[0].Labels)), m.Name)
	})
	e.Name = "up"
	for i, m := range e.LabelMatchers {
		if m.Name == model.MetricNameLabel {
			e.LabelMatchers[i] = labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, "up")
		}
	}
	w.translate(e)
	falcos := w.ofKinds(e, e, []string{scrape.KindFalco})
	for _, g := range set {
		part := fmt.Sprintf("group by (%s) (%s)", strings.Join(w.Identity, ", "), falcos)
		if g.Value != 1 {
			part += " * " + strconv.FormatFloat(g.Value, 'f', -1, 64)
		}
		for _, name := range slices.Sorted(maps.Keys(g.Labels)) {
			part = fmt.Sprintf("label_replace(%s, %q, %q, \"\", \"\")", part, name, strings.ReplaceAll(g.Labels[name], "$", "$$"))
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return parse(nobody)
	}
	return parse("(" + strings.Join(parts, " or ") + ")")
}

// nobody is a vector without a sample.
const nobody = "(vector(0) > 0)"

// translate renames the labels of a selector's matchers, and adds the extra ones.
func (w rewriter) translate(e *parser.VectorSelector) {
	e.LabelMatchers = append(w.renamed(e.LabelMatchers), w.matchersFor(e.Name)...)
}

// renamed are matchers in the store's own labels. Where it has none for the cluster, every Falco passes what lets an empty
// one through; what asks for a cluster stays as it is.
func (w rewriter) renamed(matchers []*labels.Matcher) (out []*labels.Matcher) {
	for _, m := range matchers {
		switch name := w.Identity.Written(m.Name); {
		case name == "" && m.Matches(""):
		case name == "" || name == m.Name:
			out = append(out, m)
		default:
			out = append(out, labels.MustNewMatcher(m.Type, name, m.Value))
		}
	}
	return out
}

// matchersFor are the extra matchers that hold for a metric. Those on labels that a scraper's targets have say which
// targets are Falcos: they say nothing of what other exporters know, such as kube-state-metrics.
func (w rewriter) matchersFor(metric string) []*labels.Matcher {
	if !slices.Contains(w.Catalogue.Store.Foreign, metric) {
		return w.Matchers
	}
	var out []*labels.Matcher
	for _, m := range w.Matchers {
		if len(w.Identity) == 2 && m.Name == w.Identity[0] || m.Name == clusterLabel {
			out = append(out, m)
		}
	}
	return out
}

// kinds takes the matchers on the label `kind`, which the plugin's scraper writes on what is no Falco, off a selector,
// and returns the kinds that they let through.
func (w rewriter) kinds(e *parser.VectorSelector) []string {
	passes := map[string]bool{scrape.KindFalco: true, scrape.KindFalcosidekick: true}
	e.LabelMatchers = slices.DeleteFunc(e.LabelMatchers, func(m *labels.Matcher) bool {
		if m.Name != kindLabel {
			return false
		}
		passes[scrape.KindFalco] = passes[scrape.KindFalco] && m.Matches("")
		passes[scrape.KindFalcosidekick] = passes[scrape.KindFalcosidekick] && m.Matches(scrape.KindFalcosidekick)
		return true
	})
	var out []string
	for _, kind := range []string{scrape.KindFalco, scrape.KindFalcosidekick} {
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
	case kinds[0] == scrape.KindFalco && w.named():
		return join("unless", scrape.KindFalcosidekick)
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

// parse reads PromQL that is put together here, of parts that have been parsed.
func parse(text string) parser.Expr {
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		panic(fmt.Sprintf("%s: %v", text, err))
	}
	return expr
}
