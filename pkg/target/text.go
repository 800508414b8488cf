package target

import (
	"fmt"
	"strings"
	"unicode"
)

// MaxText is how many characters of a foreign text a message shows.
const MaxText = 200

// OneLine prepares a text that another program wrote, such as a target or a Prometheus server, for a message. It joins lines,
// shows control and bidirectional characters as escapes and cuts the text after MaxText characters.
func OneLine(text string) string {
	var out strings.Builder
	count := 0
	for i, word := range strings.Fields(text) {
		if i > 0 {
			word = " " + word
		}
		for _, r := range word {
			if count++; count > MaxText {
				return out.String() + "…"
			}
			switch {
			case r == ' ', unicode.IsPrint(r):
				out.WriteRune(r)
			case r > 0xffff:
				fmt.Fprintf(&out, `\U%08x`, r)
			default:
				fmt.Fprintf(&out, `\u%04x`, r)
			}
		}
	}
	return out.String()
}
