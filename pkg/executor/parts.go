package executor

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// mostParts is into how many parts an evaluation is divided at most. Each part visits all series of the metrics.
const mostParts = 64

// seriesCounter is a history.View, or an overlay of one.
type seriesCounter interface {
	// MostSeries returns a number that matching series do not exceed.
	MostSeries(matchers []*labels.Matcher) int
}

// parts returns into how many groups of nodes an evaluation is divided so that each has room for some samples, and how the
// totals of two groups become one (see totals). It is 1 if the expression cannot be divided, or if everything fits. tooMany
// means that not even mostParts are enough.
func parts(from seriesCounter, parsed parser.Expr, what Evaluation, cost, samples int) (n int, total func(a, b float64) float64, tooMany bool) {
	inner, total := totals(parsed)
	if divide(inner) != perNode {
		return 1, nil, false
	}
	perSeries := cost
	if what.Step > 0 {
		perSeries += int((what.End-what.Start)/what.Step.Milliseconds()) + 1
	}
	series := 0
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			series += from.MostSeries(selector.LabelMatchers)
		}
		return nil
	})
	// Half as many again, because parts are not of the same size.
	needed := series * perSeries / 2 * 3
	if needed < samples {
		return 1, nil, false
	}
	n = 1 + needed/roomOfPart(samples)
	return min(n, mostParts), total, n > mostParts
}

// roomOfPart returns how many samples a part may hold, of those of an evaluation.
func roomOfPart(samples int) int { return max(1, samples/2) }

// division says what the series of an expression are.
type division int

const (
	mixed   division = iota // the series of a node depend on other nodes, or series have lost their node
	perNode                 // each series has the node that it depends on
	same                    // a number, a text or a vector that depends on no series
)

// divide knows the functions whose results it can judge. What it does not know is mixed.
func divide(expr parser.Expr) division {
	switch e := expr.(type) {
	case *parser.NumberLiteral, *parser.StringLiteral:
		return same
	case *parser.VectorSelector:
		return perNode
	case *parser.MatrixSelector:
		return divide(e.VectorSelector)
	case *parser.AggregateExpr:
		return divideAggregation(e)
	case *parser.BinaryExpr:
		return divideOperation(e)
	case *parser.Call:
		return divideCall(e)
	}
	if inner := operand(expr); inner != nil {
		return divide(*inner)
	}
	return mixed
}

func divideAggregation(e *parser.AggregateExpr) division {
	inner := divide(e.Expr)
	keepsNode := slices.Contains(e.Grouping, target.NodeLabel) != e.Without
	switch {
	case e.Param != nil && divide(e.Param) != same, inner == mixed:
		return mixed
	case e.Op == parser.COUNT_VALUES && text(e.Param) == target.NodeLabel:
		return mixed
	case inner == perNode && !keepsNode:
		return mixed
	}
	return inner
}

func divideOperation(e *parser.BinaryExpr) division {
	left, right := divide(e.LHS), divide(e.RHS)
	if left == same && right == same {
		return same
	}
	number := e.LHS.Type() == parser.ValueTypeScalar || e.RHS.Type() == parser.ValueTypeScalar
	if number && left != mixed && right != mixed {
		return perNode
	}
	// Of two vectors, one that depends on no series would appear once in every part.
	if left != perNode || right != perNode || slices.Contains(e.VectorMatching.MatchingLabels, target.NodeLabel) != e.VectorMatching.On {
		return mixed
	}
	return perNode
}

func divideCall(e *parser.Call) division {
	switch e.Func.Name {
	case "absent", "absent_over_time", "info", "sort", "sort_by_label", "sort_by_label_desc", "sort_desc":
		return mixed
	case "label_join", "label_replace":
		if text(e.Args[1]) == target.NodeLabel {
			return mixed
		}
	case "scalar":
		if divide(e.Args[0]) != same {
			return mixed
		}
	}
	result := same
	for _, arg := range e.Args {
		switch divide(arg) {
		case mixed:
			return mixed
		case perNode:
			result = perNode
		}
	}
	return result
}
