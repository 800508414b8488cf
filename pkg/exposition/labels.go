package exposition

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// Series is one series of one target. The target's Reader creates it once and keeps it.
type Series struct {
	Name string
	// Labels after filtering, with __name__, without those of the target.
	Labels labels.Labels

	// State belongs to the owner of the Reader.
	State any

	nanoTime bool
	lastSeen uint32 // round of the last response that contained it
	index    int    // among the samples of that response
}

// isTruncatedProgram reports whether a metric belongs to a kernel program whose name is as long as the kernel allows.
// Longer names are truncated, so several programs may have the same name.
func (r *Reader) isTruncatedProgram(name string) bool {
	rule := r.reading.Scraping.TruncatedPrograms
	for _, prefix := range rule.Prefixes {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok {
			continue
		}
		for _, suffix := range rule.Suffixes {
			if program, ok := strings.CutSuffix(rest, suffix); ok && utf8.RuneCountInString(program) == rule.NameLength {
				return true
			}
		}
	}
	return false
}

// identify returns an entry for the series in r.scratch, or why its sample is refused. text is how it is written.
func (r *Reader) identify(name, text string, plain bool) (e *entry, why string) {
	full := r.scratch.Labels()
	if id := r.known(full, plain); id != nil {
		e = &entry{identity: id}
	} else if e, why = r.newEntry(name, text, full); why != "" {
		return nil, why
	}
	if (!plain || len(r.entries) >= r.maxRemembered()) && len(r.identities) < r.maxRemembered() {
		r.identities[full] = e.identity
	}
	return e, ""
}

// newEntry creates a series that has not been sent before.
func (r *Reader) newEntry(name, text string, full labels.Labels) (e *entry, why string) {
	dropped := !r.keep.keepsSeries(name, full)
	kept, filtered := r.filterLabels(name, full)
	if why := r.checkLengths(kept, text); why != "" && !dropped {
		return nil, why
	}
	all := &struct { // one allocation
		entry
		identity
		series Series
	}{
		identity: identity{dropped: dropped},
		series:   Series{Name: name, Labels: kept, nanoTime: r.isNanosecondTime(name)},
	}
	all.entry.identity, all.identity.series = &all.identity, &all.series
	if filtered && !dropped {
		if aggregate := r.aggregates[kept]; aggregate != nil {
			all.identity.series = aggregate
		} else {
			r.aggregates[kept] = &all.series
		}
	}
	return &all.entry, ""
}

// known returns the identity of a series that has been sent before, however it was written.
func (r *Reader) known(full labels.Labels, plain bool) *identity {
	if id := r.identities[full]; id != nil || plain {
		return id
	}
	text := r.plainText(full)
	e := r.entries[string(text)]
	if e == nil {
		return nil
	}
	if _, ok := r.collectPlainLabels(string(text)); !ok || r.scratch.Labels() != full { // the same text, written for other labels
		return nil
	}
	return e.identity
}

func (r *Reader) isNanosecondTime(name string) bool {
	suffix := r.reading.Scraping.NanosecondTimeSuffix
	return suffix != "" && strings.HasSuffix(name, suffix)
}

// collectLabels puts name and labels into r.scratch, cleaned and sorted, or returns why the sample is refused. A label with
// an empty value is the same as no label.
func (r *Reader) collectLabels(s sample) (name, why string) {
	if limit := cmp.Or(r.limits.LabelLimit, defaultLabelLimit); len(s.labels) > limit {
		return "", fmt.Sprintf("%d labels; the limit is %d (limits.labelLimit)", len(s.labels), limit)
	}
	name = cleanName(s.name)
	set := s.labels
	for i := range set {
		set[i].Name = cleanLabel(set[i].Name)
		if !utf8.ValidString(set[i].Value) {
			set[i].Value = string([]rune(set[i].Value))
		}
	}
	set = append(set, labels.Label{Name: model.MetricNameLabel, Value: name})
	slices.SortStableFunc(set, func(a, b labels.Label) int { return strings.Compare(a.Name, b.Name) })
	r.scratch.Reset()
	for i, l := range set {
		if i > 0 && set[i-1].Name == l.Name {
			return "", fmt.Sprintf("label %s is given twice", l.Name)
		}
		if l.Value != "" {
			r.scratch.Add(l.Name, l.Value)
		}
	}
	return name, ""
}

// filterLabels drops the labels and replaces the values that the catalogue does not want. filtered reports whether the
// catalogue has rules for this metric.
func (r *Reader) filterLabels(name string, full labels.Labels) (kept labels.Labels, filtered bool) {
	kept = full
	for _, rule := range r.reading.KeepLabels {
		if rule.Metric == name {
			filtered = true
			kept = kept.MatchLabels(true, append([]string{model.MetricNameLabel}, rule.Labels...)...)
		}
	}
	for _, rule := range r.reading.ReplaceValues {
		if rule.Metric != name {
			continue
		}
		filtered = true
		if value := kept.Get(rule.Label); value != "" && !slices.Contains(rule.Allowed, value) {
			b := labels.NewBuilder(kept)
			b.Set(rule.Label, rule.Otherwise)
			kept = b.Labels()
		}
	}
	return kept, filtered
}

// checkLengths returns what is longer than the limit. Nothing is longer than the text of the series.
func (r *Reader) checkLengths(kept labels.Labels, text string) (why string) {
	limit := r.limits.LabelValueLengthLimit
	if len(text) <= limit {
		return ""
	}
	kept.Range(func(l labels.Label) {
		for _, text := range []string{l.Name, l.Value} {
			if len(text) > limit && utf8.RuneCountInString(text) > limit {
				what := "label " + excerpt(l.Name, 40)
				if l.Name == model.MetricNameLabel {
					what = "the name"
				}
				why = fmt.Sprintf("%s is %d characters long; the limit is %d (limits.labelValueLengthLimit)", what, utf8.RuneCountInString(text), limit)
			}
		}
	})
	return why
}

// IsLabelName reports whether a name can be a label without change, and is not reserved.
func IsLabelName(name string) bool {
	return name != "" && !strings.HasPrefix(name, "__") && nameEnd(name) == len(name) && cleanLabel(name) == name
}

// cleanName turns a metric name into one that PromQL can write without quotes.
func cleanName(name string) string {
	if strings.IndexByte(name, '.') < 0 && strings.IndexByte(name, '-') < 0 {
		return name
	}
	return cleaner.Replace(name)
}

// cleanLabel does the same for a label name, which must not contain colons either.
func cleanLabel(name string) string {
	return strings.ReplaceAll(cleanName(name), ":", "_")
}

var cleaner = strings.NewReplacer(".", "_", "-", "_")
