package notices

import (
	"fmt"
	"slices"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// Cause is a reason that several targets can share: its severity, what is wrong and what to change.
type Cause struct {
	Severity data.NoticeSeverity
	What     string       // names of targets can follow: "No metrics from"
	Change   string       // whole sentences
	negative bool         // What contains a negation, so "any of" follows instead of "all"
	State    target.State // that the cause explains; empty for other causes
}

// Warning returns a cause with the severity warning.
func Warning(what, change string) Cause {
	return Cause{Severity: data.NoticeSeverityWarning, What: what, Change: change}
}

// Info returns a cause with the severity info.
func Info(what, change string) Cause {
	return Cause{Severity: data.NoticeSeverityInfo, What: what, Change: change}
}

// Groups collects targets by cause, in the order in which the causes first appear.
type Groups struct {
	Targets target.Set
	order   []Cause
	Names   map[Cause][]string
}

// NewGroups returns an empty collection. The set is what "all" refers to in its texts.
func NewGroups(of target.Set) *Groups { return &Groups{Targets: of, Names: map[Cause][]string{}} }

// Add adds a target to a cause. An empty name means that the cause is not about a target.
func (g *Groups) Add(c Cause, name string) {
	if _, known := g.Names[c]; !known {
		g.order = append(g.order, c)
		g.Names[c] = nil
	}
	if name != "" && !slices.Contains(g.Names[c], name) {
		g.Names[c] = append(g.Names[c], name)
	}
}

// Causes returns the causes, the most severe first.
func (g *Groups) Causes() []Cause {
	out := slices.Clone(g.order)
	slices.SortStableFunc(out, func(a, b Cause) int { return int(b.Severity) - int(a.Severity) })
	return out
}

// Notices returns one notice per cause, the most severe first.
func (g *Groups) Notices() (out []data.Notice) {
	for _, c := range g.Causes() {
		out = append(out, data.Notice{Severity: c.Severity, Text: g.Text(c)})
	}
	return out
}

// Lines returns the texts of the notices.
func (g *Groups) Lines() (out []string) {
	for _, n := range g.Notices() {
		out = append(out, n.Text)
	}
	return out
}

// Sentence returns the texts of the notices in one line.
func (g *Groups) Sentence() string { return strings.Join(g.Lines(), " ") }

// Text returns the text of a cause with the names of its targets.
func (g *Groups) Text(c Cause) string {
	if len(g.Names[c]) == 0 {
		return c.What + ". " + c.Change
	}
	share := g.Targets.DescribeSome(g.Names[c])
	if c.negative {
		share = g.Targets.DescribeNone(g.Names[c])
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s. %s", c.What, share, c.Change))
}
