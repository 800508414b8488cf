package datasource

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

	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// item is one node and what the catalogue's columns say of it.
type item struct {
	scrape.Status
	words   map[string]string   // by column, of labels, as they are shown
	whole   map[string]string   // the same, as they are compared
	values  map[string][]string // the labels themselves
	numbers map[string]*float64 // by column, of values
	odd     []string            // what differs from the majority
}

// inventory answers queries of type inventory: one row for every Falco, with the catalogue's columns, its switches, and
// what differs from what is pinned, else from the majority of those of its cluster that are listed. Odd ones come first.
func (r *request) inventory(ctx context.Context, a *asked) (data.Frames, error) {
	s, err := r.scope(a)
	if err != nil {
		return nil, err
	}
	var rows []*item
	for _, t := range s.nodes(scrape.KindFalco) {
		rows = append(rows, &item{Status: t, words: map[string]string{}, whole: map[string]string{}, values: map[string][]string{}, numbers: map[string]*float64{}})
	}
	var exprs []string
	for _, c := range r.catalogue.Inventory {
		expr, err := r.fill(ctx, a, s, c, rows)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(exprs, expr) {
			exprs = append(exprs, expr)
		}
	}
	clusters := map[string][]*item{}
	for _, row := range rows {
		clusters[row.Labels.Get("cluster")] = append(clusters[row.Labels.Get("cluster")], row)
	}
	for _, c := range r.catalogue.Inventory {
		if !c.Compare || r.markOff(c, rows) {
			continue
		}
		for _, of := range clusters {
			markOdd(c, of)
		}
	}
	slices.SortStableFunc(rows, func(x, y *item) int {
		return cmp.Or(cmp.Compare(len(y.odd), len(x.odd)), strings.Compare(x.Labels.Get("cluster"), y.Labels.Get("cluster")), strings.Compare(x.Node(), y.Node()))
	})
	out := r.inventoryTable(limited(rows, a.query.Limit), r.plainNotices(a))
	out[0].Meta.ExecutedQueryString = strings.Join(exprs, "\n")
	return out, nil
}

// fill reads one column.
func (r *request) fill(ctx context.Context, a *asked, s scope, c signals.InventoryColumn, rows []*item) (expr string, err error) {
	expr, _, err = r.template(c.ID, c.Metric+"{$filter}", "", s, a)
	if err != nil {
		return "", userError{err}
	}
	found, err := r.at(ctx, expr, a.times.end)
	if err != nil {
		return "", err
	}
	a.addRemarks(found.notices)
	vector, _ := found.value.(promql.Vector)
	words, whole, values, numbers := map[node][]string{}, map[node][]string{}, map[node][]string{}, map[node]float64{}
	for _, sample := range vector {
		n := nodeOf(sample.Metric)
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
		n := nodeOf(row.Labels)
		row.words[c.ID] = cmp.Or(joined(words[n]), r.remembered(c, row.Status))
		row.whole[c.ID] = cmp.Or(joined(whole[n]), row.words[c.ID])
		row.values[c.ID] = values[n]
		if number, known := numbers[n]; known {
			if c.Divide != 0 {
				number /= c.Divide
			}
			row.numbers[c.ID] = &number
		}
	}
	return found.executed, nil
}

// cell is what a series gives a column: as it is shown, and whole.
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
	slices.Sort(words)
	return strings.Join(slices.Compact(words), ", ")
}

// remembered is what a target that is down last said of itself, where the column is one of its facts.
func (d *Instance) remembered(c signals.InventoryColumn, s scrape.Status) string {
	for _, f := range d.catalogue.Reading.Facts {
		if f.Metric == c.Metric && f.Label == c.Label {
			return s.Facts[f.ID]
		}
	}
	return ""
}

// text is a cell as nodes are compared by; empty where nothing is known.
func (i *item) text(c signals.InventoryColumn) string {
	if c.Label != "" {
		return i.whole[c.ID]
	}
	if number := i.numbers[c.ID]; number != nil {
		return frames.WithUnit(c.Unit, *number)
	}
	return ""
}

