package notices

import (
	"context"
	"fmt"
	"maps"
	"math"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

// lowRates names the nodes whose rates are too low because their samples do not cover the window yet: PromQL divides the
// increase by the whole window, including the part before the first sample.
func lowRates(ctx context.Context, r *request.Request, qc *request.QueryContext) string {
	window, whole := rateWindows(qc)
	if window == 0 {
		return ""
	}
	begin := qc.Times.End.Add(-window)
	// A first sample up to one scrape after the start of the window is normal; rates extrapolate over that.
	key := firstUpKey{begin.UnixMilli(), qc.Times.End.UnixMilli(), begin.Add(qc.Times.Scrape * 3 / 2).UnixMilli()}
	late, err := request.Keep(r, key, qc.Times.End, func() (map[target.Node]int64, error) {
		first, err := r.Executor.FirstUp(ctx, executor.Scope{}, begin, qc.Times.End)
		maps.DeleteFunc(first, func(_ target.Node, at int64) bool { return at <= key.after })
		return first, err
	})
	if err != nil {
		return ""
	}
	var names []string
	var latest time.Time
	for _, t := range qc.Targets.All {
		at, known := late[target.NodeOf(t.Labels)]
		if since := time.UnixMilli(at); known && t.State == target.Up {
			names = append(names, qc.Targets.Name(t))
			if since.After(latest) {
				latest = since
			}
		}
	}
	if len(names) == 0 {
		return ""
	}
	who, verb, whose := wording.List(names), "has", "its"
	if len(names) > 1 {
		who, verb, whose = wording.Capitalised(qc.Targets.DescribeSome(names)), "have", "their"
	}
	return fmt.Sprintf("%s %s been scraped for %.0f s of the %.0f s window: %s rates are too low until %s.",
		who, verb, qc.Times.End.Sub(latest).Seconds(), window.Seconds(), whose, second(r, latest.Add(whole)))
}

// firstUpKey is of the nodes that first responded between two times, but not before a third one. All are unix milliseconds.
type firstUpKey struct{ begin, end, after int64 }

// rateWindows returns the longest window of the rates of a query, now and once there is enough history. Both are 0 if no value
// depends on how well the samples cover a window.
func rateWindows(qc *request.QueryContext) (window, whole time.Duration) {
	for _, result := range qc.Results {
		expr, err := parser.NewParser(parser.Options{}).ParseExpr(result.Expr)
		if err == nil && !proportion(expr) {
			window = max(window, rateWindow(expr))
			whole = max(whole, window, result.Window)
		}
	}
	return window, whole
}

// lateNodes names the nodes that appeared during the range.
func lateNodes(ctx context.Context, r *request.Request, qc *request.QueryContext, begin time.Time) string {
	then, err := known(ctx, r, begin)
	if err != nil {
		return ""
	}
	since, err := known(ctx, r, qc.Times.End)
	if err != nil {
		return ""
	}
	late := NewGroups(qc.Targets)
	for _, t := range qc.Targets.All {
		if n := target.NodeOf(t.Labels); since[n] && !then[n] {
			late.Add(Info("Not known at the start of this range:", "Data starts with the first scrape."), qc.Targets.Name(t))
		}
	}
	return late.Sentence()
}

// known returns the nodes that had a scrape at a time, successful or not.
func known(ctx context.Context, r *request.Request, at time.Time) (map[target.Node]bool, error) {
	if nodes := r.Executor.PresentNodes(at); nodes != nil {
		return nodes, nil
	}
	found, err := r.EvaluateAt(ctx, fmt.Sprintf("up{%s!=%q}", target.KindLabel, target.KindNodeExporter), at)
	nodes := map[target.Node]bool{}
	if vector, ok := found.Value.(promql.Vector); ok {
		for _, s := range vector {
			nodes[target.NodeOf(s.Metric)] = true
		}
	}
	return nodes, err
}

// second formats a time near now.
func second(r *request.Request, t time.Time) string {
	return t.UTC().Round(time.Second).Format("15:04:05 UTC")
}

// scaled are the functions whose result shrinks with the part of the window that has no samples.
var scaled = map[string]bool{"rate": true, "increase": true, "delta": true}

// rateWindow returns the longest range that the rates of an expression select.
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

// proportion reports whether an expression is a rate divided by a rate. Both are too low by the same factor, so the ratio
// is right.
func proportion(expr parser.Expr) bool { return math.Abs(degree(expr)) < 1 }

// degree returns the power of the window's coverage that a value is proportional to: 1 for a rate, 0 for a gauge or a rate
// divided by a rate.
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
