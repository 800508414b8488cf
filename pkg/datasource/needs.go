package datasource

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// lacks is what a signal lacks on a target that answers, or did when it last answered; detail goes behind the
// target's name. First the engine is looked at, then the version, then the switch is named.
func (r *request) lacks(ctx context.Context, s *signals.Signal, t scrape.Status, at time.Time) (c cause, detail string, lacks bool) {
	for _, need := range s.Needs {
		if need.From != "" {
			if !r.exec.holds(ctx, need.Metric) {
				c = note(s.Title+": not known for", fmt.Sprintf("It takes a store that has the figures of %s (docs/scaling-out.md).", need.From))
				c.negative = true
				return c, "", true
			}
			continue
		}
		if kind := r.kindOfMetric(need.Metric); kind != "" && kind != t.Kind {
			// Of the other kind it is enough that there is one: its counters begin with the first event.
			if !slices.ContainsFunc(r.targets(), func(other scrape.Status) bool { return other.Kind == kind }) {
				c = note(fmt.Sprintf("%s: no %s is scraped for", s.Title, kind), fmt.Sprintf(r.exec.words().missingKind, kind))
				c.negative = true
				return c, "", true
			}
			continue
		}
		if t.Metrics != nil && !has(t, need.Metric, need.AnyOf) {
			c, detail = r.lack(s.Title, need, t)
			return c, detail, true
		}
		if need.UnknownValue != nil && r.unknownValues(ctx, need, at)[nodeOf(t.Labels)] {
			return warn(s.Title+": unknown on", sentence(need.UnknownValue.Because)+" "+sentence(need.UnknownValue.Change)), "", true
		}
	}
	return cause{}, "", false
}

func has(t scrape.Status, metric string, anyOf []string) bool {
	exports := func(m string) bool {
		return t.Metrics[m] || slices.ContainsFunc(t.Gauges, func(g scrape.Gauge) bool { return g.Name == m })
	}
	return exports(metric) || slices.ContainsFunc(anyOf, exports)
}

// lack is why a target has no metric, and what to say beside its name.
func (d *Instance) lack(title string, need signals.Need, t scrape.Status) (c cause, detail string) {
	engine, version := t.Facts["engine"], t.Facts["version"]
	subject := cmp.Or(need.Config, title)
	if setting := d.setting(need.Metric); setting != "" {
		return note(title+": not known for", fmt.Sprintf("Set %s in the data source's settings.", setting)), ""
	}
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

// setting is what a metric is written from, in words; empty for what is scraped.
func (d *Instance) setting(metric string) string {
	for _, g := range d.catalogue.TargetGauges {
		if g.Metric == metric {
			return fmt.Sprintf(d.exec.words().targetSetting, g.Setting)
		}
	}
	for _, b := range d.catalogue.Baselines {
		if b.Metric == metric {
			return "expected." + b.Setting
		}
	}
	return ""
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

// unknownValues are the nodes whose metric has the value that stands for "unknown".
func (r *request) unknownValues(ctx context.Context, need signals.Need, at time.Time) map[node]bool {
	expr := need.Metric + " == " + strconv.FormatFloat(need.UnknownValue.Value, 'g', -1, 64)
	nodes := map[node]bool{}
	found, err := r.at(ctx, expr, at)
	if vector, ok := found.value.(promql.Vector); ok && err == nil {
		for _, s := range vector {
			nodes[nodeOf(s.Metric)] = true
		}
	}
	return nodes
}

// node is who a sample is from.
type node struct{ cluster, name string }

func nodeOf(l labels.Labels) node { return node{l.Get("cluster"), l.Get("node")} }
