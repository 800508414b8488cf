package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// rewrite translates the expression of a query for the server. An expression that a user wrote only gets the extra matchers.
// In the catalogue's expressions, cluster and node become the identity labels, and series that only exist in scrape mode
// are replaced: see selector. It returns the dips that the new expression leaves out.
func (s *Store) rewrite(ctx context.Context, q promapi.Query) (string, []Dip, error) {
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(q.Expr)
	if q.UserWritten {
		if len(s.config.Matchers) == 0 {
			return q.Expr, nil, nil // may be a dialect that this parser does not know, such as MetricsQL
		}
		if err != nil {
			return "", nil, err
		}
		for _, selector := range selectorsOf(expr) {
			selector.LabelMatchers = append(selector.LabelMatchers, s.config.Matchers...)
		}
		return expr.String(), nil, nil
	}
	if err != nil {
		return "", nil, err
	}
	w := s.rewriter()
	w.from, w.to = q.Start, q.End
	if lookback := rateLookback(expr); lookback > 0 {
		w.dips = s.knownDips(ctx, q.Start.Add(-lookback), q.End)
	}
	return w.expr(expr).String(), *w.leftOut, nil
}

func selectorsOf(expr parser.Expr) (out []*parser.VectorSelector) {
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			out = append(out, selector)
		}
		return nil
	})
	return out
}

// Rewrite translates an expression of the catalogue for the server.
func (s *Store) Rewrite(expr string) (string, error) {
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		return "", err
	}
	return s.rewriter().expr(parsed).String(), nil
}

// rewriter rewrites expressions according to the settings and the known targets.
type rewriter struct {
	Config
	jobs map[string][]string // jobs whose targets have one kind, by kind; nothing is known of a missing kind
	all  []target.Status     // the known targets
	// victoria means that the server is VictoriaMetrics. Its `changes` counts the first sample of a series, so that every
	// new Falco would count as restarted; it offers Prometheus's function as changes_prometheus.
	victoria bool
	// from and to are the times of the evaluations, and dips the dips that may affect them. Those that do are added to
	// leftOut.
	from, to time.Time
	dips     []Dip
	leftOut  *[]Dip
}

func (s *Store) rewriter() rewriter {
	s.targets.mu.Lock()
	defer s.targets.mu.Unlock()
	return rewriter{Config: s.config, jobs: s.targets.jobs, all: s.targets.all, victoria: s.client.IsVictoria(), leftOut: new([]Dip)}
}

// expr rewrites an expression of the catalogue.
func (w rewriter) expr(e parser.Expr) parser.Expr {
	switch e := e.(type) {
	case *parser.AggregateExpr:
		e.Expr, e.Grouping = w.expr(e.Expr), w.labelNames(e.Grouping)
		if e.Param != nil {
			e.Param = w.expr(e.Param)
		}
	case *parser.BinaryExpr:
		e.LHS, e.RHS = w.expr(e.LHS), w.expr(e.RHS)
		if m := e.VectorMatching; m != nil {
			m.MatchingLabels, m.Include = w.labelNames(m.MatchingLabels), w.labelNames(m.Include)
		}
	case *parser.Call:
		return w.call(e)
	case *parser.ParenExpr:
		e.Expr = w.expr(e.Expr)
	case *parser.SubqueryExpr:
		w.from = w.from.Add(-e.Range - e.OriginalOffset)
		e.Expr = w.expr(e.Expr)
	case *parser.UnaryExpr:
		e.Expr = w.expr(e.Expr)
	case *parser.NumberLiteral:
		e.Duration = false // Prometheus before 3.0 does not accept a duration as a number
	case *parser.VectorSelector:
		return w.selector(e)
	}
	return e
}

// labelNames translates the labels of `by`, `on` or `group_left`.
func (w rewriter) labelNames(list []string) []string {
	var out []string
	for _, name := range list {
		if name = w.Identity.ServerLabel(name); name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// call rewrites a function. A range vector cannot be joined, so the function's result is joined instead.
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
		if isAboutScrapes(selector.Name) {
			kinds := w.takeKinds(selector)
			w.translate(selector)
			out = w.restrictToKinds(out, selector, kinds)
			continue
		}
		if w.isNodeExporterMetric(selector.Name) {
			out = w.matchNodeExporter(out, selector)
			continue
		}
		if w.isReceived(selector.Name) {
			out = w.received(out, selector)
			continue
		}
		dips := w.dipsOf(selector, matrix.Range) // before the labels are translated
		w.translate(selector)
		if len(dips) > 0 && (e.Func.Name == "rate" || e.Func.Name == "increase") {
			*w.leftOut = append(*w.leftOut, dips...)
			out = w.withoutDips(e, matrix)
		}
	}
	return out
}

// selector rewrites an instant selector.
//
//   - It gets the extra matchers, and cluster and node become the identity labels.
//   - `up` and the like are restricted to Falco and Falcosidekick, because the server has them for every target.
//   - Metrics of node_exporter get the identity of the Falco on the same node.
//   - What the alert receiver counted is joined to the Falco that sent it: see received.
//   - A gauge from the settings becomes its value for every Falco that has an `up`. If the gauge is not set, the selector
//     stays: the server may have such a series from a recording rule.
func (w rewriter) selector(e *parser.VectorSelector) parser.Expr {
	if isAboutScrapes(e.Name) {
		kinds := w.takeKinds(e)
		w.translate(e)
		return w.restrictToKinds(e, e, kinds)
	}
	if w.isNodeExporterMetric(e.Name) {
		return w.matchNodeExporter(e, e)
	}
	if w.isReceived(e.Name) {
		return w.received(e, e)
	}
	var gauges []target.Gauge
	for _, g := range w.Gauges {
		if g.Name == e.Name {
			gauges = append(gauges, g)
		}
	}
	if len(gauges) == 0 {
		w.translate(e)
		return e
	}
	return w.gauges(e, gauges)
}

