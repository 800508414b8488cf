package target

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExcerpt(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "",
		"plain “text” – 100 %":          "plain “text” – 100 %",
		"two\nlines\r\tand a tab":       `two\nlines\r\tand a tab`,
		"nul \x00 escape \x1b[31m":      `nul \x00 escape \x1b[31m`,
		"right\u202eto\u2066left":       `right\u202eto\u2066left`,
		"separators \u2028\u2029\u0085": `separators \u2028\u2029\u0085`,
		"not UTF-8: \xff":               "not UTF-8: \uFFFD",
		strings.Repeat("é", 200):        strings.Repeat("é", 200),
		strings.Repeat("é", 201):        strings.Repeat("é", 199) + "…",
		strings.Repeat("\n", 150):       strings.Repeat(`\n`, 99) + `\…`,
	} {
		require.Equal(t, want, Excerpt(text))
	}
}
