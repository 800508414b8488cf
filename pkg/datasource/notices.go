package datasource

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

const noTarget = "No target passes the filters of this query, or discovery has found none yet. The health check of the data source lists what is configured."

// notices say why a panel shows less than its viewer may expect, each in terms of what an operator
// can change. No empty panel goes without one. What explains missing figures comes first, after what makes all of
// them wrong; lines that could not be read come last, and only where their node has no value.
func (r *request) notices(ctx context.Context, a *asked) []data.Notice {
	why := newGroups(a.targets)
	for _, result := range a.results {
		if result.Signal != nil {
			r.missing(ctx, why, a, result)
		}
	}
	var out []data.Notice
	troubles := r.troubles(a.targets.all).notices()
	for len(troubles) > 0 && troubles[0].Severity == data.NoticeSeverityError {
		out, troubles = append(out, troubles[0]), troubles[1:]
	}
	out = append(out, a.said()...)
	out = append(out, why.notices()...)
	info := func(text string) {
		if text != "" {
			out = append(out, data.Notice{Severity: data.NoticeSeverityInfo, Text: text})
		}
	}
	if a.results[0].Signal == nil && len(withValue(a.results[0])) == 0 {
		info(r.emptyExpression(ctx, a))
	}
	out = append(out, troubles...)
	if a.results[0].Signal != nil && len(a.targets.all) == 0 {
		info(noTarget)
	}
	for _, result := range a.results {
		if result.Signal != nil && result.Window > 0 && result.Window < 2*a.times.scrape {
			info(fmt.Sprintf("The window of %s holds less than two scrapes, which come every %s: rates need a window of %s or more.",
				signals.FormatDuration(result.Window), signals.FormatDuration(a.times.scrape), signals.FormatDuration(4*a.times.scrape)))
			break
		}
	}
	low := r.lowRates(ctx, a)
	info(low)
	if low == "" || !a.query.Instant {
		begin := a.times.start
		if a.query.Instant {
			begin = begin.Add(-a.results[0].Window)
		}
		begin = begin.Add(a.times.step + 2*a.times.scrape - a.compare)
		short := r.shortHistory(begin)
		info(short)
		if short == "" && !a.query.Instant {
			info(r.lateNodes(ctx, a, begin))
		}
	}
	return append(out, r.garbled(a.targets, a.withoutValue()).notices()...)
}

// said is what the executor had to say of the values, each thing once.
func (a *asked) said() (out []data.Notice) {
	for _, n := range a.remarks {
		if !slices.ContainsFunc(out, func(other data.Notice) bool { return other.Text == n.Text }) {
			out = append(out, n)
		}
	}
	return out
}

// withoutValue are the targets that have no value in any result; none where results are not by node.
func (a *asked) withoutValue() (out []scrape.Status) {
	valued, other := map[node]bool{}, false
	for _, result := range a.results {
		for _, l := range withValue(result) {
			valued[nodeOf(l)] = true
			other = other || !l.Has("node") || result.Signal != nil && !a.byNode(result)
		}
	}
	for _, t := range a.targets.all {
		if n := nodeOf(t.Labels); !other && !valued[n] && !a.worst.hides(n, true) {
			out = append(out, t)
		}
	}
	return out
}

// wholeRange are the notices of kinds that look at all of the range.
func (r *request) wholeRange(a *asked) []data.Notice {
	out := r.plainNotices(a)
	if text := r.shortHistory(a.begin().Add(2 * a.times.scrape)); text != "" {
		out = append(out, data.Notice{Severity: data.NoticeSeverityInfo, Text: text})
	}
	return out
}

// plainNotices are those of kinds without signals: what is wrong with the targets, and that there are none.
func (r *request) plainNotices(a *asked) []data.Notice {
	out := append(a.said(), r.troubles(a.targets.all).notices()...)
	if len(a.targets.all) == 0 {
		out = append(out, data.Notice{Severity: data.NoticeSeverityInfo, Text: noTarget})
	}
	return append(out, r.garbled(a.targets, a.targets.all).notices()...)
}

// missing names the nodes that answer and have no value of a signal, and why.
func (r *request) missing(ctx context.Context, g *groups, a *asked, result frames.Result) {
	valued, byNode := r.valuedNodes(ctx, a, result)
	reads := sync.OnceValue(func() []string { return metrics(result.Expr) })
	for _, t := range a.targets.all {
		if t.State != scrape.Up || a.worst.hides(nodeOf(t.Labels), result.Signal == a.results[0].Signal) {
			continue
		}
		name := a.targets.name(t)
		if c, detail, lacks := r.lacks(ctx, result.Signal, t, a.times.end); lacks {
			g.add(c, name+detail)
			continue
		}
		if c, few := r.tooFewScrapes(result.Signal, t); few {
			g.add(c, name)
			continue
		}
		settled := t.Scrapes >= 2 && t.Metrics != nil && result.Signal.TargetKind == t.Kind && t.FirstScrape.Before(a.times.end)
		if byNode && settled && !valued[nodeOf(t.Labels)] {
			g.add(r.absent(result, reads(), t), name)
		}
	}
}

// byNode is whether each series of a signal is of one node.
func (a *asked) byNode(result frames.Result) bool {
	by := a.query.GroupBy
	if by == nil {
		by = result.Signal.GroupBy.Default
	}
	return slices.Contains(by, "$identity") || !slices.ContainsFunc(identity, func(name string) bool { return !slices.Contains(by, name) })
}

