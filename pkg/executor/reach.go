package executor

import (
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

// reach returns how far before the time of an evaluation the samples lie that it reads. ok is false if that is not the
// same at all times, because of `@`, or if it reads later samples, because of a negative offset.
func reach(parsed parser.Expr) (far time.Duration, ok bool) {
	ok = true
	parser.Inspect(parsed, func(node parser.Node, path []parser.Node) error {
		selector, isSelector := node.(*parser.VectorSelector)
		if !isSelector {
			return nil
		}
		own := history.Lookback
		ok = ok && relative(selector.Timestamp, selector.StartOrEnd, selector.OriginalOffset)
		total := selector.OriginalOffset
		for _, outer := range path {
			switch n := outer.(type) {
			case *parser.MatrixSelector:
				own = n.Range
			case *parser.SubqueryExpr:
				ok = ok && relative(n.Timestamp, n.StartOrEnd, n.OriginalOffset)
				total += n.Range + n.OriginalOffset
			}
		}
		far = max(far, total+own)
		return nil
	})
	return far, ok
}

func relative(at *int64, startOrEnd parser.ItemType, offset time.Duration) bool {
	return at == nil && startOrEnd == 0 && offset >= 0
}
