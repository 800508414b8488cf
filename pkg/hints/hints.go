// Package hints finds common mistakes in PromQL that a user wrote. A hint never changes a result.
package hints

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

// Hint says what is probably a mistake.
type Hint struct {
	Text string `json:"text"`
	// Fix is nil if no single change is likely to be right.
	Fix *Fix `json:"fix,omitempty"`
}

// Fix is a change of the expression, in the form of the actions of Grafana's query fixes. The browser makes it
// (src/promqlEdits.ts), because only the browser has the expression as it was written, with variables and macros. It is one of:
//
//	RENAME       replaces the name from by to
//	ADD_RATE     puts rate() around the selectors of metrics, separated by blanks, that have no range
//	REMOVE_RATE  replaces the calls of function on metric by their selector
//	ADD_DOWN     adds the targets that are down to absent(up)
type Fix struct {
	Type    string            `json:"type"`
	Options map[string]string `json:"options,omitempty"`
}

func rename(from, to string) *Fix {
	return &Fix{Type: "RENAME", Options: map[string]string{"from": from, "to": to}}
}

func addRate(metrics ...string) *Fix {
	return &Fix{Type: "ADD_RATE", Options: map[string]string{"metrics": strings.Join(metrics, " ")}}
}

// Input is an expression and what is known about its metrics.
type Input struct {
	Expr     string
	Signals  []signals.Signal
	Receiver signals.Receiver
	// Metrics returns the names of the available metrics, or nil if they are unknown. It is only called for an unknown metric.
	Metrics func() []string
	// Labels returns the label names of a metric, or nil if it has no samples or they are unknown.
	Labels func(metric string) []string
	// Priority tells how metrics write priorities.
	Priority signals.PriorityLabel
	// Scraped means that the samples come from the plugin's own scrapes, which have no job.
	Scraped bool
}

// For returns the hints for an expression in the order of its parts, without repetition. It returns none for an expression
// that cannot be parsed.
func For(in Input) []Hint {
	root, err := parser.NewParser(parser.Options{}).ParseExpr(in.Expr)
	if err != nil {
		return nil
	}
	f := finder{Input: in, catalogue: catalogueOf(in.Signals), newSeries: findNewSeries(root)}
	parser.Inspect(root, func(node parser.Node, path []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			f.checkMetric(n)
			f.checkMatchers(n)
			f.checkPriority(n)
		case *parser.AggregateExpr:
			f.checkGrouping(n)
			f.checkRawSum(n, path)
		case *parser.Call:
			f.checkCall(n)
		case *parser.BinaryExpr:
			f.checkRatio(n)
		}
		return nil
	})
	return f.hints
}

type finder struct {
	Input
	catalogue catalogue
	newSeries map[string]bool // metrics whose new series the expression finds
	hints     []Hint
}

func (f *finder) add(fix *Fix, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !slices.ContainsFunc(f.hints, func(h Hint) bool { return h.Text == text }) {
		f.hints = append(f.hints, Hint{Text: text, Fix: fix})
	}
}

// checkMetric proposes a similar name for a metric that neither the samples nor the catalogue have. Metrics about scrapes and
// those of the alert receiver may be new.
func (f *finder) checkMetric(s *parser.VectorSelector) {
	if s.Name == "" || strings.HasPrefix(s.Name, "scrape_") || f.catalogue.known[s.Name] || f.Receiver.Writes(s.Name) || f.Labels(s.Name) != nil {
		return
	}
	metrics := f.Metrics()
	if len(metrics) == 0 || slices.Contains(metrics, s.Name) {
		return
	}
	if near := nearestMetric(s.Name, append(metrics, f.catalogue.metrics...)); near != "" {
		f.add(rename(s.Name, near), "There is no metric %s. Did you mean %s%s?", s.Name, near, f.catalogue.usedBy(", which the signal “%s” uses", near))
	}
}

// checkMatchers finds matchers on labels that the metric does not have.
func (f *finder) checkMatchers(s *parser.VectorSelector) {
	known := f.Labels(s.Name)
	if s.Name == "" || known == nil {
		return
	}
	for _, m := range s.LabelMatchers {
		if m.Name == model.MetricNameLabel || slices.Contains(known, m.Name) || m.Matches("") {
			continue
		}
		advice := fmt.Sprintf("Its labels are %s.", wording.List(known))
		if f.Scraped && m.Name == "job" && !f.Receiver.Writes(s.Name) {
			advice = "This data source scrapes Falco directly: use the labels kind, cluster and node instead of job."
		}
		f.add(nil, "%s has no label %s, so %s matches nothing. %s", s.Name, m.Name, m, advice)
	}
}

// checkPriority finds matchers that match none of the values that a metric has for priorities.
func (f *finder) checkPriority(s *parser.VectorSelector) {
	values := f.Priority.Values[s.Name]
	for _, m := range s.LabelMatchers {
		if m.Name != f.Priority.Label || values == nil || slices.ContainsFunc(values, m.Matches) || m.Matches("") {
			continue
		}
		var written []string
		for i, value := range values {
			written = append(written, fmt.Sprintf("%s (%s)", value, f.Priority.Words[i]))
		}
		f.add(nil, "%s matches nothing, because the values of %s in %s are %s.", m, m.Name, s.Name, strings.Join(written, ", "))
	}
}

