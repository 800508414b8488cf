package store

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
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

// Rewrite makes an expression of the catalogue the store's.
func (s *Store) Rewrite(expr string) (string, error) { return s.rewrite(Query{Expr: expr}) }

// rewriter rewrites by what is set, and by which jobs were found to be of one kind alone.
type rewriter struct {
	Config
	jobs map[string][]string // by kind; of a kind that is missing nothing is known
	all  []target.Status     // the targets that are known
	// victoria is whether the store is a VictoriaMetrics: there `changes` counts the first sample of a series, too, so that
	// a Falco seen for the first time would have restarted. It has Prometheus's function under another name.
	victoria bool
}

func (s *Store) rewriter() rewriter {
	s.targets.mu.Lock()
	defer s.targets.mu.Unlock()
	return rewriter{s.config, s.targets.jobs, s.targets.all, s.victoria.Load()}
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
	if w.victoria && e.Func.Name == "changes" {
		f := *e.Func
		f.Name = "changes_prometheus"
		e.Func = &f
	}
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
	var set []target.Gauge
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
func (w rewriter) gauges(e *parser.VectorSelector, set []target.Gauge) parser.Expr {
	var parts []string
	set = slices.DeleteFunc(set, func(g target.Gauge) bool {
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
	falcos := w.ofKinds(e, e, []string{target.KindFalco})
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
	if slices.Contains(w.Catalogue.Store.Foreign, e.Name) {
		e.LabelMatchers = append(w.foreign(e.LabelMatchers), w.foreign(w.Matchers)...)
		return
	}
	e.LabelMatchers = append(w.renamed(e.LabelMatchers), w.Matchers...)
}

// renamed are matchers in the store's own labels. Where it has none for the cluster, every Falco passes what lets an empty
// one through; what asks for a cluster stays as it is. What all known Falcos pass is left out.
func (w rewriter) renamed(matchers []*labels.Matcher) (out []*labels.Matcher) {
	for _, m := range matchers {
		switch name := w.Identity.Written(m.Name); {
		case name == "" && m.Matches(""), w.passes(m):
		case name == "" || name == m.Name:
			out = append(out, m)
		default:
			out = append(out, labels.MustNewMatcher(m.Type, name, m.Value))
		}
	}
	return out
}

// passes is whether a pattern lets every known target through, as that of a dashboard's variable does which stands for all
// nodes: it names each of them, in every selector, and VictoriaMetrics takes no query beyond 16 KiB.
func (w rewriter) passes(m *labels.Matcher) bool {
	if m.Type != labels.MatchRegexp || m.Name != nodeLabel && m.Name != clusterLabel || len(w.all) == 0 {
		return false
	}
	return !slices.ContainsFunc(w.all, func(t target.Status) bool { return !m.Matches(t.Labels.Get(m.Name)) })
}

// foreign are those matchers that say something of metrics of other exporters, such as kube-state-metrics: on their own
// labels, and on the cluster. Others say which targets of a scraper are Falcos.
func (w rewriter) foreign(matchers []*labels.Matcher) (out []*labels.Matcher) {
	cluster := w.Identity.Written(clusterLabel)
	for _, m := range matchers {
		switch {
		case m.Name == clusterLabel && cluster != "":
			out = append(out, labels.MustNewMatcher(m.Type, cluster, m.Value))
		case m.Name == cluster, m.Name == nodeLabel, m.Name == "container", m.Name == "reason", m.Name == model.MetricNameLabel:
			out = append(out, m)
		case m.Name == clusterLabel && !m.Matches(""):
			out = append(out, m)
		}
	}
	return out
}

// parse reads PromQL that is put together here, of parts that have been parsed.
func parse(text string) parser.Expr {
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		panic(fmt.Sprintf("%s: %v", text, err))
	}
	return expr
}
