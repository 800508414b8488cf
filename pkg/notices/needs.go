package notices

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

// SwitchApplies reports whether a target's engine and version support what a switch turns on.
func SwitchApplies(sw signals.Switch, s target.Status) bool {
	return !signals.OlderVersion(s.Facts["version"], sw.Since) && (len(sw.Engines) == 0 || slices.Contains(sw.Engines, s.Facts["engine"]))
}

// MissingRequirement returns what a signal needs and a target lacks, if anything. It applies to targets that are up, and to
// what other targets had when they were last up. detail follows the target's name. The engine is checked before the
// version, and the version before the switch.
func MissingRequirement(ctx context.Context, r *request.Request, s *signals.Signal, t target.Status, at time.Time) (c Cause, detail string, lacks bool) {
	for _, need := range s.Needs {
		if need.From == signals.FromReceiver {
			if !r.Settings.Receiver.Enabled && !r.HasMetric(ctx, need.Metric) {
				c = Info(s.Title+": not measured for", "Turn on the alert receiver in the settings of the data source (receiver.enabled), and let Falco send its alerts there.")
				c.negative = true
				return c, "", true
			}
			continue
		}
		if need.From != "" {
			if !r.HasMetric(ctx, need.Metric) {
				c = Info(s.Title+": not available for", fmt.Sprintf("It requires Prometheus mode with the metrics of %s (docs/scaling-out.md).", need.From))
				c.negative = true
				return c, "", true
			}
			continue
		}
		if need.Collector != "" {
			if c, detail, lacks := missingFromNode(ctx, r, s, need, t, at); lacks {
				return c, detail, true
			}
			continue
		}
		if kind := r.MetricKind(need.Metric); kind != "" && kind != t.Kind {
			// One target of the other kind is enough, because its counters appear with the first event.
			if !slices.ContainsFunc(r.Targets(), func(other target.Status) bool { return other.Kind == kind }) {
				c = Info(fmt.Sprintf("%s: no %s is scraped for", s.Title, r.Catalogue.Reading.Scraping.Endpoint(kind).Title), fmt.Sprintf(r.Executor.Messages().MissingKind, kind))
				c.negative = true
				return c, "", true
			}
			continue
		}
		if t.Metrics != nil && !target.Exports(t, need.Metric, need.AnyOf) {
			c, detail = missingMetric(r, s.Title, need, t)
			return c, detail, true
		}
		if need.UnknownValue != nil && unknownValues(ctx, r, need, at)[target.NodeOf(t.Labels)] {
			return Warning(s.Title+": unknown on", wording.Sentence(need.UnknownValue.Because)+" "+wording.Sentence(need.UnknownValue.Change)), "", true
		}
	}
	return Cause{}, "", false
}

// MissingKind returns a cause if there is no target of a kind without which something is unknown: what that is, and how to
// add one.
func MissingKind(r *request.Request, kind string) (c Cause, missing bool) {
	endpoint := r.Catalogue.Reading.Scraping.Endpoint(kind)
	if endpoint.Unseen == "" || slices.ContainsFunc(r.Targets(), func(t target.Status) bool { return t.Kind == kind }) {
		return Cause{}, false
	}
	return Info("No "+endpoint.Title+" is among the targets", wording.Sentence(endpoint.Unseen)+" "+fmt.Sprintf(r.Executor.Messages().MissingKind, kind)), true
}

// missingMetric returns why a target lacks a metric, and a detail for its name.
func missingMetric(r *request.Request, title string, need signals.Need, t target.Status) (c Cause, detail string) {
	engine, version := t.Facts["engine"], t.Facts["version"]
	subject := cmp.Or(need.Config, title)
	if setting := settingOf(r, need.Metric); setting != "" {
		return Info(title+": not available for", fmt.Sprintf("Set %s in the data source's settings.", setting)), ""
	}
	switch {
	case len(need.Engines) > 0 && engine != "" && !slices.Contains(need.Engines, engine):
		return Info("Not supported by the engine of",
			fmt.Sprintf("%s is only available with %s.", subject, strings.Join(need.Engines, ", "))), " (" + engine + ")"
	case signals.OlderVersion(version, need.Since):
		return Info("Not supported by the Falco version of",
			fmt.Sprintf("%s requires Falco %s or later.", subject, need.Since)), " (" + version + ")"
	case need.Config != "" && switchedOn(r, need.Config, t):
		return Warning(title+": not exported by",
			fmt.Sprintf("The response has no %s, although %s is on.", need.Metric, need.Config)), ""
	case need.Config != "":
		return Warning("Not enabled on", EnableSwitch(need.Config, need.Host, need.Cost)), ""
	}
	return Warning(title+": not exported by",
		fmt.Sprintf("The response has no %s: check that the target is a Falco of version %s or later.", need.Metric, r.Catalogue.Reading.OldestVersion)), ""
}

// switchedOn reports whether other metrics prove that a key of falco.yaml is on.
func switchedOn(r *request.Request, config string, t target.Status) bool {
	return slices.ContainsFunc(r.Catalogue.Switches, func(s signals.Switch) bool {
		return s.Config == config && target.Exports(t, s.Metric, s.AnyOf)
	})
}

// settingOf describes the setting that a metric is written from. It is empty for scraped metrics.
func settingOf(r *request.Request, metric string) string {
	for _, g := range r.Catalogue.TargetGauges {
		if g.Metric == metric {
			return fmt.Sprintf(r.Executor.Messages().TargetSetting, g.Setting)
		}
	}
	for _, b := range r.Catalogue.Baselines {
		if b.Metric == metric {
			return "baseline." + b.Setting
		}
	}
	return ""
}

// EnableSwitch says how to turn something on, and what it costs.
func EnableSwitch(config, host, cost string) string {
	text := "Set " + config + " to true in falco.yaml"
	if host != "" {
		text += " and, on the host, " + host
	}
	text += "."
	if cost != "" {
		text += " Cost: " + wording.Sentence(cost)
	}
	return text
}

// unknownValues returns the nodes on which a metric has the value that means "unknown".
func unknownValues(ctx context.Context, r *request.Request, need signals.Need, at time.Time) map[target.Node]bool {
	expr := need.Metric + " == " + strconv.FormatFloat(need.UnknownValue.Value, 'g', -1, 64)
	nodes := map[target.Node]bool{}
	found, err := r.EvaluateAt(ctx, expr, at)
	if vector, ok := found.Value.(promql.Vector); ok && err == nil {
		for _, s := range vector {
			nodes[target.NodeOf(s.Metric)] = true
		}
	}
	return nodes
}