// checkGrouping finds labels in by clauses that none of the aggregated metrics has.
func (f *finder) checkGrouping(a *parser.AggregateExpr) {
	if a.Without {
		return
	}
	known := []string{}
	var metrics []string
	unknown := false
	parser.Inspect(a.Expr, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			names := f.Labels(n.Name)
			unknown = unknown || names == nil
			known = append(known, names...)
			if !slices.Contains(metrics, n.Name) {
				metrics = append(metrics, n.Name)
			}
		case *parser.Call:
			unknown = unknown || n.Func.Name == "label_replace" || n.Func.Name == "label_join" || n.Func.Name == "info"
		case *parser.AggregateExpr:
			unknown = unknown || n.Op == parser.COUNT_VALUES
		}
		return nil
	})
	if unknown || len(metrics) == 0 {
		return
	}
	slices.Sort(known)
	known = slices.Compact(known)
	for _, label := range a.Grouping {
		if slices.Contains(known, label) {
			continue
		}
		advice := fmt.Sprintf("The labels are %s.", wording.List(known))
		near := nearest(label, known)
		if i := slices.IndexFunc(known, func(name string) bool { return strings.HasPrefix(name, label+"_") }); near == "" && i >= 0 {
			near = known[i]
		}
		var fix *Fix
		if near != "" {
			fix, advice = rename(label, near), fmt.Sprintf("Did you mean %s?", near)
		}
		f.add(fix, "%s has no label %s, so by (%s) does not separate series. %s", wording.List(metrics), label, label, advice)
	}
}

// checkCall finds rates of gauges, increases that miss the first event, and absent() on up.
func (f *finder) checkCall(c *parser.Call) {
	selector := singleSelector(c)
	if selector == nil {
		return
	}
	name := selector.Name
	switch c.Func.Name {
	case "rate", "irate", "increase":
		switch {
		case f.catalogue.gauges[name]:
			remove := &Fix{Type: "REMOVE_RATE", Options: map[string]string{"function": c.Func.Name, "metric": name}}
			f.add(remove, "%s is a gauge, and %s() needs a counter.%s", name, c.Func.Name, f.catalogue.usedBy(" Use the metric itself or the signal “%s”.", name))
		case f.Scraped && f.Receiver.Writes(name): // its history has the 0 before the first event
		case c.Func.Name != "irate" && f.catalogue.startsAtFirst[name] && !f.newSeries[name]:
			f.add(nil, "%s() misses the first event of a series of %s, because the series starts with it.%s", c.Func.Name, name, f.catalogue.usedBy(" The signal “%s” counts it.", name))
		}
	case "absent", "absent_over_time":
		if name == "up" {
			f.add(&Fix{Type: "ADD_DOWN"}, "A target that is down has up 0, so absent(up) does not report it. Use up == 0 or absent(up).")
		}
	}
}

// checkRatio finds ratios of counters that are not rates.
func (f *finder) checkRatio(b *parser.BinaryExpr) {
	if b.Op != parser.DIV {
		return
	}
	left, right := f.rawCounter(b.LHS), f.rawCounter(b.RHS)
	if left == "" || right == "" {
		return
	}
	f.add(addRate(left, right), "%s / %s is the ratio since %s started, which hides recent changes. Divide their rates instead%s.",
		left, right, f.counterOf(left), f.catalogue.usedBy(", or use the signal “%s”", left, right))
}

// checkRawSum finds sums of counters that are not rates.
func (f *finder) checkRawSum(a *parser.AggregateExpr, path []parser.Node) {
	counter := f.rawCounter(a.Expr)
	if a.Op != parser.SUM || counter == "" || slices.ContainsFunc(path, func(n parser.Node) bool {
		b, ok := n.(*parser.BinaryExpr)
		return ok && b.Op == parser.DIV
	}) {
		return
	}
	f.add(addRate(counter), "sum(%s) adds up what %s has counted since it started. Use rate() or increase()%s.",
		counter, f.counterOf(counter), f.catalogue.usedBy(", or the signal “%s”", counter))
}

// counterOf says what counts a metric.
func (f *finder) counterOf(metric string) string {
	if slices.Contains(f.Receiver.Metrics, metric) {
		return "the alert receiver"
	}
	return "each target"
}

// rawCounter returns the counter whose value an expression uses directly, or "".
func (f *finder) rawCounter(e parser.Expr) string {
	switch n := e.(type) {
	case *parser.ParenExpr:
		return f.rawCounter(n.Expr)
	case *parser.StepInvariantExpr:
		return f.rawCounter(n.Expr)
	case *parser.AggregateExpr:
		if n.Op == parser.SUM || n.Op == parser.AVG || n.Op == parser.MAX {
			return f.rawCounter(n.Expr)
		}
	case *parser.VectorSelector:
		if f.catalogue.counters[n.Name] {
			return n.Name
		}
	}
	return ""
}

// singleSelector returns the selector that is the only argument of a call, or nil.
func singleSelector(c *parser.Call) *parser.VectorSelector {
	if len(c.Args) != 1 {
		return nil
	}
	switch arg := c.Args[0].(type) {
	case *parser.VectorSelector:
		return arg
	case *parser.MatrixSelector:
		selector, _ := arg.VectorSelector.(*parser.VectorSelector)
		return selector
	}
	return nil
}

// findNewSeries returns the metrics whose new series an expression already finds, as in m unless m offset 5m.
func findNewSeries(root parser.Expr) map[string]bool {
	found := map[string]bool{}
	parser.Inspect(root, func(node parser.Node, _ []parser.Node) error {
		if b, ok := node.(*parser.BinaryExpr); ok && b.Op == parser.LUNLESS {
			if s, ok := b.LHS.(*parser.VectorSelector); ok {
				found[s.Name] = true
			}
		}
		return nil
	})
	return found
}
