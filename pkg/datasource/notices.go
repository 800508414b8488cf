package datasource

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
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

// notices say why a panel shows less than its viewer may expect, each in terms of what an operator
// can change. No empty panel goes without one.
func (d *Instance) notices(ctx context.Context, a *asked) []data.Notice {
	g := d.troubles(a.targets.all)
	for _, r := range a.results {
		if r.Signal == nil {
			continue
		}
		lacking := d.needs(ctx, g, a, r)
		d.tooFewScrapes(g, a, r.Signal)
		d.unknown(g, a, r, lacking)
	}
	out := g.notices()
	info := func(format string, values ...any) {
		out = append(out, data.Notice{Severity: data.NoticeSeverityInfo, Text: fmt.Sprintf(format, values...)})
	}
	if a.results[0].Signal != nil && len(a.targets.all) == 0 {
		info("No target passes the filters of this query, or discovery has found none yet. The health check of the data source lists what is configured.")
	}
	for _, r := range a.results {
		if r.Signal != nil && r.Window > 0 && r.Window < 2*a.times.scrape {
			info("The window of %s holds less than two scrapes, which come every %s: rates need a window of %s or more.",
				signals.FormatDuration(r.Window), signals.FormatDuration(a.times.scrape), signals.FormatDuration(4*a.times.scrape))
			break
		}
	}
	if text := d.shortHistory(a); text != "" {
		info("%s", text)
	}
	if a.results[0].Signal == nil && len(known(a.results[0])) == 0 {
		info("%s", d.emptyExpression(a))
	}
	return out
}

// tooFewScrapes: a rate needs two, and a target just found has had one.
func (d *Instance) tooFewScrapes(g *groups, a *asked, s *signals.Signal) {
	if !strings.Contains(s.Expr, "$window") {
		return
	}
	for _, t := range a.targets.all {
		if t.State == scrape.Up && t.Scrapes < 2 {
			g.add(note("Not yet two scrapes of",
				fmt.Sprintf("Rates begin with the second, within %s.", signals.FormatDuration(d.settings.interval))), a.targets.name(t))
		}
	}
}

// unknown names the nodes that answer and have all that the signal needs, and still have no value:
// what is asked cannot be known there, and the signal's description says when that is so.
func (d *Instance) unknown(g *groups, a *asked, r frames.Result, lacking map[string]bool) {
	values := known(r)
	byNode := slices.ContainsFunc(values, func(l labels.Labels) bool { return l.Has("node") })
	if len(values) > 0 && !byNode {
		return // a total, or groups of nodes
	}
	for _, t := range a.targets.all {
		name := a.targets.name(t)
		settled := t.State == scrape.Up && t.Scrapes >= 2 && t.Metrics != nil && d.kindOf(r.Signal) == t.Kind
		has := slices.ContainsFunc(values, func(l labels.Labels) bool {
			return l.Get("node") == t.Node() && l.Get("cluster") == t.Labels.Get("cluster")
		})
		if settled && !has && !lacking[name] && t.FirstScrape.Before(a.times.end) {
			g.add(noValue(r.Signal), name)
		}
	}
}

// noValue is why a node that lacks nothing has no value: the signal itself says when that is so.
func noValue(s *signals.Signal) cause {
	c := note(s.Title+": no value on", sentence(cmp.Or(s.Unknown, s.Description)))
	c.negative = true
	return c
}

// known are the labels of the series that have a value.
func known(r frames.Result) []labels.Labels {
	var out []labels.Labels
	switch v := r.Value.(type) {
	case promql.Matrix:
		for _, s := range v {
			if slices.ContainsFunc(s.Floats, func(p promql.FPoint) bool { return p.F == p.F }) {
				out = append(out, s.Metric)
			}
		}
	case promql.Vector:
		for _, s := range v {
			if s.F == s.F {
				out = append(out, s.Metric)
			}
		}
	case promql.Scalar:
		out = append(out, labels.EmptyLabels())
	}
	return out
}

// shortHistory says since when there are figures, where the range, or an instant's window, begins earlier.
func (d *Instance) shortHistory(a *asked) string {
	since, begin := d.fleet.Since(), a.times.start
	if a.query.Instant {
		begin = begin.Add(-a.results[0].Window)
	}
	if since.IsZero() || !since.After(begin.Add(a.times.step+2*a.times.scrape)) {
		return ""
	}
	if d.now().Sub(since) >= d.settings.retention-time.Minute {
		return fmt.Sprintf("There are figures since %s: history is kept for %s. Raise history.hours, and history.megabytes with it, to keep more.",
			d.clock(since), signals.FormatDuration(d.settings.retention))
	}
	return fmt.Sprintf("There are figures since %s. History is kept in memory: it begins when the data source is first used, and again when Grafana or the plugin restarts.", d.clock(since))
}

// emptyExpression says why PromQL written by hand may have given nothing: a metric that nobody has.
func (d *Instance) emptyExpression(a *asked) string {
	var missing []string
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(a.results[0].Expr)
	if err == nil {
		for _, matchers := range parser.ExtractSelectors(expr) {
			for _, m := range matchers {
				if m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual && !d.exported(m.Value, a.targets.all) && !slices.Contains(missing, m.Value) {
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

// exported is whether any target has a metric; those of the scrapes themselves always are.
func (d *Instance) exported(metric string, all []scrape.Status) bool {
	return metric == "up" || strings.HasPrefix(metric, "scrape_") ||
		slices.ContainsFunc(all, func(s scrape.Status) bool { return s.Metrics[metric] })
}