// gauges returns the values of gauges for every Falco with an `up`. It evaluates matchers on the gauges' own labels.
func (w rewriter) gauges(e *parser.VectorSelector, gauges []target.Gauge) parser.Expr {
	gauges = slices.DeleteFunc(gauges, func(g target.Gauge) bool {
		return slices.ContainsFunc(e.LabelMatchers, func(m *labels.Matcher) bool {
			value, has := g.Labels[m.Name]
			return has && !m.Matches(value)
		})
	})
	if len(gauges) == 0 {
		return parse(emptyVector)
	}
	e.LabelMatchers = slices.DeleteFunc(e.LabelMatchers, func(m *labels.Matcher) bool {
		_, has := gauges[0].Labels[m.Name]
		return has
	})
	e.Name = "up"
	for i, m := range e.LabelMatchers {
		if m.Name == model.MetricNameLabel {
			e.LabelMatchers[i] = labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, "up")
		}
	}
	w.translate(e)
	falcos := w.restrictToKinds(e, e, []string{target.KindFalco})
	var parts []string
	for _, g := range gauges {
		part := fmt.Sprintf("group by (%s) (%s)", strings.Join(w.Identity, ", "), falcos)
		if g.Value != 1 {
			part += " * " + strconv.FormatFloat(g.Value, 'f', -1, 64)
		}
		for _, name := range slices.Sorted(maps.Keys(g.Labels)) {
			part = fmt.Sprintf("label_replace(%s, %q, %q, \"\", \"\")", part, name, strings.ReplaceAll(g.Labels[name], "$", "$$"))
		}
		parts = append(parts, part)
	}
	return parse("(" + strings.Join(parts, " or ") + ")")
}

// emptyVector is an expression without a result.
const emptyVector = "(vector(0) > 0)"

// isAboutScrapes reports whether a server writes a metric for every target.
func isAboutScrapes(metric string) bool {
	return metric == "up" || metric == "scrape_duration_seconds" || metric == "scrape_samples_scraped"
}

// translate renames the labels of a selector's matchers and adds the extra matchers.
func (w rewriter) translate(e *parser.VectorSelector) {
	if slices.Contains(w.Catalogue.Store.ExternalMetrics, e.Name) {
		e.LabelMatchers = append(w.externalMatchers(e.LabelMatchers), w.externalMatchers(w.Matchers)...)
		return
	}
	w.takeKinds(e)
	e.LabelMatchers = append(w.serverMatchers(e.LabelMatchers), w.Matchers...)
}

// serverMatchers translates matchers to the server's labels. If the server has no label for the cluster, a matcher on it is
// dropped when it matches an empty value and stays as it is otherwise. Matchers that all known targets pass are dropped.
func (w rewriter) serverMatchers(matchers []*labels.Matcher) (out []*labels.Matcher) {
	for _, m := range matchers {
		switch name := w.Identity.ServerLabel(m.Name); {
		case name == "" && m.Matches(""), w.matchesAllTargets(m):
		case name == "" || name == m.Name:
			out = append(out, m)
		default:
			out = append(out, labels.MustNewMatcher(m.Type, name, m.Value))
		}
	}
	return out
}

// matchesAllTargets reports whether a regular expression matches every known target, as a dashboard variable does that is
// set to All: it lists every node in every selector, and VictoriaMetrics limits a query to 16 KiB.
func (w rewriter) matchesAllTargets(m *labels.Matcher) bool {
	if m.Type != labels.MatchRegexp || m.Name != target.NodeLabel && m.Name != target.ClusterLabel || len(w.all) == 0 {
		return false
	}
	return !slices.ContainsFunc(w.all, func(t target.Status) bool { return !m.Matches(t.Labels.Get(m.Name)) })
}

// externalMatchers keeps the matchers that apply to metrics of other exporters, such as kube-state-metrics: those on their
// own labels and on the cluster. The others select targets that are Falcos.
func (w rewriter) externalMatchers(matchers []*labels.Matcher) (out []*labels.Matcher) {
	cluster := w.Identity.ServerLabel(target.ClusterLabel)
	for _, m := range matchers {
		switch {
		case m.Name == target.ClusterLabel && cluster != "":
			out = append(out, labels.MustNewMatcher(m.Type, cluster, m.Value))
		case m.Name == cluster, m.Name == target.NodeLabel, m.Name == "container", m.Name == "reason", m.Name == model.MetricNameLabel:
			out = append(out, m)
		case m.Name == target.ClusterLabel && !m.Matches(""):
			out = append(out, m)
		}
	}
	return out
}

// parse parses an expression that this package composed of parsed parts.
func parse(text string) parser.Expr {
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		panic(fmt.Sprintf("%s: %v", text, err))
	}
	return expr
}