// markOdd marks the nodes that differ from what more than half of those have that say it. Without such a majority
// nobody is odd.
func markOdd(c signals.InventoryColumn, rows []*item) {
	counts, shown, total := map[string]int{}, map[string]string{}, 0
	for _, row := range rows {
		if text := row.text(c); text != "" {
			counts[text]++
			shown[text] = cmp.Or(row.words[c.ID], text)
			total++
		}
	}
	values := slices.SortedFunc(maps.Keys(counts), func(x, y string) int { return cmp.Or(cmp.Compare(counts[y], counts[x]), strings.Compare(x, y)) })
	if len(values) < 2 || 2*counts[values[0]] <= total {
		return
	}
	for _, row := range rows {
		if text := row.text(c); text != "" && text != values[0] {
			row.odd = append(row.odd, fmt.Sprintf("%s: %s, while %d of %d have %s", c.Title, shown[text], counts[values[0]], total, shown[values[0]]))
		}
	}
}

var stateLevels = map[string]string{
	string(scrape.Up): "ok", string(scrape.Pending): "unknown", string(scrape.Starting): "warning", string(scrape.Down): "critical",
	string(scrape.Gone): "critical", string(scrape.LoadBalancer): "critical",
}

func (r *request) inventoryTable(rows []*item, notices []data.Notice) data.Frames {
	words := func(name, title string, cell func(*item) string) *data.Field {
		return frames.Words(name, title, column(rows, cell))
	}
	prose := func(name, title string, cell func(*item) string) *data.Field {
		return frames.Prose(name, title, column(rows, cell))
	}
	fields := []*data.Field{
		words("cluster", "Cluster", func(i *item) string { return i.Labels.Get("cluster") }),
		words("node", "Node", func(i *item) string { return i.Node() }),
		frames.Levels("state", "State", stateLevels, column(rows, func(i *item) string { return string(i.State) })),
	}
	for _, name := range r.settings.targetLabels {
		fields = append(fields, words(name, name, func(i *item) string { return i.Labels.Get(name) }))
	}
	for _, c := range r.catalogue.Inventory {
		if c.Label != "" {
			fields = append(fields, words(c.ID, c.Title, func(i *item) string { return i.words[c.ID] }))
		} else {
			fields = append(fields, frames.Numbers(c.ID, c.Title, c.Unit, column(rows, func(i *item) *float64 { return i.numbers[c.ID] })))
		}
	}
	fields = append(fields,
		frames.Counts("odd", "Odd", "warning", column(rows, func(i *item) int64 { return int64(len(i.odd)) })),
		prose("differs", "Differs", func(i *item) string { return strings.Join(i.odd, "\n") }),
		prose("off", "Switched off", func(i *item) string { _, off := r.switches(i.Status); return off }),
		prose("on", "Switched on", func(i *item) string { on, _ := r.switches(i.Status); return on }),
		words("address", "Address", func(i *item) string { return i.Address }),
	)
	return frames.Table(notices, fields...)
}

// switches are the keys of falco.yaml that are on and off on a target, as far as its engine and version have them.
func (d *Instance) switches(s scrape.Status) (on, off string) {
	var yes, no []string
	for _, sw := range d.catalogue.Switches {
		switch {
		case s.Metrics == nil:
		case has(s, sw.Metric, sw.AnyOf):
			yes = append(yes, sw.Config)
		case applies(sw, s):
			no = append(no, sw.Config)
		}
	}
	return strings.Join(yes, ", "), strings.Join(no, ", ")
}

// applies is whether a target's engine and version have what a switch turns on.
func applies(sw signals.Switch, s scrape.Status) bool {
	return !older(s.Facts["version"], sw.Since) && (len(sw.Engines) == 0 || slices.Contains(sw.Engines, s.Facts["engine"]))
}
