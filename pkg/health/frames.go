package health

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/query"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

// levelNames maps each verdict to the level that colours it.
var levelNames = map[string]string{"ok": "ok", "warning": "warning", "critical": "critical", "unknown": "unknown"}

// verdicts returns a column of verdicts.
func verdicts(words []string) *data.Field {
	return frames.Width(80, frames.Verdicts("verdict", "Verdict", levelNames, words))
}

// healthTable has one row per node and check. A cell has one line; the first step opens the rest.
func healthTable(r *request.Request, findings []checkResult, notices []data.Notice) data.Frames {
	words := func(name, title string, cell func(checkResult) string) *data.Field {
		return frames.Words(name, title, frames.Column(findings, cell))
	}
	titles := titles(r)
	out := frames.Table(notices,
		verdicts(frames.Column(findings, func(f checkResult) string { return f.verdict })),
		frames.Width(105, words("cluster", "Cluster", func(f checkResult) string { return f.node.Cluster })),
		frames.Width(100, words("node", "Node", func(f checkResult) string { return f.node.Name })),
		frames.Hide(words("dimension", "Dimension", func(f checkResult) string { return titles[f.signal.Dimension] })),
		frames.Width(185, words("check", "Check", func(f checkResult) string { return f.signal.Title })),
		frames.Width(145, words("text", "Value", checkResult.shown)),
		frames.WithDetails("details", frames.Prose("step", "First step", frames.Column(findings, checkResult.firstStep))),
		frames.Details("details", "Details", frames.Column(findings, checkResult.details)),
		frames.Hide(words("meaning", "Meaning", checkResult.meaning)),
		frames.Hide(words("change", "Action", func(f checkResult) string { return strings.Join(numbered(f.steps), "\n") })),
		frames.Hide(frames.Link("link", "Documentation", "Falco's documentation", frames.Column(findings, func(f checkResult) string { return f.signal.Link }))),
		frames.Hide(frames.Numbers("value", "Number", "", frames.Column(findings, func(f checkResult) *float64 { return f.value }))),
		frames.Hide(words("id", "Check ID", func(f checkResult) string { return f.ID })),
	)
	out[0].Meta.ExecutedQueryString = executed(findings)
	return out
}

// shown is the value with its window.
func (f checkResult) shown() string { return strings.TrimSpace(f.text() + f.within()) }

// firstStep says what to change first. For an unknown verdict, it is why nothing is known.
func (f checkResult) firstStep() string {
	switch f.verdict {
	case "unknown":
		return f.why
	case "ok":
		return "No action needed."
	}
	return f.change
}

// details is the meaning of a verdict, every step and a link to the documentation, as Markdown.
func (f checkResult) details() string {
	parts := []string{fmt.Sprintf("**%s: %s.** %s", frames.Markdown(f.signal.Title), f.verdict, frames.Markdown(f.meaning()))}
	steps := make([]string, 0, len(f.steps))
	for _, step := range f.steps {
		steps = append(steps, frames.Markdown(step))
	}
	parts = append(parts, numbered(steps)...)
	if f.signal.Link != "" {
		parts = append(parts, fmt.Sprintf("[Falco's documentation](%s)", f.signal.Link))
	}
	return strings.Join(parts, "\n\n")
}

// numbered numbers texts if there are several.
func numbered(texts []string) []string {
	if len(texts) < 2 {
		return texts
	}
	out := make([]string, 0, len(texts))
	for i, text := range texts {
		out = append(out, fmt.Sprintf("%d. %s", i+1, text))
	}
	return out
}

// text formats the value.
func (f checkResult) text() string {
	if f.value == nil {
		return ""
	}
	return frames.Text(f.signal, *f.value)
}

// within says which time the value covers, such as " over 15 min": panels show the same signal over other windows. It is
// empty for values without a window, and without a value.
func (f checkResult) within() string {
	if f.value == nil || !strings.Contains(f.signal.Expr, "$window") || len(f.signal.Values) > 0 {
		return ""
	}
	return " over " + frames.WithUnit("s", f.window.Seconds())
}

// meaning explains the verdict. For an unknown verdict, it is why nothing is known.
func (f checkResult) meaning() string {
	switch m := f.Meaning; f.verdict {
	case "ok":
		return m.OK
	case "warning":
		return strings.TrimSpace(m.Warning + " " + f.differs)
	case "critical":
		return strings.TrimSpace(m.Critical + " " + f.differs)
	}
	return f.why
}

