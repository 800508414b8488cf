package scrape

import (
	"bytes"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
)

// Reasons for which a line is refused. They are data: tests/corpora/exposition holds them, for every reader.
const (
	reasonGarbage  = "not a sample: a name, labels in braces and a number were expected"
	reasonNoValue  = "no value"
	reasonOpen     = "the label set is not closed"
	reasonFollowed = "something follows the value, as if two samples had run together"
	reasonCut      = "the answer ends in the middle of this line"
)

// sample is a line taken apart. All of it is part of the text that was parsed, but for what had to be unescaped.
type sample struct {
	series string // name and labels as written
	name   string
	labels []labels.Label
	value  string
}

// valueReader reads a label's value, given what stands after its opening quote.
type valueReader = func(text string) (v, rest string, ok bool)

// parse takes a line apart, first as its writer should have written it (see valuesOf), then with quotes in values: only
// where the label set itself cannot be read, so that two samples that have run together are never taken for one.
func parse(line string, value valueReader) (s sample, why string) {
	s, why = parseWith(line, value)
	if why == reasonOpen || why == reasonGarbage && strings.IndexByte(line, '"') >= 0 {
		return parseWith(line, unquoted)
	}
	return s, why
}

func parseWith(line string, value valueReader) (s sample, why string) {
	end := nameEnd(line)
	if end == 0 {
		return s, reasonGarbage
	}
	s.name = line[:end]
	rest := line[end:]
	if open := skipBlanks(rest); open != "" && open[0] == '{' {
		if s.labels, rest, why = parseLabels(open[1:], value); why != "" {
			return s, why
		}
	} else if rest != "" && open == rest {
		return s, reasonGarbage
	}
	s.series = line[:len(line)-len(rest)]
	s.value, why = parseValue(skipBlanks(rest))
	return s, why
}

// parseLabels reads a label set after its opening brace; rest is what follows the closing one.
func parseLabels(text string, value valueReader) (set []labels.Label, rest, why string) {
	rest = skipBlanks(text)
	for {
		if rest == "" {
			return nil, "", reasonOpen
		}
		if rest[0] == '}' {
			return set, rest[1:], ""
		}
		end := nameEnd(rest)
		name := rest[:end]
		rest = skipBlanks(rest[end:])
		if rest == "" {
			return nil, "", reasonOpen
		}
		if name == "" || rest[0] != '=' {
			return nil, "", reasonGarbage
		}
		if rest = skipBlanks(rest[1:]); rest == "" {
			return nil, "", reasonOpen
		}
		if rest[0] != '"' {
			return nil, "", reasonGarbage
		}
		v, after, ok := value(rest[1:])
		if !ok {
			return nil, "", reasonOpen
		}
		if set == nil {
			set = make([]labels.Label, 0, 8) // the name comes in, too
		}
		set = append(set, labels.Label{Name: name, Value: v})
		rest = skipBlanks(after)
		switch {
		case rest == "":
			return nil, "", reasonOpen
		case rest[0] == ',':
			rest = skipBlanks(rest[1:])
		case rest[0] != '}':
			return nil, "", reasonGarbage
		}
	}
}

// valuesOf tells how values are read by the target's kind. Falco escapes nothing, so that a backslash is a backslash
// (and one before a quote may be the value's last character: the quote ends the value if what follows can only come
// after one). Falcosidekick escapes as Prometheus has it, always.
func valuesOf(kind string) valueReader {
	if kind == KindFalco {
		return verbatim
	}
	return quoted
}

// verbatim reads a label's value up to the next quote, past those with a backslash before them that cannot end it.
func verbatim(text string) (v, rest string, ok bool) {
	for i := 0; i < len(text); i++ {
		if text[i] == '"' && (i == 0 || text[i-1] != '\\' || endsValue(text[i+1:])) {
			return text[:i], text[i+1:], true
		}
	}
	return "", "", false
}

// quoted reads a label's value as Prometheus does: up to the next quote that has no backslash before it.
func quoted(text string) (v, rest string, ok bool) {
	escaped := false
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			escaped = true
			i++
		case '"':
			if v = text[:i]; escaped {
				v = unescape.Replace(v)
			}
			return v, text[i+1:], true
		}
	}
	return "", "", false
}

var unescape = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n")

// unquoted reads a label's value of a writer that escapes nothing (Falco): all text up to the first quote that is
// followed by what can only come after a value, `,label="` or `}` with a number. Nothing in it
// is unescaped. A value that itself holds such a text cannot be told from two labels, by nobody.
func unquoted(text string) (v, rest string, ok bool) {
	for at := 0; ; at++ {
		i := strings.IndexByte(text[at:], '"')
		if i < 0 {
			return "", "", false
		}
		at += i
		if endsValue(text[at+1:]) {
			return text[:at], text[at+1:], true
		}
	}
}

func endsValue(after string) bool {
	after = skipBlanks(after)
	switch {
	case after == "":
		return false
	case after[0] == ',':
		after = skipBlanks(after[1:])
		end := nameEnd(after)
		return end > 0 && strings.HasPrefix(after[end:], `="`)
	case after[0] == '}':
		after = skipBlanks(after[1:])
		return after == "" || strings.IndexByte("0123456789+-.nNiI", after[0]) >= 0
	}
	return false
}

// parseValue reads what follows a series: a value and, tolerated but not used, a timestamp and an exemplar.
func parseValue(text string) (value, why string) {
	if text == "" || text[0] == '#' {
		return "", reasonNoValue
	}
	if strings.IndexByte(text, ' ') < 0 && strings.IndexByte(text, '\t') < 0 {
		return text, "" // all that Falco writes; if it is no number, its reader says so
	}
	text, _, _ = strings.Cut(text, " # ")
	fields := strings.FieldsFunc(text, func(c rune) bool { return c == ' ' || c == '\t' })
	value = fields[0]
	_, whole := number([]byte(value))
	switch {
	case len(fields) == 1, !whole && (value[0] < '0' || value[0] > '9'):
		return value, "" // if it is no number, its reader says so
	case whole && len(fields) == 2 && isInteger(fields[1]):
		return value, ""
	}
	return "", reasonFollowed
}

func isInteger(word string) bool {
	word = strings.TrimPrefix(word, "-")
	return word != "" && strings.Trim(word, "0123456789") == ""
}

// join puts a line whose label set is open together with the lines after it: a newline in a label's value that was not
// escaped. It stops at a comment and at a line that is a sample by itself.
func join(line string, rest []byte, value valueReader) (joined sample, lines int) {
	for lines = 1; lines <= maxContinuations && len(rest) > 0; lines++ {
		var next []byte
		next, rest, _ = bytes.Cut(rest, []byte{'\n'})
		if len(next) > 0 && next[0] == '#' {
			break
		}
		text := string(next)
		if alone, why := parse(strings.TrimRight(text, " \t\r"), value); why == "" {
			if _, ok := number([]byte(alone.value)); ok {
				break
			}
		}
		line += "\n" + text
		if joined, why := parseWith(strings.TrimRight(line, " \t\r"), unquoted); why == "" {
			return joined, lines
		}
	}
	return sample{}, 0
}

// nameEnd is where a name ends. Dots and dashes are taken as part of it, as Falco before 0.39 did not clean its labels.
func nameEnd(text string) int {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c == ':':
		case i > 0 && (c >= '0' && c <= '9' || c == '.' || c == '-'):
		default:
			return i
		}
	}
	return len(text)
}

func skipBlanks(text string) string {
	for text != "" && (text[0] == ' ' || text[0] == '\t') {
		text = text[1:]
	}
	return text
}
