package exposition

import (
	"bytes"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
)

// lineJoiner joins a line whose label set is not closed with the lines after it: a label value that contains an unescaped
// newline. It checks each line at most once for being a sample itself, however many lines before it could continue in it.
type lineJoiner struct {
	value valueReader
	// left is how much of the body is not known to consist of lines that can only be continuations.
	left int
	used bool // whether left is valid
}

// join appends following lines to a line. tail is the body from the beginning of the line. It stops at a comment and at a line that
// is a sample itself. lines is how many lines were appended, 0 if that does not make a sample.
func (j *lineJoiner) join(line, tail []byte) (joined sample, lines int) {
	ends := continuationEnds(len(line), tail)
	if len(ends) == 0 || bytes.IndexByte(tail[len(line):ends[len(ends)-1]], '}') < 0 {
		return sample{}, 0
	}
	text := string(tail[:ends[len(ends)-1]])
	name := text[:nameEnd(text)]
	isOpen, value := false, "" // the value that is not closed
	set, _, why := parseLabels(strings.TrimPrefix(skipBlanks(text[len(name):len(line)]), "{"), func(text string) (v, rest string, ok bool) {
		if v, rest, ok = unquoted(text); !ok {
			isOpen, value = true, text
		}
		return v, rest, ok
	})
	if why != reasonOpen || !isOpen { // only a value can contain a newline
		return sample{}, 0
	}
	open := openSample{name: name, labels: set, valueStart: len(line) - len(value), scanned: len(line)}
	begin := len(line) + 1
	for i, end := range ends {
		if j.isOnItsOwn(text[begin:end], len(tail)-end) {
			return sample{}, 0
		}
		whole := strings.TrimRight(text[:end], " \t\r")
		if strings.IndexByte(text[begin:end], '}') >= 0 { // it may be closed as its writer should have closed it
			if s, why := parseWith(whole, j.value); why == "" {
				return s, i + 1
			}
		}
		if s, done := open.scan(whole); done {
			if s.name == "" {
				return sample{}, 0
			}
			return s, i + 1
		}
		begin = end + 1
	}
	return sample{}, 0
}

// continuationEnds returns the offsets of the ends of the lines that may continue the first length bytes of a text. Together
// they are no longer than a single line may be.
func continuationEnds(length int, tail []byte) []int {
	ends := make([]int, 0, maxContinuations)
	for end := length; len(ends) < maxContinuations && end+1 < len(tail); {
		next := bytes.IndexByte(tail[end+1:], '\n')
		switch {
		case end+1+next > maxLineBytes, next < 0 && len(tail) > maxLineBytes:
			return ends
		case next < 0:
			return append(ends, len(tail))
		}
		end += 1 + next
		ends = append(ends, end)
	}
	return ends
}

// isOnItsOwn reports whether a line is a comment or a sample itself. after is how much of the body follows it.
func (j *lineJoiner) isOnItsOwn(line string, after int) bool {
	if j.used && after >= j.left {
		return false
	}
	if len(line) > 0 && line[0] == '#' {
		return true
	}
	if alone, why := parse(strings.TrimRight(line, " \t\r"), j.value); why == "" {
		if _, ok := number([]byte(alone.value)); ok {
			return true
		}
	}
	j.left, j.used = after, true
	return false
}

// openSample is a sample whose last label value is not closed yet.
type openSample struct {
	name       string
	labels     []labels.Label // the last one is open
	valueStart int            // offset of the open value in the text
	scanned    int            // how much of the text contains no quote that ends the value
}

// scan continues with a longer text. done is false if more text is needed; a sample without a name means that none can
// follow.
func (o *openSample) scan(text string) (s sample, done bool) {
	for o.scanned < len(text) {
		quote := strings.IndexByte(text[o.scanned:], '"')
		if quote < 0 {
			break
		}
		quote += o.scanned
		o.scanned = quote + 1
		if !endsValue(text[quote+1:]) {
			continue
		}
		after := skipBlanks(text[quote+1:])
		last := len(o.labels) - 1
		if after[0] == ',' {
			o.labels[last].Value = text[o.valueStart:quote]
			next := skipBlanks(after[1:])
			name := next[:nameEnd(next)]
			o.labels = append(o.labels, labels.Label{Name: name})
			o.valueStart = len(text) - len(next) + len(name) + len(`="`)
			o.scanned = o.valueStart
			continue
		}
		value, why := parseValue(skipBlanks(after[1:]))
		switch why {
		case "":
			o.labels[last].Value = text[o.valueStart:quote]
			return sample{series: text[:len(text)-len(after)+1], name: o.name, labels: o.labels, value: value}, true
		case reasonNoValue: // the brace belongs to a value that continues in the next line
		default:
			return sample{}, true
		}
	}
	o.scanned = len(text)
	return sample{}, false
}
