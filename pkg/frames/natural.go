package frames

import "strings"

// CompareNatural compares texts as people order them: whole numbers in them by value, so that "CPU 2" comes before "CPU 10".
// It is a total order. src/live/frames/naturalOrder.ts orders in the same way; a collation would not, because the libraries
// of the two languages differ.
func CompareNatural(a, b string) int {
	for a != "" && b != "" {
		x, y := leadingRun(a), leadingRun(b)
		if x != y {
			if isDigit(x[0]) && isDigit(y[0]) {
				m, n := strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
				if len(m) != len(n) {
					return len(m) - len(n)
				}
				if c := strings.Compare(m, n); c != 0 {
					return c
				}
			}
			return strings.Compare(x, y)
		}
		a, b = a[len(x):], b[len(y):]
	}
	return len(a) - len(b)
}

// leadingRun returns the digits, or the other characters, that a text begins with.
func leadingRun(text string) string {
	digits := isDigit(text[0])
	for i := 1; i < len(text); i++ {
		if isDigit(text[i]) != digits {
			return text[:i]
		}
	}
	return text
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
