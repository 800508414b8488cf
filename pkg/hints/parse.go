package hints

import (
	"regexp"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

var clause = regexp.MustCompile(`^(by|without)\s*\([^)]*\)`)

// ForParseError returns a hint for an expression that cannot be parsed, or "".
func ForParseError(e parser.ParseErr) string {
	start := min(int(e.PositionRange.Start), len(e.Query))
	found := clause.FindString(e.Query[start:])
	if found == "" {
		return ""
	}
	word, _, _ := strings.Cut(found, " ")
	word, _, _ = strings.Cut(word, "(")
	return word + " belongs to an aggregation: write, for example, sum " + found + " (...)"
}
