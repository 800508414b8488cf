package signals

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// CompileOptions is what a template needs to know of its surroundings.
type CompileOptions struct {
	// Identity is what `$identity` stands for: cluster, node.
	Identity []string
	// TargetLabels are the other labels that the settings put on targets.
	TargetLabels []string
	// Step of the range query; ScrapeInterval of the data source; Range that the query spans.
	Step, ScrapeInterval, Range time.Duration
	// History is how much of it there is at the instant of evaluation; 0 where that is not known, and over a range.
	History time.Duration
}

var (
	labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
	// A selector with `$filter` at its end, directly after its metric's name; or another placeholder.
	// One pattern, so that a value put in is never taken for a placeholder itself.
	placeholder = regexp.MustCompile(`([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[^{}$]*)\$filter\}|offset \$window|\$[a-zA-Z_]+`)
)

// Compile turns a signal into PromQL. A nil by is the signal's default; an empty one is the total.
// It returns the window asked for as well; the expression looks back no further than there is history. The rules are those of src/signals/compile.ts, and both
// pass tests/corpora/compile.json.
func (c *Catalogue) Compile(s *Signal, by []string, filters []Filter, window string, o CompileOptions) (string, time.Duration, error) {
	u := use{catalogue: c, signal: s, options: o}
	length, err := o.window(window)
	if err != nil {
		return "", 0, err
	}
	if length, err = s.served(length, o); err != nil {
		return "", 0, err
	}
	if by == nil {
		by = s.GroupBy.Default
	}
	labels, err := u.groupBy(by)
	if err != nil {
		return "", 0, err
	}
	if err := u.checkFilters(filters); err != nil {
		return "", 0, err
	}
	expr := placeholder.ReplaceAllStringFunc(s.Expr, func(found string) string {
		switch found {
		case "$groupBy":
			return strings.Join(labels, ", ")
		case "$identity":
			return strings.Join(o.Identity, ", ")
		case "$window":
			return FormatDuration(o.covered(length))
		case "offset $window":
			return "offset " + FormatDuration(min(length, o.longestOffset(length)))
		case "$join":
			return u.join(by, filters)
		}
		selector := placeholder.FindStringSubmatch(found)
		if selector[1] == "" {
			err = fmt.Errorf("signal %q: its template has the unknown placeholder %s", s.ID, found)
			return found
		}
		return selector[1] + selector[2] + u.matchers(selector[1], filters) + "}"
	})
	return expr, length, err
}

// use is one use of a signal: what its rules are checked against.
type use struct {
	catalogue *Catalogue
	signal    *Signal
	options   CompileOptions
}

func (u use) groupBy(by []string) ([]string, error) {
	allowed := u.expand(slices.Concat(u.signal.GroupBy.Default, u.signal.GroupBy.Allowed, u.options.Identity, u.options.TargetLabels))
	var labels []string
	for _, name := range u.expand(by) {
		if !labelName.MatchString(name) || !slices.Contains(allowed, name) {
			return nil, fmt.Errorf("signal %q cannot be grouped by %q; allowed: %s", u.signal.ID, name, list(allowed))
		}
		if g := u.catalogue.grouping(name); g != nil {
			name = g.Label
		}
		if !slices.Contains(labels, name) {
			labels = append(labels, name)
		}
	}
	return labels, nil
}

func (u use) checkFilters(filters []Filter) error {
	allowed := slices.Concat(u.options.Identity, u.options.TargetLabels)
	if u.signal.ClusterScoped {
		allowed = slices.DeleteFunc(allowed, func(label string) bool { return label == "node" })
	}
	for _, g := range u.catalogue.Groupings {
		if slices.Contains(u.signal.GroupBy.Allowed, g.ID) || strings.Contains(u.signal.Expr, "$join") {
			allowed = append(allowed, g.ID)
		}
	}
	subject := fmt.Sprintf("signal %q", u.signal.ID)
	if err := CheckFilters(subject, filters, append(allowed, u.sharedLabels()...)); err != nil {
		return err
	}
	for _, f := range filters {
		if err := u.catalogue.Priority.check(subject, f); err != nil {
			return err
		}
	}
	return nil
}

// sharedLabels returns the labels of their own that all filtered metrics have in common. Metrics without such labels do not
// count.
func (u use) sharedLabels() []string {
	var shared []string
	for _, selector := range placeholder.FindAllStringSubmatch(u.signal.Expr, -1) {
		own := u.catalogue.MetricLabels[selector[1]]
		if shared == nil {
			shared = slices.Clone(own)
		} else if len(own) > 0 {
			shared = slices.DeleteFunc(shared, func(name string) bool { return !slices.Contains(own, name) })
		}
	}
	return shared
}

// expand replaces `$identity` by the identity labels.
func (u use) expand(names []string) []string {
	var out []string
	for _, name := range names {
		if name == "$identity" {
			out = append(out, u.options.Identity...)
			continue
		}
		out = append(out, name)
	}
	return out
}

// matchers are the filters that a metric's selector can take, in the order given.
func (u use) matchers(metric string, filters []Filter) string {
	var out []string
	for _, f := range filters {
		if u.catalogue.grouping(f.Key) != nil {
			continue
		}
		ofTarget := slices.Contains(u.options.Identity, f.Key) || slices.Contains(u.options.TargetLabels, f.Key)
		if ofTarget && !slices.Contains(u.catalogue.MetricsByHost, metric) || slices.Contains(u.catalogue.MetricLabels[metric], f.Key) {
			if f, restricts := u.catalogue.Priority.Translate(metric, f); restricts {
				out = append(out, f.Key+f.Operator+quote(f.Value))
			}
		}
	}
	return strings.Join(out, ",")
}

// join brings the labels of info series to a signal that is grouped or filtered by them.
func (u use) join(by []string, filters []Filter) string {
	instance := strings.Join(u.options.Identity, ", ")
	var b strings.Builder
	for _, g := range u.catalogue.Groupings {
		var matchers []string
		if g.Matchers != "" {
			matchers = append(matchers, g.Matchers)
		}
		used := slices.Contains(by, g.ID)
		for _, f := range filters {
			if f.Key == g.ID {
				used = true
				matchers = append(matchers, g.Label+f.Operator+quote(f.Value))
			}
		}
		if used {
			fmt.Fprintf(&b, " * on (%s) group_left (%s) max by (%s, %s) (%s{%s})",
				instance, g.Label, instance, g.Label, g.Metric, strings.Join(matchers, ","))
		}
	}
	return b.String()
}

func (c *Catalogue) grouping(id string) *Grouping {
	for i := range c.Groupings {
		if c.Groupings[i].ID == id {
			return &c.Groupings[i]
		}
	}
	return nil
}

func list(names []string) string {
	names = slices.Clone(names)
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// quote writes a string as JSON does, which PromQL reads and TypeScript can write alike.
func quote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string can always be written
	return strings.TrimSuffix(b.String(), "\n")
}
