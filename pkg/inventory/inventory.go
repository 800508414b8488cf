// Package inventory answers queries of type inventory: every Falco, and what differs between them.
package inventory

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/notices"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/query"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

// item is one node with the values of the catalogue's columns.
type item struct {
	target.Status
	words       map[string]string   // label columns, as shown
	full        map[string]string   // label columns, in full
	values      map[string][]string // label columns, as separate values
	numbers     map[string]*float64 // value columns
	differences []string            // differences from the baseline or the majority
}

// Answer answers queries of type inventory: one row per Falco with the catalogue's columns, its switches, and what differs
// from the baseline, or else from the majority of the listed Falcos in its cluster. Nodes that differ come first.
func Answer(ctx context.Context, r *request.Request, qc *request.QueryContext) (data.Frames, error) {
	s, err := r.ReadScope(qc)
	if err != nil {
		return nil, err
	}
	rows := newItems(s)
	var exprs []string
	for _, c := range r.Catalogue.Inventory {
		expr, err := fill(ctx, r, qc, s, c, rows)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(exprs, expr) {
			exprs = append(exprs, expr)
		}
	}
	clusters := byCluster(rows)
	divided := map[string][]string{} // titles of columns without a majority, by cluster
	for _, c := range r.Catalogue.Inventory {
		if !c.Compare || differsFromBaseline(r, c, rows) {
			continue
		}
		for name, of := range clusters {
			if !differsFromMajority(c, of) {
				divided[name] = append(divided[name], c.Title)
			}
		}
	}
	slices.SortStableFunc(rows, func(x, y *item) int {
		return cmp.Or(cmp.Compare(len(y.differences), len(x.differences)), frames.CompareNatural(x.Labels.Get("cluster"), y.Labels.Get("cluster")), frames.CompareNatural(x.Node(), y.Node()))
	})
	out := inventoryTable(r, query.First(rows, qc.Query.Limit), append(notices.ForTargets(r, qc), withoutMajority(divided)...))
	out[0].Meta.ExecutedQueryString = strings.Join(exprs, "\n")
	return out, nil
}

func newItems(s executor.Scope) []*item {
	var rows []*item
	for _, t := range s.TargetsByNode(target.KindFalco) {
		rows = append(rows, &item{Status: *t, words: map[string]string{}, full: map[string]string{}, values: map[string][]string{}, numbers: map[string]*float64{}})
	}
	return rows
}

func byCluster(rows []*item) map[string][]*item {
	clusters := map[string][]*item{}
	for _, row := range rows {
		clusters[row.Labels.Get("cluster")] = append(clusters[row.Labels.Get("cluster")], row)
	}
	return clusters
}

// fill reads one column.
func fill(ctx context.Context, r *request.Request, qc *request.QueryContext, s executor.Scope, c signals.InventoryColumn, rows []*item) (expr string, err error) {
	expr, _, err = r.CompileTemplate(c.ID, c.Metric+"{$filter}", "", s, qc)
	if err != nil {
		return "", failure.User(err)
	}
	found, err := r.EvaluateAt(ctx, expr, qc.Times.End)
	if err != nil {
		return "", err
	}
	qc.AddNotices(found.Notices)
	vector, _ := found.Value.(promql.Vector)
	words, whole, values, numbers := map[target.Node][]string{}, map[target.Node][]string{}, map[target.Node][]string{}, map[target.Node]float64{}
	for _, sample := range vector {
		n := target.NodeOf(sample.Metric)
		if c.Label != "" {
			shown, all := cell(c, sample.Metric)
			words[n], whole[n] = append(words[n], shown), append(whole[n], all)
			values[n] = append(values[n], sample.Metric.Get(c.Label))
			continue
		}
		if highest, twice := numbers[n]; !twice || sample.F > highest {
			numbers[n] = sample.F
		}
	}
	for _, row := range rows {
		n := target.NodeOf(row.Labels)
		row.words[c.ID] = cmp.Or(joined(words[n]), remembered(r, c, row.Status))
		row.full[c.ID] = cmp.Or(joined(whole[n]), row.words[c.ID])
		row.values[c.ID] = values[n]
		if number, known := numbers[n]; known {
			if c.Divide != 0 {
				number /= c.Divide
			}
			row.numbers[c.ID] = &number
		}
	}
	return found.Executed, nil
}

// cell returns the value of a series for a column, as shown and in full.
func cell(c signals.InventoryColumn, l labels.Labels) (shown, whole string) {
	shown = l.Get(c.Label)
	whole = shown
	if c.Length > 0 && len(shown) > c.Length {
		shown = shown[:c.Length]
	}
	if prefix := l.Get(c.Prefix); c.Prefix != "" && prefix != "" {
		return prefix + " " + shown, prefix + " " + whole
	}
	return shown, whole
}

func joined(words []string) string {
	slices.SortFunc(words, frames.CompareNatural)
	return strings.Join(slices.Compact(words), ", ")
}

