package executor

import (
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

const (
	sampleBytes = 16 // of a point in memory
	// labelsCost is what the labels and the iterators of a series take in memory, in samples.
	labelsCost = 1024 / sampleBytes
	// usualLabel is up to how many bytes a label value is part of labelsCost.
	usualLabel = 1024
	// mostReserved is how many points Prometheus's engine reserves for a series that an operator makes, at most.
	mostReserved = 5000
	// hugeLabel is longer than any label that a query may make. It keeps products finite.
	hugeLabel = 1 << 40
)

// seriesCost returns how much memory a series of an evaluation takes beyond its samples, in samples. The engine counts only
// samples, but operators reserve memory for every step of the range, however few points the series have, and label_replace
// and label_join can make labels of any length.
func seriesCost(parsed parser.Expr, what Evaluation) int {
	cost := labelsCost
	if what.Step > 0 && reservesSteps(parsed) {
		steps := (what.End-what.Start)/what.Step.Milliseconds() + 1
		cost += int(min(steps, mostReserved)) / 2 // the series of selectors count as well, and these reserve nothing
	}
	return cost + (longestLabel(parsed)-usualLabel)/sampleBytes
}

// reservesSteps reports whether an operator makes series: a binary one, or an aggregation by value.
func reservesSteps(expr parser.Expr) (found bool) {
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.BinaryExpr:
			found = true
		case *parser.AggregateExpr:
			found = found || n.Op == parser.COUNT_VALUES
		}
		return nil
	})
	return found
}

// longestLabel returns how long the value of a label in the result of an expression can be, in bytes, but at least
// usualLabel.
func longestLabel(node parser.Node) int {
	longest := usualLabel
	for child := range parser.ChildrenIter(node) {
		longest = max(longest, longestLabel(child))
	}
	call, ok := node.(*parser.Call)
	if !ok {
		return longest
	}
	made := 0
	switch call.Func.Name {
	case "label_replace":
		replacement := text(call.Args[2])
		made = len(replacement) + strings.Count(replacement, "$")*longest
	case "label_join":
		sources := len(call.Args) - 3
		made = sources * (longest + len(text(call.Args[2])))
	}
	return min(max(longest, made), hugeLabel)
}

// text returns the value of a string literal.
func text(expr parser.Expr) string {
	for {
		switch e := expr.(type) {
		case *parser.ParenExpr:
			expr = e.Expr
		case *parser.StepInvariantExpr:
			expr = e.Expr
		case *parser.StringLiteral:
			return e.Val
		default:
			return ""
		}
	}
}
