package exposition

import (
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// Reasons for refusing a line. They are shared with the other readers through tests/corpora/exposition.
const (
	reasonGarbage  = "not a sample: a name, labels in braces and a number were expected"
	reasonNoValue  = "no value"
	reasonOpen     = "the label set is not closed"
	reasonFollowed = "something follows the value, as if two samples had run together"
	reasonCut      = "the response ends in the middle of this line"
	reasonLong     = "the line is longer than 256 KiB"
)

// sample is a parsed line. Its strings are parts of the line, except for values that had to be unescaped.
type sample struct {
	series string // name and labels as written
	name   string
	labels []labels.Label
	value  string
}

// valueReader reads a label value. text begins after the opening quote, rest after the closing one.
type valueReader = func(text string) (v, rest string, ok bool)

// parse parses a line, first as its writer should have written it (see valueReaderFor), then with unescaped quotes in
// values. It does the latter only if the label set itself is unreadable, so that two samples that have run together are
// never taken for one.
func parse(line string, value valueReader) (s sample, why string) {
	s, why = parseWith(line, value)
	if why == reasonOpen && strings.IndexByte(line, '}') < 0 {
		return s, why
	}
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

// parseLabels parses a label set. text begins after the opening brace, rest after the closing one. If a value is not
// closed, the set ends with its label.
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
		if set == nil {
			set = make([]labels.Label, 0, 8) // with room for the name
		}
		v, after, ok := value(rest[1:])
		if !ok {
			return append(set, labels.Label{Name: name}), "", reasonOpen
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

// valueReaderFor returns how label values of a kind of target are read. Falco escapes nothing, so a backslash is a
// backslash. If one stands before a quote, it may be the last character of the value: the quote ends the value if the
// text after it can only follow a value. The others always escape as the text format requires.
func valueReaderFor(kind string) valueReader {
	if kind == target.KindFalco {
		return verbatim
	}
	return quoted
}

// verbatim reads a label value up to the next quote. It skips quotes after a backslash that cannot end the value.
func verbatim(text string) (v, rest string, ok bool) {
	for i := 0; i < len(text); i++ {
		if text[i] == '"' && (i == 0 || text[i-1] != '\\' || endsValue(text[i+1:])) {
			return text[:i], text[i+1:], true
		}
	}
	return "", "", false
}

// quoted reads a label value as Prometheus does: up to the next quote that is not escaped.
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

// unquoted reads a label value of a writer that escapes nothing (Falco): all text up to the first quote that is followed
// by text that can only follow a value, `,label="` or `}` with a number. It unescapes nothing. A value that itself
// contains such text is indistinguishable from two labels.
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

// parseValue parses the text after a series: a value and optionally a timestamp and an exemplar, which are ignored.
func parseValue(text string) (value, why string) {
	if text == "" || text[0] == '#' {
		return "", reasonNoValue
	}
	if strings.IndexByte(text, ' ') < 0 && strings.IndexByte(text, '\t') < 0 {
		return text, "" // the only form that Falco writes; the caller reports text that is not a number
	}
	text, _, _ = strings.Cut(text, " # ")
	fields := strings.FieldsFunc(text, func(c rune) bool { return c == ' ' || c == '\t' })
	value = fields[0]
	_, whole := number([]byte(value))
	switch {
	case len(fields) == 1, !whole && (value[0] < '0' || value[0] > '9'):
		return value, "" // the caller reports text that is not a number
	case whole && len(fields) == 2 && isInteger(fields[1]):
		return value, ""
	}
	return "", reasonFollowed
}

func isInteger(word string) bool {
	word = strings.TrimPrefix(word, "-")
	return word != "" && strings.Trim(word, "0123456789") == ""
}

// nameEnd returns where a name ends. Dots and dashes are part of it, because Falco before 0.39 did not clean its labels.
func nameEnd[Text string | []byte](text Text) int {
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

func skipBlanks[Text string | []byte](text Text) Text {
	for len(text) > 0 && (text[0] == ' ' || text[0] == '\t') {
		text = text[1:]
	}
	return text
}