// executed returns the expressions behind the results.
func executed(findings []checkResult) string {
	var out []string
	for _, f := range findings {
		if !slices.Contains(out, f.expr) {
			out = append(out, f.expr)
		}
	}
	return strings.Join(out, "\n")
}

// titles maps the ids of checks and dimensions to their titles.
func titles(r *request.Request) map[string]string {
	out := map[string]string{}
	for _, c := range r.Catalogue.Checks {
		if s, err := r.Catalogue.Signal(c.Signal); err == nil {
			out[c.ID] = s.Title
		}
	}
	for _, dimension := range r.Catalogue.Dimensions {
		out[dimension.ID] = dimension.Title
	}
	return out
}

// group holds the results that share the labels of groupBy, the worst first.
type group struct {
	labels   labels.Labels
	findings []checkResult
}

// label returns the value of a label that results are grouped by. A result counts for one or more dimensions.
func (f checkResult) label(name, dimension string) string {
	switch name {
	case "cluster":
		return f.node.Cluster
	case "node":
		return f.node.Name
	case "dimension":
		return dimension
	case "check":
		return f.ID
	}
	return f.labels.Get(name)
}

// grouped groups results, the worst group first. If they are grouped by dimension but not by check, a check counts for all its dimensions.
func grouped(findings []checkResult, by []string) []group {
	place := map[string]int{}
	var out []group
	for _, f := range findings {
		dimensions := []string{f.signal.Dimension}
		if slices.Contains(by, "dimension") && !slices.Contains(by, "check") {
			dimensions = append(dimensions, f.ExtraDimensions...)
		}
		for _, dimension := range dimensions {
			b := labels.NewScratchBuilder(len(by))
			key := ""
			for _, name := range by {
				value := f.label(name, dimension)
				key += value + "\xff"
				if value != "" {
					b.Add(name, value)
				}
			}
			at, known := place[key]
			if !known {
				at = len(out)
				place[key] = at
				b.Sort()
				out = append(out, group{labels: b.Labels()})
			}
			out[at].findings = append(out[at].findings, f)
		}
	}
	slices.SortStableFunc(out, worseGroup)
	return out
}

// worseGroup orders groups: by their worst verdict, then by how many results are critical, then by how many are warnings.
func worseGroup(x, y group) int {
	return cmp.Or(cmp.Compare(severityRank[x.findings[0].verdict], severityRank[y.findings[0].verdict]),
		cmp.Compare(y.count("critical"), x.count("critical")), cmp.Compare(y.count("warning"), x.count("warning")))
}

// verdictWords are the verdicts, the worst first.
var verdictWords = []string{"critical", "warning", "unknown", "ok"}

// healthSummary has one row per group: its worst verdict, how many of each verdict, and which results are the worst. A row for
// a check shows its worst node and what to change there first.
func healthSummary(r *request.Request, groups []group, by []string, executed string, notices []data.Notice) data.Frames {
	words := func(name, title string, cell func(group) string) *data.Field {
		return frames.Words(name, title, frames.Column(groups, cell))
	}
	of := func(cell func(checkResult) string) func(group) string {
		return func(g group) string { return cell(g.findings[0]) }
	}
	widths := map[string]int{"check": 185, "node": 100}
	fields := []*data.Field{verdicts(frames.Column(groups, of(func(f checkResult) string { return f.verdict })))}
	titles := titles(r)
	for _, name := range by {
		fields = append(fields, frames.Width(cmp.Or(widths[name], 120), words(name, wording.Capitalised(name), func(g group) string {
			return cmp.Or(titles[g.labels.Get(name)], g.labels.Get(name))
		})))
	}
	byCheck := slices.Contains(by, "check")
	if byCheck {
		fields = append(fields,
			frames.Width(100, words("node", "Node", of(checkResult.judgedNode))),
			frames.Width(145, words("text", "Value", of(checkResult.judgedValue))),
			frames.Width(90, words("nodes", "Nodes", group.share)))
	}
	for _, word := range verdictWords {
		counts := frames.Counts(word, wording.Capitalised(word), word, frames.Column(groups, func(g group) int64 { return int64(g.count(word)) }))
		if byCheck {
			frames.Hide(counts) // the share has room for one, the details have all
		}
		fields = append(fields, frames.Width(85, counts))
	}
	worst := frames.Prose("worst", "Worst results", frames.Column(groups, group.worst))
	if byCheck {
		fields = append(fields,
			frames.WithDetails("details", frames.Prose("step", "First step", frames.Column(groups, of(checkResult.firstStep)))),
			frames.Details("details", "Details", frames.Column(groups, group.details)))
		frames.Hide(worst)
	}
	out := frames.Table(notices, append(fields, worst)...)
	out[0].Meta.ExecutedQueryString = executed
	return out
}