// remembered returns what a target reported before it went down, if the column is one of its facts.
func remembered(r *request.Request, c signals.InventoryColumn, s target.Status) string {
	for _, f := range r.Catalogue.Reading.Facts {
		if f.Metric == c.Metric && f.Label == c.Label {
			return s.Facts[f.ID]
		}
	}
	return ""
}

// text returns the value that nodes are compared by. It is empty if it is not known.
func (i *item) text(c signals.InventoryColumn) string {
	if c.Label != "" {
		return i.full[c.ID]
	}
	if number := i.numbers[c.ID]; number != nil {
		return frames.WithUnit(c.Unit, *number)
	}
	return ""
}

// withoutMajority says which columns have no majority, by cluster: no node is marked there, although they differ.
func withoutMajority(columns map[string][]string) (out []data.Notice) {
	for _, cluster := range slices.Sorted(maps.Keys(columns)) {
		where := ""
		if cluster != "" {
			where = " in " + cluster
		}
		out = append(out, data.Notice{Severity: data.NoticeSeverityInfo, Text: fmt.Sprintf(
			"No majority%s for %s: more than half of the nodes share no value, so none of them is marked as different.",
			where, wording.List(columns[cluster]))})
	}
	return out
}

// differsFromMajority marks the nodes that differ from what more than half of the nodes with a value have. It reports whether
// there is such a majority, or no value at all; without one, no node is marked.
func differsFromMajority(c signals.InventoryColumn, rows []*item) bool {
	var values []string
	shown := map[string]string{}
	for _, row := range rows {
		if text := row.text(c); text != "" {
			values = append(values, text)
			shown[text] = cmp.Or(row.words[c.ID], text)
		}
	}
	common, count := majority(values)
	if common == "" {
		return len(values) == 0
	}
	for _, row := range rows {
		if text := row.text(c); text != "" && text != common {
			row.differences = append(row.differences, fmt.Sprintf("%s: %s, while %d of %d have %s", c.Title, shown[text], count, len(values), shown[common]))
		}
	}
	return true
}

var stateLevels = map[string]string{
	string(target.Up): "ok", string(target.Pending): "unknown", string(target.Starting): "warning", string(target.Down): "critical",
	string(target.Gone): "critical", string(target.LoadBalancer): "critical",
}

func inventoryTable(r *request.Request, rows []*item, notices []data.Notice) data.Frames {
	words := func(name, title string, cell func(*item) string) *data.Field {
		return frames.Words(name, title, frames.Column(rows, cell))
	}
	prose := func(name, title string, cell func(*item) string) *data.Field {
		return frames.Prose(name, title, frames.Column(rows, cell))
	}
	fields := []*data.Field{
		frames.Width(105, words("cluster", "Cluster", func(i *item) string { return i.Labels.Get("cluster") })),
		frames.Width(115, words("node", "Node", func(i *item) string { return i.Node() })),
		frames.Width(75, frames.Levels("state", "State", stateLevels, frames.Column(rows, func(i *item) string { return string(i.State) }))),
	}
	for _, name := range r.Settings.TargetLabels {
		fields = append(fields, words(name, name, func(i *item) string { return i.Labels.Get(name) }))
	}
	for _, c := range r.Catalogue.Inventory {
		column := words(c.ID, c.Title, func(i *item) string { return i.words[c.ID] })
		if c.Label == "" {
			column = frames.Numbers(c.ID, c.Title, c.Unit, frames.Column(rows, func(i *item) *float64 { return i.numbers[c.ID] }))
		}
		if c.Width > 0 {
			column = frames.Width(c.Width, column)
		}
		if c.Hidden {
			column = frames.Hide(column)
		}
		fields = append(fields, column)
	}
	fields = slices.Insert(fields, 3, prose("differs", "Differs", func(i *item) string { return strings.Join(i.differences, "; ") }))
	fields = append(fields,
		frames.Hide(frames.Counts("odd", "Odd", "warning", frames.Column(rows, func(i *item) int64 { return int64(len(i.differences)) }))),
		prose("off", "Switched off", func(i *item) string { _, off := switches(r, i.Status); return off }),
		frames.Hide(words("on", "Switched on", func(i *item) string { on, _ := switches(r, i.Status); return on })),
		frames.Hide(words("address", "Address", func(i *item) string { return i.Address })),
	)
	return frames.Table(notices, fields...)
}

// switches lists the keys of falco.yaml that are on and off on a target, as far as its engine and version support them.
func switches(r *request.Request, s target.Status) (on, off string) {
	var yes, no []string
	for _, sw := range r.Catalogue.Switches {
		switch {
		case s.Metrics == nil:
		case target.Exports(s, sw.Metric, sw.AnyOf):
			yes = append(yes, sw.Config)
		case notices.SwitchApplies(sw, s):
			no = append(no, sw.Config)
		}
	}
	return strings.Join(yes, ", "), strings.Join(no, ", ")
}
