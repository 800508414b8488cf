package target

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestOneLine(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "",
		" a\r\n\tb ":              "a b",
		"naïve 5 µs":              "naïve 5 µs",
		"a\x00b\x1b[31m":          `a\u0000b\u001b[31m`,
		"a\u202eb\u2066\u200f":    `a\u202eb\u2066\u200f`,
		"a\U000e0001b":            `a\U000e0001b`,
		"\xff":                    string(utf8.RuneError),
		strings.Repeat("é", 200):  strings.Repeat("é", 200),
		strings.Repeat("é ", 101): strings.Repeat("é ", 100) + "…",
	} {
		require.Equal(t, want, OneLine(text))
	}
}
