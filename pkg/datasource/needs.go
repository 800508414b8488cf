package datasource

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// needs adds what a signal lacks on targets that answer, and returns the names of those targets. First
// the engine is looked at, then the version, then the switch is named.
func (d *Instance) needs(ctx context.Context, g *groups, a *asked, r frames.Result) map[string]bool {
	lacking := map[string]bool{}
	for _, need := range r.Signal.Needs {
		for _, t := range a.targets.all {
			if t.State != scrape.Up || t.Metrics == nil || has(t, need.Metric, need.AnyOf) {
				continue
			}
			if name := a.targets.name(t); !lacking[name] {
				lacking[name] = true
				c, detail := d.lack(r.Signal.Title, need, t)
				g.add(c, name+detail)
			}
		}
		for _, name := range d.unknownValues(ctx, a, need) {
			lacking[name] = true
			g.add(warn(r.Signal.Title+": unknown on",
				sentence(need.UnknownValue.Because)+" "+sentence(need.UnknownValue.Change)), name)
		}
	}
	return lacking
}

func has(t scrape.Status, metric string, anyOf []string) bool {
	return t.Metrics[metric] || slices.ContainsFunc(anyOf, func(m string) bool { return t.Metrics[m] })
}

// lack is why a target has no metric, and what to say beside its name.
func (d *Instance) lack(title string, need signals.Need, t scrape.Status) (c cause, detail string) {
	engine, version := t.Facts["engine"], t.Facts["version"]
	subject := cmp.Or(need.Config, title)
	switch {
	case len(need.Engines) > 0 && engine != "" && !slices.Contains(need.Engines, engine):
		return note("Not with the engine of",
			fmt.Sprintf("%s has figures with %s only.", subject, strings.Join(need.Engines, ", "))), " (" + engine + ")"
	case older(version, need.Since):
		return note("Not in the Falco of",
			fmt.Sprintf("%s has figures with Falco %s or later: upgrade.", subject, need.Since)), " (" + version + ")"
	case need.Config != "":
		return warn("Not enabled on", enable(need.Config, need.Host, need.Cost)), ""
	}
	return warn(title+": not exported by",
		fmt.Sprintf("The answer has no %s: check that the target is a Falco of version %s or later.", need.Metric, d.catalogue.Reading.OldestVersion)), ""
}

// enable says how to switch something on, and what that costs.
func enable(config, host, cost string) string {
	text := "Set " + config + " to true in falco.yaml"
	if host != "" {
		text += " and, on the host, " + host
	}
	text += "."
	if cost != "" {
		text += " Cost: " + sentence(cost)
	}
	return text
}

// sentence gives a text one full stop at its end.
func sentence(text string) string {
	return strings.TrimSuffix(strings.TrimSpace(text), ".") + "."
}

// unknownValues names the targets whose metric has, at the end of the range, the value that stands for
// "unknown".
func (d *Instance) unknownValues(ctx context.Context, a *asked, need signals.Need) []string {
	if need.UnknownValue == nil {
		return nil
	}
	expr := need.Metric + " == " + strconv.FormatFloat(need.UnknownValue.Value, 'g', -1, 64)
	q, err := d.engine.NewInstantQuery(ctx, d.fleet.Queryable(), nil, expr, a.times.end)
	if err != nil {
		return nil
	}
	defer q.Close()
	vector, err := q.Exec(ctx).Vector()
	if err != nil {
		return nil
	}
	var names []string
	for _, t := range a.targets.all {
		if slices.ContainsFunc(vector, func(s promql.Sample) bool { return sameNode(s.Metric, t.Labels) }) {
			names = append(names, a.targets.name(t))
		}
	}
	return names
}

func sameNode(a, b labels.Labels) bool {
	return !slices.ContainsFunc(identity, func(name string) bool { return a.Get(name) != b.Get(name) })
}
