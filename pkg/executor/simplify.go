package executor

import (
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

// simplify leaves out what has no value because the history has no series of a metric: most fleets have no Falcosidekick,
// no alert receiver or no node_exporter, and a join with their series need not read those of Falco. It returns nil if the
// expression has no value at all. It changes the expression.
func simplify(view *history.View, expr parser.Expr) parser.Expr {
	switch e := expr.(type) {
	case *parser.VectorSelector:
		if view.MostSeries(e.LabelMatchers) == 0 {
			return nil
		}
	case *parser.MatrixSelector:
		if simplify(view, e.VectorSelector) == nil {
			return nil
		}
	case *parser.BinaryExpr:
		return simplifyOperation(view, e)
	case *parser.Call:
		return simplifyCall(view, e)
	}
	if inner := operand(expr); inner != nil {
		*inner = simplify(view, *inner)
		return unlessEmpty(expr, *inner)
	}
	return expr
}

// operand returns where an expression has its only operand, or nil if it has several or none.
func operand(expr parser.Expr) *parser.Expr {
	switch e := expr.(type) {
	case *parser.SubqueryExpr:
		return &e.Expr
	case *parser.ParenExpr:
		return &e.Expr
	case *parser.StepInvariantExpr:
		return &e.Expr
	case *parser.UnaryExpr:
		return &e.Expr
	case *parser.AggregateExpr:
		return &e.Expr
	}
	return nil
}

// unlessEmpty returns an expression, or nil if one of its parts is nil.
func unlessEmpty(expr parser.Expr, parts ...parser.Expr) parser.Expr {
	for _, part := range parts {
		if part == nil {
			return nil
		}
	}
	return expr
}

func simplifyOperation(view *history.View, e *parser.BinaryExpr) parser.Expr {
	if m := e.VectorMatching; m != nil && (m.FillValues.LHS != nil || m.FillValues.RHS != nil) {
		return e
	}
	left, right := simplify(view, e.LHS), simplify(view, e.RHS)
	switch {
	case e.Op == parser.LOR && left == nil:
		return right
	case e.Op == parser.LOR && right == nil, e.Op == parser.LUNLESS && left != nil && right == nil:
		return left
	}
	e.LHS, e.RHS = left, right
	return unlessEmpty(e, left, right)
}

// simplifyCall only judges functions that have no value where their argument has none.
func simplifyCall(view *history.View, e *parser.Call) parser.Expr {
	switch e.Func.Name {
	case "absent", "absent_over_time", "info", "scalar", "vector":
		return e
	}
	for i, arg := range e.Args {
		if e.Args[i] = simplify(view, arg); e.Args[i] == nil {
			return nil
		}
	}
	return e
}
