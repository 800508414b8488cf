package notices

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

// StateCauses explains the states of targets that are not up.
var StateCauses = map[target.State]Cause{
	target.Pending:      Info("Not scraped yet:", "The first values appear within seconds."),
	target.Starting:     Info("Starting:", ""),
	target.Down:         Warning("No metrics from", ""),
	target.Gone:         Warning("Left discovery:", ""),
	target.Duplicate:    Warning("Duplicate node:", ""),
	target.LoadBalancer: {Severity: data.NoticeSeverityError, What: "A load balancer responds for"},
}

// ForStates groups the targets that are not up, and problems with discovery.
func ForStates(r *request.Request, all []target.Status) *Groups {
	return states(r, target.NewSet(all), all, true)
}

// states is ForStates for some targets of a set, with or without the problems of discovery.
func states(r *request.Request, of target.Set, some []target.Status, discovery bool) *Groups {
	g := NewGroups(of)
	if since, why := r.Executor.TargetsOutdated(); !since.IsZero() {
		g.Add(Warning("The target list is from "+r.Clock(since), strings.TrimSpace("The Prometheus server cannot be queried since then. "+why)), "")
	}
	for _, s := range some {
		if c, known := StateCauses[s.State]; known {
			c = WithMessage(c, s)
			c.State = s.State
			if s.State == target.Down && len(of.All) == 1 && !s.LastUp.IsZero() {
				c.Change += " It last responded at " + r.Clock(s.LastUp) + "."
			}
			g.Add(c, of.Name(s))
		}
		if discovery {
			DiscoveryFailed(g, s)
		}
		crashed(g, s)
		countersFell(g, s)
		hostRenamed(g, s)
		stale(r, g, s)
		TooOld(r, g, s)
	}
	return g
}

// DiscoveryFailed adds a cause if discovery fails and the target's own message does not say so.
func DiscoveryFailed(g *Groups, s target.Status) {
	if s.Discovery != "" && s.Cause != target.Discovery && s.Cause != target.DNS {
		g.Add(Warning("Discovery of "+s.Configured+" has a problem", s.Discovery), "")
	}
}

// crashed adds a Falco that may have crashed while it was scraped, and is up again.
func crashed(g *Groups, s target.Status) {
	if s.State == target.Up && s.Cause == target.CrashedWhileScraped {
		g.Add(Warning("Falco has restarted on", s.Message), g.Targets.Name(s))
	}
}

// countersFell adds a target whose counters fell without a restart and have come back.
func countersFell(g *Groups, s target.Status) {
	if s.State == target.Up && s.Cause == target.CountersFell {
		g.Add(Warning("Wrong counters from", s.Message), g.Targets.Name(s))
	}
}

// hostRenamed adds a target whose host name has changed.
func hostRenamed(g *Groups, s target.Status) {
	if s.State == target.Up && s.Cause == target.HostRenamed {
		g.Add(Warning("Changed host name:", s.Message), g.Targets.Name(s))
	}
}

// WithMessage replaces the advice of a cause by the target's own message, if any.
func WithMessage(c Cause, s target.Status) Cause {
	c.Change = cmp.Or(s.Message, c.Change)
	return c
}

// stale adds a cause if the last scrape is too old, as happens when scraping resumes. Prometheus servers do not report when
// they scraped a target.
func stale(r *request.Request, g *Groups, s target.Status) {
	if s.State == target.Up && !s.LastScrape.IsZero() && r.Now().Sub(s.LastScrape) > 2*r.Settings.Interval+r.Settings.Timeout {
		g.Add(Warning("Outdated values from",
			"The last scrape was at "+r.Clock(s.LastScrape)+". Scraping pauses after six hours without queries and has just resumed."), g.Targets.Name(s))
	}
}

// UnreadableLines groups the targets whose last scrape contained lines that could not be read.
func UnreadableLines(r *request.Request, of target.Set, all []target.Status) *Groups {
	g := NewGroups(of)
	for _, s := range all {
		if s.Unreadable == 0 {
			continue
		}
		first := ""
		if len(s.Problems) > 0 {
			p := s.Problems[0]
			first = fmt.Sprintf(" The first is line %d: %s: %s", p.Line, p.Reason, wording.Sentence(p.Text))
		}
		g.Add(Info(fmt.Sprintf("%s could not be read in the response of", wording.Count(s.Unreadable, "line")), "All other lines are used."+first), of.Name(s))
	}
	return g
}

// LostLines tells of unreadable lines that may be why targets have no value: those that name one of the metrics. Only the
// first lines of many are known. The table of checks tells of all others, so that not every panel does.
func LostLines(r *request.Request, of target.Set, lacking []target.Status, metrics []string) []data.Notice {
	names := func(p target.Problem) bool {
		return slices.ContainsFunc(metrics, func(metric string) bool { return strings.Contains(p.Text, metric) })
	}
	var out []target.Status
	for _, t := range lacking {
		if t.Unreadable > len(t.Problems) || slices.ContainsFunc(t.Problems, names) {
			out = append(out, t)
		}
	}
	return UnreadableLines(r, of, out).Notices()
}

// LostLinesOfFigures is LostLines for the targets without a value in the results of a query.
func LostLinesOfFigures(r *request.Request, qc *request.QueryContext) []data.Notice {
	var metrics []string
	for _, result := range qc.Results {
		metrics = append(metrics, metricsIn(result.Expr)...)
	}
	return LostLines(r, qc.Targets, targetsWithoutValue(qc), metrics)
}

// metricsIn returns the names of the metrics that an expression reads.
func metricsIn(text string) (out []string) {
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		return nil
	}
	for _, matchers := range parser.ExtractSelectors(expr) {
		for _, m := range matchers {
			if m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual {
				out = append(out, m.Value)
			}
		}
	}
	return out
}

// TooOld adds a cause if the target runs an unsupported version of Falco.
func TooOld(r *request.Request, g *Groups, s target.Status) {
	version := s.Facts["version"]
	if signals.OlderVersion(version, r.Catalogue.Reading.OldestVersion) {
		g.Add(Warning("Falco is too old on",
			fmt.Sprintf("Signals may be missing or wrong: upgrade to Falco %s or later.", r.Catalogue.Reading.OldestVersion)), g.Targets.Name(s)+" ("+version+")")
	}
}
