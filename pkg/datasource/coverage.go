package datasource

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

// lowRates names the nodes whose figures read low while their samples do not cover the window of a rate yet: PromQL
// divides the increase by the whole window, also by the part before the first sample.
func (r *request) lowRates(ctx context.Context, a *asked) string {
	var window, whole time.Duration // that is looked back over, and that will be when there is enough history
	for _, result := range a.results {
		expr, err := parser.NewParser(parser.Options{}).ParseExpr(result.Expr)
		if err == nil && !proportion(expr) {
			window = max(window, rateWindow(expr))
			whole = max(whole, window, result.Window)
		}
	}
	if window == 0 {
		return ""
	}
	begin := a.times.end.Add(-window)
	first, err := r.exec.firstUp(ctx, scope{}, begin, a.times.end)
	if err != nil {
		return ""
	}
	var names []string
	var latest time.Time
	for _, t := range a.targets.all {
		at, known := first[nodeOf(t.Labels)]
		// Up to a scrape after the window's begin is usual, and rates reach over that.
		if since := time.UnixMilli(at); known && t.State == scrape.Up && since.Sub(begin) > a.times.scrape*3/2 {
			names = append(names, a.targets.name(t))
			if since.After(latest) {
				latest = since
			}
		}
	}
	if len(names) == 0 {
		return ""
	}
	who, verb, whose := list(names), "has", "its"
	if len(names) > 1 {
		who, verb, whose = a.targets.share(names), "have", "their"
	}
	return fmt.Sprintf("%s %s been scraped for %.0f s of the %.0f s window: %s rates read low until %s.",
		who, verb, a.times.end.Sub(latest).Seconds(), window.Seconds(), whose, r.second(latest.Add(whole)))
}

// lateNodes names the nodes that were not known yet when the range began, and were when it ended.
func (r *request) lateNodes(ctx context.Context, a *asked, begin time.Time) string {
	then, err := r.known(ctx, begin)
	if err != nil {
		return ""
	}
	since, err := r.known(ctx, a.times.end)
	if err != nil {
		return ""
	}
	late := newGroups(a.targets)
	for _, t := range a.targets.all {
		if n := nodeOf(t.Labels); since[n] && !then[n] {
			late.add(note("Not known yet at the beginning of this range:", "Figures begin with the first scrape."), a.targets.name(t))
		}
	}
	return late.sentence()
}

// known are the nodes that were scraped at a time, whatever came of it. Those of now may be told by the targets.
func (r *request) known(ctx context.Context, at time.Time) (map[node]bool, error) {
	if nodes := r.exec.present(at); nodes != nil {
		return nodes, nil
	}
	found, err := r.at(ctx, "up", at)
	nodes := map[node]bool{}
	if vector, ok := found.value.(promql.Vector); ok {
		for _, s := range vector {
			nodes[nodeOf(s.Metric)] = true
		}
	}
	return nodes, err
}

// second is a clock time to the second: what is waited for is near.
func (d *Instance) second(t time.Time) string {
	return t.UTC().Round(time.Second).Format("15:04:05 UTC")
}

// scaled are the functions whose result shrinks with the part of the window that has no samples.
var scaled = map[string]bool{"rate": true, "increase": true, "delta": true}

// rateWindow is how far back the rates of an expression look.
func rateWindow(expr parser.Expr) (longest time.Duration) {
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		if call, ok := n.(*parser.Call); ok && scaled[call.Func.Name] {
			if m, ok := call.Args[0].(*parser.MatrixSelector); ok {
				longest = max(longest, m.Range)
			}
		}
		return nil
	})
	return longest
}

// proportion is whether an expression is a rate over a rate: both are low by the same factor, and the figure is right.
func proportion(expr parser.Expr) bool { return math.Abs(degree(expr)) < 1 }

// degree is the power of the window's coverage that a figure is proportional to: 1 for a rate, 0 for a gauge or a
// rate over a rate.
func degree(expr parser.Expr) float64 {
	switch e := expr.(type) {
	case *parser.ParenExpr:
		return degree(e.Expr)
	case *parser.StepInvariantExpr:
		return degree(e.Expr)
	case *parser.UnaryExpr:
		return degree(e.Expr)
	case *parser.AggregateExpr:
		return degree(e.Expr)
	case *parser.SubqueryExpr:
		return degree(e.Expr)
	case *parser.Call:
		if scaled[e.Func.Name] {
			return 1
		}
		if len(e.Args) > 0 {
			return degree(e.Args[0])
		}
	case *parser.BinaryExpr:
		left, right := degree(e.LHS), degree(e.RHS)
		switch {
		case e.Op == parser.MUL:
			return left + right
		case e.Op == parser.DIV:
			return left - right
		case e.Op == parser.LAND || e.Op == parser.LUNLESS || e.Op.IsComparisonOperator():
			return left
		default:
			return max(left, right)
		}
	}
	return 0
}
