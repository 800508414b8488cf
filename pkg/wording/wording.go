// Package wording puts lists, counts and sentences into the form that messages use.
package wording

import (
	"fmt"
	"strings"
)

// maxNames is how many names a sentence lists.
const maxNames = 5

// List joins names with commas. It names at most five.
func List(names []string) string {
	if len(names) <= maxNames {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:maxNames], ", "), len(names)-maxNames)
}

// Sentence ends a text with exactly one full stop.
func Sentence(text string) string {
	return strings.TrimSuffix(strings.TrimSpace(text), ".") + "."
}

// Capitalised returns a text, which must not be empty, with an upper-case letter in front.
func Capitalised(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// Count writes a number with its noun.
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
