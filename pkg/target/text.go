package target

import (
	"strconv"
	"strings"
	"unicode"
)

// MaxText is how many characters of a target's text are shown to people.
const MaxText = 200

// SingleLine returns text with control characters, line separators and bidirectional formatting characters escaped, so
// that text of a target cannot disguise what is around it.
func SingleLine(text string) string {
	if strings.IndexFunc(text, isUnsafe) < 0 {
		return text
	}
	var safe strings.Builder
	for _, c := range text {
		if isUnsafe(c) {
			safe.WriteString(strings.Trim(strconv.QuoteRuneToASCII(c), "'"))
		} else {
			safe.WriteRune(c)
		}
	}
	return safe.String()
}

// Excerpt returns text on a single line with at most MaxText characters.
func Excerpt(text string) string {
	runes := []rune(SingleLine(text))
	if len(runes) > MaxText {
		runes = append(runes[:MaxText-1], '…')
	}
	return string(runes)
}

func isUnsafe(c rune) bool { return !unicode.IsPrint(c) }