// share says how many of the results have the group's verdict.
func (g group) share() string {
	return fmt.Sprintf("%d of %d", g.count(g.findings[0].verdict), len(g.findings))
}

// counts says how many results have each verdict: "1 critical, 7 unknown".
func (g group) counts() string {
	var parts []string
	for _, word := range verdictWords {
		if n := g.count(word); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, word))
		}
	}
	return strings.Join(parts, ", ")
}

// judgedNode is the node of a result that is not ok. If all are ok, no node stands out.
func (f checkResult) judgedNode() string {
	if f.verdict == "ok" {
		return ""
	}
	return f.node.Name
}

// judgedValue is the value of judgedNode.
func (f checkResult) judgedValue() string {
	if f.verdict == "ok" {
		return ""
	}
	return f.shown()
}

// details counts the verdicts and names the worst nodes. Then it says what the verdict means and what to change on the worst.
func (g group) details() string {
	parts := []string{wording.Sentence(g.counts())}
	if worst := g.worst(); worst != "" {
		parts = append(parts, frames.Markdown(wording.Sentence(worst)))
	}
	return strings.Join(append(parts, g.findings[0].details()), "\n\n")
}

func (g group) count(verdict string) (n int) {
	for _, f := range g.findings {
		if f.verdict == verdict {
			n++
		}
	}
	return n
}

// worst names the results with the group's verdict, such as "Kernel drops over 5 min on node-1 (12 %), node-2 (11 %); CPU on
// node-1 (98 %)".
func (g group) worst() string {
	if g.findings[0].verdict == "ok" {
		return ""
	}
	names := map[string][]string{}
	var order []string
	for _, f := range g.findings {
		if f.verdict != g.findings[0].verdict {
			break
		}
		title := f.signal.Title + f.within()
		if names[title] == nil {
			order = append(order, title)
		}
		name := cmp.Or(f.node.Name, f.node.Cluster, "the fleet")
		text := f.text()
		if f.cause != "" && f.isAboutUp() {
			text += ": " + f.cause
		}
		if text != "" {
			name = fmt.Sprintf("%s (%s)", name, text)
		}
		names[title] = append(names[title], name)
	}
	for i, title := range order {
		order[i] = title + " on " + wording.List(names[title])
	}
	return strings.Join(order, "; ")
}

// verdictSignal describes verdicts as numbers.
var verdictSignal = &signals.Signal{
	ID: "verdict", Title: "Verdict", Unit: "short",
	Description: "ok 0, warning 1, critical 2, unknown -1. The worst of all that is summed up here: critical before warning before unknown before ok.",
	Values: []signals.Value{
		{Value: 2, Text: "critical", Level: "critical"}, {Value: 1, Text: "warning", Level: "warning"},
		{Value: 0, Text: "ok", Level: "ok"}, {Value: -1, Text: "unknown", Level: "unknown"},
	},
}

// healthNumbers has one number per group, at an instant.
func healthNumbers(r *request.Request, qc *request.QueryContext, findings []checkResult, by []string, notices []data.Notice) (data.Frames, error) {
	var vector promql.Vector
	for _, g := range query.First(grouped(findings, by), qc.Query.Limit) {
		vector = append(vector, promql.Sample{T: qc.Times.End.UnixMilli(), F: verdictValues[g.findings[0].verdict], Metric: g.labels})
	}
	return verdictFrames(r, qc, frames.Result{Signal: verdictSignal, Expr: executed(findings), Value: vector}, notices)
}

func verdictFrames(r *request.Request, qc *request.QueryContext, result frames.Result, notices []data.Notice) (data.Frames, error) {
	o := qc.FrameOptions(notices)
	o.Table, o.Titles = false, titles(r)
	return frames.From([]frames.Result{result}, o)
}
