package frames

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

var legendPart = regexp.MustCompile(`\{\{\s*([^{}\s]+)\s*\}\}`)

// namer names series in legends and tables.
type namer struct {
	legend  string
	several bool // whether there are several signals
	skip    []string
	first   []string
	titles  map[string]string
}

func newNamer(all []series, o Options) namer {
	n := namer{legend: o.LegendFormat, first: slices.Clone(o.Identity), skip: []string{"signal"}, titles: o.Titles}
	slices.Reverse(n.first) // the node before the cluster, because legends cut the end of a name
	ids := map[string]bool{}
	for _, s := range all {
		if s.result.Signal != nil {
			ids[s.result.Signal.ID] = true
		}
	}
	n.several = len(ids) > 1
	// Names contain the cluster only if there are several.
	for _, name := range o.Identity[:max(0, len(o.Identity)-1)] {
		if !slices.ContainsFunc(all, func(s series) bool { return s.labels.Get(name) != all[0].labels.Get(name) }) {
			n.skip = append(n.skip, name)
		}
	}
	return n
}

// name returns the filled-in legend. Without a legend, it returns what distinguishes the series: the values of a signal's
// labels, or the metric and labels of a PromQL result.
func (n namer) name(s series) string {
	switch {
	case n.legend != "":
		return n.fromLegend(s)
	case s.result.Signal == nil && s.labels.IsEmpty():
		return s.result.Expr
	case s.result.Signal == nil:
		return promName(s.labels)
	}
	var words []string
	for _, name := range order(s.labels, n.first) {
		if value := s.labels.Get(name); value != "" && !slices.Contains(n.skip, name) {
			words = append(words, cmp.Or(n.titles[value], value))
		}
	}
	if len(words) == 0 {
		return s.result.Signal.Title
	}
	if n.several {
		return s.result.Signal.Title + ", " + strings.Join(words, " ")
	}
	return strings.Join(words, " ")
}

// pivots reports whether the legend of a table contains labels, whose values become columns.
func (n namer) pivots() bool { return n.inLegend(func(name string) bool { return name != "signal" }) }

func (n namer) inLegend(is func(name string) bool) bool {
	return slices.ContainsFunc(legendPart.FindAllStringSubmatch(n.legend, -1), func(part []string) bool { return is(part[1]) })
}

// columnName returns the name of a column: the legend, or the signal's title.
func (n namer) columnName(s series) string {
	name := fieldName(series{result: s.result})
	switch {
	case n.legend != "":
		name = n.fromLegend(s)
	case s.result.Signal != nil:
		name = s.result.Signal.Title
	}
	switch column := s.result.Column; {
	case column == "":
		return name
	case n.legend != "" || n.several:
		return name + " " + column
	default:
		return column
	}
}

// rowLabels returns the labels that are columns of a table: those that are not in the legend.
func (n namer) rowLabels(l labels.Labels) labels.Labels {
	b := labels.NewBuilder(l)
	l.Range(func(label labels.Label) {
		if n.inLegend(func(name string) bool { return name == label.Name }) {
			b.Del(label.Name)
		}
	})
	return b.Labels()
}

// fromLegend returns the legend with {{label}} and {{signal}} replaced.
func (n namer) fromLegend(s series) string {
	return legendPart.ReplaceAllStringFunc(n.legend, func(part string) string {
		name := legendPart.FindStringSubmatch(part)[1]
		if name == "signal" && s.result.Signal != nil {
			return s.result.Signal.Title
		}
		return cmp.Or(n.titles[s.labels.Get(name)], s.labels.Get(name))
	})
}

func promName(l labels.Labels) string {
	name := l.Get(model.MetricNameLabel)
	rest := labels.NewBuilder(l).Del(model.MetricNameLabel).Labels()
	if rest.IsEmpty() {
		return name
	}
	return name + rest.String()
}

// order returns the names of labels: those in first, then the others by name.
func order(l labels.Labels, first []string) []string {
	var out []string
	for _, name := range first {
		if l.Has(name) {
			out = append(out, name)
		}
	}
	l.Range(func(label labels.Label) {
		if !slices.Contains(first, label.Name) {
			out = append(out, label.Name)
		}
	})
	return out
}
