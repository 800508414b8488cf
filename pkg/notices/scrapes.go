package notices

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// needsTwoScrapes reports whether a signal compares samples within a window.
func needsTwoScrapes(s *signals.Signal) bool { return strings.Contains(s.Expr, "$window") }

// NotYetTwoScrapes is the cause for targets that have had one scrape.
func NotYetTwoScrapes(r *request.Request) Cause {
	return Info("Not yet two scrapes of", fmt.Sprintf("Rates start with the second scrape, within %s.", signals.FormatDuration(r.Settings.Interval)))
}

// TooFewScrapes returns a cause if a target did not respond often enough for a value of a signal, at any step of the query:
// twice within the window, or once if the signal has none. Whatever else a signal says about missing values only applies
// to targets with enough scrapes. Signals of received alerts do not depend on scrapes.
func TooFewScrapes(ctx context.Context, r *request.Request, qc *request.QueryContext, s *signals.Signal, window time.Duration, t target.Status) (c Cause, few bool) {
	if slices.ContainsFunc(s.Needs, func(n signals.Need) bool { return n.From == signals.FromReceiver }) {
		return Cause{}, false
	}
	up := fmt.Sprintf("up{%s!=%q}", target.KindLabel, target.KindNodeExporter)
	expr, needed := fmt.Sprintf("max by (cluster, node) (%s)", up), 1.0
	if needsTwoScrapes(s) && window > 0 {
		if t.Scrapes < 2 {
			return NotYetTwoScrapes(r), true
		}
		expr, needed = fmt.Sprintf("max by (cluster, node) (sum_over_time(%s[%s]))", up, signals.FormatDuration(window)), 2
	}
	responses, _, err := r.Points(ctx, expr, qc)
	if err != nil {
		return Cause{}, false
	}
	most := 0.0
	for _, p := range responses[target.NodeOf(t.Labels)] {
		most = max(most, p.Value)
	}
	switch {
	case most >= needed:
		return Cause{}, false
	case most > 0:
		return Info(fmt.Sprintf("Fewer than two scrapes within %s of", signals.FormatDuration(window)), "Rates need two successful scrapes within the window."), true
	case qc.Query.Instant:
		return Info("No metrics at "+r.Clock(qc.Times.End)+" from", "The node was not scraped then, or did not respond."), true
	}
	return Info("No metrics within this range from", "The node was not scraped then, or did not respond."), true
}
