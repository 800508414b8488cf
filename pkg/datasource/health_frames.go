package datasource

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// sameWords are the verdicts, each with its own level.
var sameWords = map[string]string{"ok": "ok", "warning": "warning", "critical": "critical", "unknown": "unknown"}

// column takes one cell out of every row.
func column[R, T any](rows []R, cell func(R) T) []T {
	out := make([]T, 0, len(rows))
	for _, row := range rows {
		out = append(out, cell(row))
	}
	return out
}

// healthTable has one row for every node and check.
func (r *request) healthTable(findings []finding, notices []data.Notice) data.Frames {
	words := func(name, title string, cell func(finding) string) *data.Field {
		return frames.Words(name, title, column(findings, cell))
	}
	prose := func(name, title string, cell func(finding) string) *data.Field {
		return frames.Prose(name, title, column(findings, cell))
	}
	titles := r.titles()
	out := frames.Table(notices,
		words("cluster", "Cluster", func(f finding) string { return f.node.cluster }),
		words("node", "Node", func(f finding) string { return f.node.name }),
		words("dimension", "Dimension", func(f finding) string { return titles[f.signal.Dimension] }),
		words("check", "Check", func(f finding) string { return f.signal.Title }),
		frames.Levels("verdict", "Verdict", sameWords, column(findings, func(f finding) string { return f.verdict })),
		words("text", "Value", finding.text),
		prose("meaning", "What it means", finding.meaning),
		prose("change", "What to change", func(f finding) string { return f.change }),
		frames.Link("link", "Documentation", "Falco's documentation", column(findings, func(f finding) string { return f.signal.Link })),
		frames.Numbers("value", "Number", "", column(findings, func(f finding) *float64 { return f.value })),
		words("id", "Id of the check", func(f finding) string { return f.ID }),
	)
	out[0].Meta.ExecutedQueryString = executed(findings)
	return out
}

func (f finding) text() string {
	if f.value == nil {
		return ""
	}
	return frames.Text(f.signal, *f.value)
}

// meaning is what the verdict means; of an unknown one, why nothing is known.
func (f finding) meaning() string {
	switch m := f.Meaning; f.verdict {
	case "ok":
		return m.OK
	case "warning":
		return m.Warning
	case "critical":
		return m.Critical
	}
	return f.why
}

// executed are the expressions behind the findings.
func executed(findings []finding) string {
	var out []string
	for _, f := range findings {
		if !slices.Contains(out, f.expr) {
			out = append(out, f.expr)
		}
	}
	return strings.Join(out, "\n")
}

// titles are the words for the ids of dimensions and checks.
func (d *Instance) titles() map[string]string {
	out := map[string]string{}
	for _, c := range d.catalogue.Checks {
		if s, err := d.catalogue.Signal(c.Signal); err == nil {
			out[c.ID] = s.Title
		}
	}
	for _, dimension := range d.catalogue.Dimensions {
		out[dimension.ID] = dimension.Title
	}
	return out
}

// group is what shares the labels of `by`. Its findings are in the order of all: the worst first.
type group struct {
	labels   labels.Labels
	findings []finding
}

// label is what a finding is kept apart by, as one of a dimension.
func (f finding) label(name, dimension string) string {
	switch name {
	case "cluster":
		return f.node.cluster
	case "node":
		return f.node.name
	case "dimension":
		return dimension
	case "check":
		return f.ID
	}
	return f.labels[name]
}

// grouped sums findings up. Where dimensions are kept apart but not checks, a check counts for all that it is about.
func grouped(findings []finding, by []string) []group {
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
	return out
}

// healthSummary has one row for everything that is kept apart: the worst verdict, how many of each, and what is worst.
func (r *request) healthSummary(a *asked, findings []finding, by []string, notices []data.Notice) data.Frames {
	groups := limited(grouped(findings, by), a.query.Limit)
	var fields []*data.Field
	titles := r.titles()
	for _, name := range by {
		fields = append(fields, frames.Words(name, strings.ToUpper(name[:1])+name[1:], column(groups, func(g group) string {
			if value := g.labels.Get(name); titles[value] == "" {
				return value
			}
			return titles[g.labels.Get(name)]
		})))
	}
	fields = append(fields, frames.Levels("verdict", "Verdict", sameWords, column(groups, func(g group) string { return g.findings[0].verdict })))
	for _, word := range []string{"critical", "warning", "unknown", "ok"} {
		counts := frames.Counts(word, strings.ToUpper(word[:1])+word[1:], word, column(groups, func(g group) int64 { return int64(g.count(word)) }))
		counts.Config.Custom["width"] = 80
		fields = append(fields, counts)
	}
	fields = append(fields, frames.Prose("worst", "What is worst", column(groups, group.worst)))
	out := frames.Table(notices, fields...)
	out[0].Meta.ExecutedQueryString = executed(findings)
	return out
}

func (g group) count(verdict string) (n int) {
	for _, f := range g.findings {
		if f.verdict == verdict {
			n++
		}
	}
	return n
}

// worst names what gave a group its verdict: "Kernel drops on node-1 (12 %), node-2 (11 %); CPU on node-1 (98 %)".
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
		title := f.signal.Title
		if names[title] == nil {
			order = append(order, title)
		}
		name := cmp.Or(f.node.name, f.node.cluster, "the fleet")
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
		order[i] = title + " on " + list(names[title])
	}
	return strings.Join(order, "; ")
}

// verdictSignal is how verdicts look as numbers.
var verdictSignal = &signals.Signal{
	ID: "verdict", Title: "Verdict", Unit: "short",
	Description: "ok 0, warning 1, critical 2, unknown -1. The worst of all that is summed up here: critical before warning before unknown before ok.",
	Values: []signals.Value{
		{Value: 2, Text: "critical", Level: "critical"}, {Value: 1, Text: "warning", Level: "warning"},
		{Value: 0, Text: "ok", Level: "ok"}, {Value: -1, Text: "unknown", Level: "unknown"},
	},
}

// healthNumbers has a number for everything that is kept apart, at an instant.
func (r *request) healthNumbers(a *asked, findings []finding, by []string, notices []data.Notice) (data.Frames, error) {
	var vector promql.Vector
	for _, g := range limited(grouped(findings, by), a.query.Limit) {
		vector = append(vector, promql.Sample{T: a.times.end.UnixMilli(), F: verdicts[g.findings[0].verdict], Metric: g.labels})
	}
	return r.verdictFrames(a, frames.Result{Signal: verdictSignal, Expr: executed(findings), Value: vector}, notices)
}

func (r *request) verdictFrames(a *asked, result frames.Result, notices []data.Notice) (data.Frames, error) {
	o := a.frameOptions(notices)
	o.Table, o.Titles = false, r.titles()
	return frames.From([]frames.Result{result}, o)
}
