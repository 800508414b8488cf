package scrape

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

// Series is one series of one target, worked out once and kept by the target's Reader.
type Series struct {
	Name string
	// Labels as kept, with __name__, without those of the target.
	Labels labels.Labels

	nanoTime bool
	seen     uint64 // number of the last answer that had it
	at       int    // its place among that answer's samples

	// Where its samples go, while the target's identity is stored.
	stored *history.Series
	owner  *identityLabels
}

// cutProgram are the statistics of kernel programs (Falco's libbpf_stats_enabled) with names as long as the kernel allows.
var cutProgram = regexp.MustCompile(`^(falcosecurity_)?scap_.{15}_(run_cnt|run_time_nanoseconds|avg_time_nanoseconds)(_total)?$`)

// identify works out the series of a sample, or why it is refused.
func (r *Reader) identify(s sample) (id *identity, why string) {
	name := clean(s.name)
	if why := r.collect(name, s.labels); why != "" {
		return nil, why
	}
	full := r.scratch.Labels()
	if id = r.identities[full]; id != nil {
		return id, ""
	}
	kept, partial := r.keep(name, full)
	if why := r.checkLengths(kept); why != "" {
		return nil, why
	}
	both := &struct {
		identity
		series Series
	}{series: Series{
		Name: name, Labels: kept, nanoTime: strings.HasSuffix(name, "timestamp_nanoseconds"),
	}}
	id = &both.identity
	id.series = &both.series
	if partial {
		if known := r.parts[kept]; known != nil {
			id.series = known
		} else {
			r.parts[kept] = id.series
		}
	}
	r.identities[full] = id
	return id, ""
}

// collect puts name and labels into r.scratch, cleaned and sorted. A label without a value is the same as no label.
func (r *Reader) collect(name string, set []labels.Label) (why string) {
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
			return fmt.Sprintf("label %s is given twice", l.Name)
		}
		if l.Value != "" {
			r.scratch.Add(l.Name, l.Value)
		}
	}
	return ""
}

// keep drops the labels and folds the values that the catalogue does not want; partial is whether it wants so of this
// metric.
func (r *Reader) keep(name string, full labels.Labels) (kept labels.Labels, partial bool) {
	kept = full
	for _, rule := range r.reading.KeepLabels {
		if rule.Metric == name {
			partial = true
			kept = kept.MatchLabels(true, append([]string{model.MetricNameLabel}, rule.Labels...)...)
		}
	}
	for _, rule := range r.reading.FoldValues {
		if rule.Metric != name {
			continue
		}
		partial = true
		if value := kept.Get(rule.Label); value != "" && !slices.Contains(rule.Allowed, value) {
			b := labels.NewBuilder(kept)
			b.Set(rule.Label, rule.Otherwise)
			kept = b.Labels()
		}
	}
	return kept, partial
}

func (r *Reader) checkLengths(kept labels.Labels) (why string) {
	limit := r.limits.LabelLengthLimit
	kept.Range(func(l labels.Label) {
		for _, text := range []string{l.Name, l.Value} {
			if len(text) > limit && utf8.RuneCountInString(text) > limit {
				what := "label " + excerpt(l.Name, 40)
				if l.Name == model.MetricNameLabel {
					what = "the name"
				}
				why = fmt.Sprintf("%s is %d characters long; the limit is %d (limits.labelLength)", what, utf8.RuneCountInString(text), limit)
			}
		}
	})
	return why
}

// clean makes a metric's name one that PromQL can write without quotes.
func clean(name string) string {
	if strings.IndexByte(name, '.') < 0 && strings.IndexByte(name, '-') < 0 {
		return name
	}
	return cleaner.Replace(name)
}

// cleanLabel does so for a label, which may not have colons either.
func cleanLabel(name string) string {
	return strings.ReplaceAll(clean(name), ":", "_")
}

var cleaner = strings.NewReplacer(".", "_", "-", "_")
