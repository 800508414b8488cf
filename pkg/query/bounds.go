package query

import (
	"fmt"
	"strings"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
)

// Bounds limit the expressions that reach a PromQL parser. Parser and engine recurse into an expression, and a stack that
// overflows ends the process, so the bounds are checked before an expression is parsed.
type Bounds struct {
	Size  int64 // bytes; limits.expressionSizeLimit
	Depth int   // limits.expressionDepthLimit
}

// Check refuses an expression that exceeds the bounds.
func (b Bounds) Check(expr string) error {
	if int64(len(expr)) > b.Size {
		return failure.User(fmt.Errorf("the expression has %d bytes, and limits.expressionSizeLimit is %d bytes: shorten it, or raise the limit", len(expr), b.Size))
	}
	if depth(expr, b.Depth) > b.Depth {
		return failure.User(fmt.Errorf("the expression is nested deeper than limits.expressionDepthLimit, which is %d: split it, or raise the limit. Operators in a row count as levels", b.Depth))
	}
	return nil
}

// level is an open bracket of an expression.
type level struct {
	operators int // within the brackets, on this level
	deepest   int // of the closed brackets within
	matchers  bool
}

// depth returns at least the height of the syntax tree of an expression: each bracket is a level, and so is each operator,
// because a chain of them is a tree that leans to one side. It stops when more than limit brackets are open.
func depth(expr string, limit int) int {
	open := []level{{}}
	top := func() *level { return &open[len(open)-1] }
	for i := 0; i < len(expr); i++ {
		switch c := expr[i]; {
		case c == '"' || c == '\'' || c == '`':
			i = endOfString(expr, i)
		case c == '#':
			if end := strings.IndexByte(expr[i:], '\n'); end >= 0 {
				i += end
			} else {
				i = len(expr)
			}
		case strings.IndexByte("([{", c) >= 0:
			if c == '[' {
				top().operators++ // a subquery is a level around what precedes it
			}
			if len(open) > limit {
				return limit + 1
			}
			open = append(open, level{matchers: c == '{'})
		case strings.IndexByte(")]}", c) >= 0:
			if len(open) > 1 {
				height := top().operators + top().deepest + 1
				open = open[:len(open)-1]
				top().deepest = max(top().deepest, height)
			}
		case isWord(c):
			start := i
			for i+1 < len(expr) && isWord(expr[i+1]) {
				i++
			}
			switch strings.ToLower(expr[start : i+1]) {
			case "and", "or", "unless", "atan2":
				top().operators++
			}
		case strings.IndexByte("+-*/%^", c) >= 0:
			top().operators++
		case strings.IndexByte("=!<>", c) >= 0:
			for i+1 < len(expr) && strings.IndexByte("=~", expr[i+1]) >= 0 {
				i++
			}
			if !top().matchers {
				top().operators++
			}
		}
	}
	height := 0
	for _, l := range open { // brackets that were never closed
		height += l.operators + 1
	}
	return max(height, open[0].operators+open[0].deepest+1)
}

// endOfString returns the index of the closing quote, or of the last byte.
func endOfString(expr string, start int) int {
	quote := expr[start]
	for i := start + 1; i < len(expr); i++ {
		switch {
		case expr[i] == quote:
			return i
		case expr[i] == '\\' && quote != '`':
			i++
		}
	}
	return len(expr) - 1
}

func isWord(c byte) bool {
	return c == '_' || c == ':' || c == '.' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}