// valuedNodes are the nodes that have a value of a signal. A total, or groups of nodes, says nothing of single nodes: then
// the signal is asked for each of them, if that is how it stands by itself; else it is not known.
func (r *request) valuedNodes(ctx context.Context, a *asked, result frames.Result) (nodes map[node]bool, known bool) {
	values := withValue(result)
	nodes = map[node]bool{}
	if len(values) > 0 && !a.byNode(result) {
		if !slices.Equal(result.Signal.GroupBy.Default, []string{"$identity"}) {
			return nodes, false
		}
		each := *a
		each.query.Instant, each.query.GroupBy = true, nil
		single, err := r.compile(result.Signal.ID, &each, a.filters, a.query.Window)
		if err != nil {
			return nodes, false
		}
		found, err := r.over(ctx, single.Expr, &each)
		if err != nil {
			return nodes, false
		}
		single.Value = found.value
		values = withValue(single)
	}
	for _, l := range values {
		nodes[nodeOf(l)] = true
	}
	return nodes, true
}

// tooFewScrapes: a rate needs two, and a target just found has had one.
func (d *Instance) tooFewScrapes(s *signals.Signal, t scrape.Status) (c cause, few bool) {
	if t.Scrapes >= 2 || !strings.Contains(s.Expr, "$window") {
		return cause{}, false
	}
	return d.notYetTwo(), true
}

func (d *Instance) notYetTwo() cause {
	return note("Not yet two scrapes of", fmt.Sprintf("Rates begin with the second, within %s.", signals.FormatDuration(d.settings.interval)))
}

// noValue is why a node that lacks nothing has no value: the signal itself says when that is so.
func noValue(s *signals.Signal) cause {
	text, _, _ := strings.Cut(s.Description, ". ")
	c := note(s.Title+": no value on", sentence(cmp.Or(s.NoValueReason, text)))
	c.negative = true
	return c
}

// absent names a metric that the expression reads and the target's answer does not have.
func (r *request) absent(result frames.Result, reads []string, t scrape.Status) cause {
	for _, metric := range reads {
		if r.kindOfMetric(metric) == t.Kind && !has(t, metric, nil) {
			c := note(fmt.Sprintf("%s: the metric %s is not in the answer of", result.Signal.Title, metric), "")
			if result.Signal.NoValueReason != "" {
				c.change = sentence(result.Signal.NoValueReason)
			}
			return c
		}
	}
	return noValue(result.Signal)
}

// metrics are the names that an expression cannot do without: those of alternatives (or) are left out.
func metrics(text string) (out []string) {
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		return nil
	}
	parser.Inspect(expr, func(n parser.Node, path []parser.Node) error {
		selector, ok := n.(*parser.VectorSelector)
		if ok && !slices.ContainsFunc(path, alternative) {
			for _, m := range selector.LabelMatchers {
				if m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual && !slices.Contains(out, m.Value) {
					out = append(out, m.Value)
				}
			}
		}
		return nil
	})
	return out
}

func alternative(n parser.Node) bool {
	b, ok := n.(*parser.BinaryExpr)
	return ok && b.Op == parser.LOR
}

// withValue are the labels of the series that have a value.
func withValue(r frames.Result) []labels.Labels {
	var out []labels.Labels
	switch v := r.Value.(type) {
	case promql.Matrix:
		for _, s := range v {
			if slices.ContainsFunc(s.Floats, func(p promql.FPoint) bool { return !math.IsNaN(p.F) }) {
				out = append(out, s.Metric)
			}
		}
	case promql.Vector:
		for _, s := range v {
			if !math.IsNaN(s.F) {
				out = append(out, s.Metric)
			}
		}
	case promql.Scalar:
		out = append(out, labels.EmptyLabels())
	}
	return out
}

// shortHistory says since when there are figures, where they are asked for from an earlier time on.
func (d *Instance) shortHistory(begin time.Time) string {
	since := d.exec.since()
	if since.IsZero() || !since.After(begin) {
		return ""
	}
	switch {
	case d.exec.trimmed():
		return fmt.Sprintf("There are figures since %s: what is older did not fit into retention.size. Raise it to keep more, up to retention.time.", d.clock(since))
	case d.now().Sub(since) >= d.settings.retention-time.Minute:
		return fmt.Sprintf("There are figures since %s: history is kept for %s. Raise retention.time, and retention.size with it, to keep more.",
			d.clock(since), signals.FormatDuration(d.settings.retention))
	}
	return fmt.Sprintf("There are figures since %s. History is kept in memory: it begins when the data source is first used, and again when Grafana or the plugin restarts.", d.clock(since))
}

// emptyExpression says why PromQL written by hand may have given nothing: a metric that nobody has.
func (r *request) emptyExpression(ctx context.Context, a *asked) string {
	fresh := newGroups(a.targets)
	for _, t := range a.targets.all {
		if t.State == scrape.Up && t.Scrapes < 2 {
			fresh.add(r.notYetTwo(), a.targets.name(t))
		}
	}
	if len(fresh.order) > 0 {
		return fresh.sentence()
	}
	var missing []string
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(a.results[0].Expr)
	if err == nil {
		for _, matchers := range parser.ExtractSelectors(expr) {
			for _, m := range matchers {
				if m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual && !r.exec.holds(ctx, m.Value) && !slices.Contains(missing, m.Value) {
					missing = append(missing, m.Value)
				}
			}
		}
	}
	if len(missing) > 0 {
		return "The expression gave no value: no target exports " + list(missing) + " now. Check the spelling, or what is switched on in falco.yaml."
	}
	return "The expression gave no value in this range."
}
