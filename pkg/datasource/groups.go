package datasource

import (
	"fmt"
	"slices"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// cause is what several targets can have in common: how bad it is, what it is, what to change.
type cause struct {
	severity data.NoticeSeverity
	what     string // with targets, ends so that they can follow: "No metrics from"
	change   string // whole sentences
	negative bool   // what says "no … on": it goes on with "any of", not with "all"
}

func warn(what, change string) cause {
	return cause{severity: data.NoticeSeverityWarning, what: what, change: change}
}

func note(what, change string) cause {
	return cause{severity: data.NoticeSeverityInfo, what: what, change: change}
}

// groups collects targets by cause, in the order in which causes first came up.
type groups struct {
	of    targets
	order []cause
	names map[cause][]string
}

func newGroups(of targets) *groups { return &groups{of: of, names: map[cause][]string{}} }

// add adds a target to a cause. An empty name is for what is no target's: the cause stands alone then.
func (g *groups) add(c cause, name string) {
	if _, known := g.names[c]; !known {
		g.order = append(g.order, c)
		g.names[c] = nil
	}
	if name != "" && !slices.Contains(g.names[c], name) {
		g.names[c] = append(g.names[c], name)
	}
}

// notices are the groups in words, the worst first.
func (g *groups) notices() []data.Notice {
	var out []data.Notice
	for _, c := range g.order {
		out = append(out, data.Notice{Severity: c.severity, Text: g.text(c)})
	}
	slices.SortStableFunc(out, func(a, b data.Notice) int { return int(b.Severity) - int(a.Severity) })
	return out
}

// lines are the texts of the notices.
func (g *groups) lines() (out []string) {
	for _, n := range g.notices() {
		out = append(out, n.Text)
	}
	return out
}

// sentence is all of it in one line.
func (g *groups) sentence() string { return strings.Join(g.lines(), " ") }

func (g *groups) text(c cause) string {
	if len(g.names[c]) == 0 {
		return c.what + ". " + c.change
	}
	share := g.of.share(g.names[c])
	if c.negative {
		share = g.of.none(g.names[c])
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s. %s", c.what, share, c.change))
}

// none is share after a "no": "either of the 2 nodes", "any of the 8 nodes".
func (t targets) none(names []string) string {
	switch total := len(t.all); {
	case total != len(names) || total <= 1:
		return t.share(names)
	case total == 2:
		return "either of the 2 " + t.noun
	default:
		return fmt.Sprintf("any of the %d %s", total, t.noun)
	}
}

// share says which of the targets: "node-1", "both nodes", "all 3 nodes", "2 of 3 nodes: node-1, node-2".
func (t targets) share(names []string) string {
	switch total := len(t.all); {
	case total <= 1:
		return list(names)
	case len(names) == total && total == 2:
		return "both " + t.noun
	case len(names) == total:
		return fmt.Sprintf("all %d %s", total, t.noun)
	default:
		return fmt.Sprintf("%d of %d %s: %s", len(names), total, t.noun, list(names))
	}
}

// mostNames is how many names a sentence can bear.
const mostNames = 5

func list(names []string) string {
	if len(names) <= mostNames {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:mostNames], ", "), len(names)-mostNames)
}
