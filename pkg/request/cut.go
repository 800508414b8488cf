package request

import (
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
)

// cut shortens an evaluation to the retention: nothing older can have samples. It reports false if nothing is left.
func (r *Request) cut(e executor.Evaluation) (executor.Evaluation, bool) {
	retention := r.Executor.Retention()
	if retention == 0 {
		return e, true
	}
	now := r.Now().UnixMilli()
	earliest := now - retention.Milliseconds()
	if step := e.Step.Milliseconds(); step > 0 && e.Start < earliest {
		e.Start += (earliest - e.Start + step - 1) / step * step
		if e.Start > e.End {
			return e, false
		}
	}
	e.Expr = cutSubqueries(e.Expr, max(e.End, now), earliest)
	return e, true
}

// scaled are the functions whose result depends on the length of the range, not only on the samples in it.
var scaled = []string{"rate", "increase", "delta"}

// cutSubqueries shortens the ranges of subqueries that begin before earliest (unix milliseconds) wherever they are evaluated,
// the last time at latest. PromQL evaluates a subquery at each of its steps, whether there are samples or not.
func cutSubqueries(expr string, latest, earliest int64) string {
	if !strings.Contains(expr, "[") || !strings.Contains(expr, ":") {
		return expr
	}
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		return expr // the engine reports the error
	}
	var ahead time.Duration // how much later than latest negative offsets reach
	at := func(timestamp *int64, offset time.Duration) {
		ahead += max(0, -offset)
		if timestamp != nil {
			latest = max(latest, *timestamp)
		}
	}
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			at(n.Timestamp, n.OriginalOffset)
		case *parser.SubqueryExpr:
			at(n.Timestamp, n.OriginalOffset)
		}
		return nil
	})
	longest := time.Duration(latest-earliest)*time.Millisecond + ahead
	changed := false
	parser.Inspect(parsed, func(node parser.Node, path []parser.Node) error {
		n, ok := node.(*parser.SubqueryExpr)
		if !ok || n.Range <= longest || longest <= 0 {
			return nil
		}
		if call, ok := path[len(path)-1].(*parser.Call); ok && slices.Contains(scaled, call.Func.Name) {
			return nil
		}
		n.Range, changed = longest, true
		return nil
	})
	if !changed {
		return expr
	}
	return parsed.String()
}
