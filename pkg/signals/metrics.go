package signals

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

var word = regexp.MustCompile(`[a-zA-Z_:][a-zA-Z0-9_:]*`)

// Metrics returns the sorted names of all metrics of some kinds of targets that the catalogue uses.
func (c *Catalogue) Metrics(kinds ...string) []string {
	names := map[string]bool{}
	add := func(text string) {
		for _, name := range word.FindAllString(text, -1) {
			for _, mark := range c.Reading.IdentifyingMetrics {
				if slices.Contains(kinds, mark.Kind) && strings.HasPrefix(name, mark.Prefix) {
					names[name] = true
				}
			}
		}
	}
	for _, s := range c.Signals {
		add(s.Expr)
		for _, need := range s.Needs {
			add(strings.Join(append(need.AnyOf, need.Metric), " "))
		}
	}
	for _, sw := range c.Switches {
		add(strings.Join(append(sw.AnyOf, sw.Metric), " "))
	}
	for _, column := range c.Inventory {
		add(column.Metric)
	}
	return slices.Sorted(maps.Keys(names))
}
