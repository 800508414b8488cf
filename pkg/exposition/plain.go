package exposition

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// collectPlainLabels puts the name and the labels of a plain text into r.scratch. A plain text is a series as nearly all
// writers write it: without blanks between its parts, labels sorted, none of them empty, nothing to clean or to unescape.
// Every series has at most one plain text, and every way to read a line takes it for that series.
func (r *Reader) collectPlainLabels(text string) (name string, ok bool) {
	end := plainNameEnd(text)
	if end == 0 || strings.IndexByte(text, '\\') >= 0 || !utf8.ValidString(text) {
		return "", false
	}
	name = text[:end]
	r.scratch.Reset()
	r.scratch.Add(model.MetricNameLabel, name)
	if end == len(text) {
		return name, true
	}
	if text[end] != '{' {
		return "", false
	}
	rest, last := text[end+1:], model.MetricNameLabel
	for range cmp.Or(r.limits.LabelLimit, defaultLabelLimit) {
		end := plainNameEnd(rest)
		label := rest[:end]
		if label <= last || !strings.HasPrefix(rest[end:], `="`) {
			return "", false
		}
		rest = rest[end+2:]
		if end = strings.IndexByte(rest, '"'); end <= 0 || end+1 == len(rest) {
			return "", false
		}
		r.scratch.Add(label, rest[:end])
		after := rest[end+1]
		last, rest = label, rest[end+2:]
		if after == '}' {
			return name, rest == ""
		}
		if after != ',' {
			return "", false
		}
	}
	return "", false
}

// plainText writes the text of a series into r.text. It is plain if the series has a plain text.
func (r *Reader) plainText(series labels.Labels) []byte {
	text := append(r.text[:0], series.Get(model.MetricNameLabel)...)
	separator := byte('{')
	series.Range(func(l labels.Label) {
		if l.Name != model.MetricNameLabel {
			text = append(append(append(text, separator), l.Name...), `="`...)
			text = append(append(text, l.Value...), '"')
			separator = ','
		}
	})
	if separator == ',' {
		text = append(text, '}')
	}
	r.text = text
	return text
}

// plainNameEnd returns where a name ends that needs no cleaning, 0 if there is none.
func plainNameEnd(text string) int {
	for i := range len(text) {
		if !isPlainName[text[i]] {
			return i
		}
		if i == 0 && text[i] <= '9' {
			return 0
		}
	}
	return len(text)
}

// isPlainName contains the characters of names that need no cleaning.
var isPlainName = func() (all [256]bool) {
	for _, c := range "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789" {
		all[c] = true
	}
	return all
}()
