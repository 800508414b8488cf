// Package notices explains why a panel shows less than its viewer may expect, in terms of what an operator can change.
package notices

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
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

const noTarget = "No target matches the filters of this query, or discovery has found none yet. The health check of the data source lists the configured targets."

// ForFigures returns the notices of a query for signals or PromQL. An empty panel always has one. Notices that make all
// values wrong come first, then reasons for missing values. Unreadable lines come last, and only if they may be a reason.
func ForFigures(ctx context.Context, r *request.Request, qc *request.QueryContext) []data.Notice {
	why := NewGroups(qc.Targets)
	for _, result := range qc.Results {
		if result.Signal != nil {
			MissingNodes(ctx, r, why, qc, result)
		}
	}
	var out []data.Notice
	empty := !slices.ContainsFunc(qc.Results, func(result frames.Result) bool { return len(withValue(result)) > 0 })
	troubles := states(r, qc.Targets, ranked(qc), empty).Notices()
	for len(troubles) > 0 && troubles[0].Severity == data.NoticeSeverityError {
		out, troubles = append(out, troubles[0]), troubles[1:]
	}
	out = append(out, qc.UniqueNotices()...)
	out = append(out, clocksAhead(ctx, r, qc).Notices()...)
	out = append(out, SharedKernels(ctx, r, qc)...)
	out = append(out, why.Notices()...)
	info := func(text string) {
		if text != "" {
			out = append(out, data.Notice{Severity: data.NoticeSeverityInfo, Text: text})
		}
	}
	if qc.Results[0].Signal == nil && empty {
		info(emptyExpression(ctx, r, qc))
	}
	out = append(out, troubles...)
	if qc.Results[0].Signal != nil && len(qc.Targets.All) == 0 && len(why.order) == 0 {
		info(noTarget)
	}
	for _, result := range qc.Results {
		if result.Signal != nil && result.Window > 0 && result.Window < 2*qc.Times.Scrape {
			info(fmt.Sprintf("The window of %s contains fewer than two scrapes: the scrape interval is %s. Rates need a window of at least %s.",
				signals.FormatDuration(result.Window), signals.FormatDuration(qc.Times.Scrape), signals.FormatDuration(4*qc.Times.Scrape)))
			break
		}
	}
	low := lowRates(ctx, r, qc)
	info(low)
	if low == "" {
		info(unevenScrapes(ctx, r, qc))
	}
	if low == "" || !qc.Query.Instant {
		begin := qc.Begin()
		if qc.Query.Instant {
			begin = qc.Times.End.Add(-qc.Results[0].Window)
		}
		begin = begin.Add(qc.Times.Step + 2*qc.Times.Scrape - qc.Compare)
		short := ShortHistory(r, begin)
		// A graph that begins late is right where it has values. The mark of the start and the checks tell when that is.
		if qc.Query.Instant || qc.Compare > 0 || empty || nearlyEmpty(r, qc) {
			info(short)
		}
		if short == "" && !qc.Query.Instant {
			info(lateNodes(ctx, r, qc, begin))
		}
	}
	return append(out, LostLinesOfFigures(r, qc)...)
}

// nearlyEmpty reports whether the history covers so little of a range that its graph looks empty.
func nearlyEmpty(r *request.Request, qc *request.QueryContext) bool {
	return qc.Times.End.Sub(r.Executor.HistoryStart()) < qc.Times.Length/100
}

// ranked returns the targets without those that have values but are not among the worst that a panel shows.
func ranked(qc *request.QueryContext) []target.Status {
	return slices.DeleteFunc(slices.Clone(qc.Targets.All), func(t target.Status) bool { return qc.Ranking.Hides(target.NodeOf(t.Labels), true) })
}

// targetsWithoutValue returns the targets that have no value in any result. It is empty if the results are not by node.
func targetsWithoutValue(qc *request.QueryContext) (out []target.Status) {
	valued, other := map[target.Node]bool{}, false
	for _, result := range qc.Results {
		for _, l := range withValue(result) {
			valued[target.NodeOf(l)] = true
			other = other || !l.Has("node") || result.Signal != nil && !byNode(qc, result)
		}
	}
	for _, t := range qc.Targets.All {
		if n := target.NodeOf(t.Labels); !other && !valued[n] && !qc.Ranking.Hides(n, true) {
			out = append(out, t)
		}
	}
	return out
}

// ForRange returns the notices of query types that evaluate the range as a whole.
func ForRange(r *request.Request, qc *request.QueryContext) []data.Notice {
	out := ForTargets(r, qc)
	if text := ShortHistory(r, qc.Begin().Add(2*qc.Times.Scrape)); text != "" {
		out = append(out, data.Notice{Severity: data.NoticeSeverityInfo, Text: text})
	}
	return out
}

// ForSource returns the notices about the data source as a whole: what is wrong with the targets, when the history starts if
// that is after begin, and which lines could not be read. One panel of a dashboard has them.
func ForSource(r *request.Request, qc *request.QueryContext, begin time.Time) []data.Notice {
	out := ForTargets(r, qc)
	if text := ShortHistory(r, begin); text != "" {
		out = append(out, data.Notice{Severity: data.NoticeSeverityInfo, Text: text})
	}
	return append(out, UnreadableLines(r, qc.Targets, qc.Targets.All).Notices()...)
}

// ForTargets returns the notices of query types without signals: what is wrong with the targets.
func ForTargets(r *request.Request, qc *request.QueryContext) []data.Notice {
	out := append(qc.UniqueNotices(), ForStates(r, qc.Targets.All).Notices()...)
	if len(qc.Targets.All) == 0 {
		out = append(out, data.Notice{Severity: data.NoticeSeverityInfo, Text: noTarget})
	}
	return out
}

// MissingNodes adds the nodes that are up but have no value for a signal, with the reason.
func MissingNodes(ctx context.Context, r *request.Request, g *Groups, qc *request.QueryContext, result frames.Result) {
	valued, byNode := valuedNodes(ctx, r, qc, result)
	reads := sync.OnceValue(func() []string { return RequiredMetrics(result.Expr) })
	if c, missing := MissingKind(r, result.Signal.TargetKind); missing {
		g.Add(c, "")
	}
	for _, t := range qc.Targets.All {
		if t.State != target.Up || t.Kind != result.Signal.TargetKind || qc.Ranking.Hides(target.NodeOf(t.Labels), result.Signal == qc.Results[0].Signal) {
			continue
		}
		name := qc.Targets.Name(t)
		if c, detail, lacks := MissingRequirement(ctx, r, result.Signal, t, qc.Times.End); lacks {
			g.Add(c, name+detail)
			continue
		}
		if needsTwoScrapes(result.Signal) && t.Scrapes < 2 {
			g.Add(NotYetTwoScrapes(r), name)
			continue
		}
		settled := t.Scrapes >= 2 && t.Metrics != nil && t.FirstScrape.Before(qc.Times.End)
		if !byNode || !settled || valued[target.NodeOf(t.Labels)] {
			continue
		}
		if c, few := TooFewScrapes(ctx, r, qc, result.Signal, result.Window, t); few {
			g.Add(c, name)
			continue
		}
		g.Add(absent(r, result, reads(), t), name)
	}
}

// byNode reports whether each series of a signal belongs to one node.
func byNode(qc *request.QueryContext, result frames.Result) bool {
	by := qc.Query.GroupBy
	if by == nil {
		by = result.Signal.GroupBy.Default
	}
	return slices.Contains(by, "$identity") || !slices.ContainsFunc(target.IdentityLabels, func(name string) bool { return !slices.Contains(by, name) })
}

// valuedNodes returns the nodes that have a value for a signal. For totals and groups of nodes it evaluates the signal per
// node if that is the signal's default; otherwise the nodes are not known.
func valuedNodes(ctx context.Context, r *request.Request, qc *request.QueryContext, result frames.Result) (nodes map[target.Node]bool, known bool) {
	values := withValue(result)
	nodes = map[target.Node]bool{}
	if len(values) > 0 && !byNode(qc, result) {
		if !slices.Equal(result.Signal.GroupBy.Default, []string{"$identity"}) {
			return nodes, false
		}
		each := *qc
		each.Query.Instant, each.Query.GroupBy = true, nil
		single, err := r.Compile(result.Signal.ID, &each, qc.Filters, qc.Query.Window)
		if err != nil {
			return nodes, false
		}
		found, err := r.EvaluateQuery(ctx, single.Expr, &each)
		if err != nil {
			return nodes, false
		}
		single.Value = found.Value
		values = withValue(single)
	}
	for _, l := range values {
		nodes[target.NodeOf(l)] = true
	}
	return nodes, true
}

// NoValue returns why a node that lacks nothing has no value, as the signal describes it.
func NoValue(s *signals.Signal) Cause {
	text, _, _ := strings.Cut(s.Description, ". ")
	c := Info(s.Title+": no value on", wording.Sentence(cmp.Or(s.NoValueReason, text)))
	c.negative = true
	return c
}

// absent names a metric that the expression needs and the target does not export.
func absent(r *request.Request, result frames.Result, reads []string, t target.Status) Cause {
	for _, metric := range reads {
		if r.MetricKind(metric) == t.Kind && !r.Catalogue.Receiver.Has(metric) && !target.Exports(t, metric, nil) {
			c := Info(fmt.Sprintf("%s: the metric %s is not in the response of", result.Signal.Title, metric), "")
			if result.Signal.NoValueReason != "" {
				c.Change = wording.Sentence(result.Signal.NoValueReason)
			}
			return c
		}
	}
	return NoValue(result.Signal)
}

// RequiredMetrics returns the metrics that an expression cannot do without, so not those of alternatives (or).
func RequiredMetrics(text string) (out []string) {
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

// withValue returns the labels of the series that have a value.
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

// ShortHistory says when the history starts if that is after begin.
func ShortHistory(r *request.Request, begin time.Time) string {
	since := r.Executor.HistoryStart()
	if since.IsZero() || !since.After(begin) {
		return ""
	}
	switch {
	case r.Executor.HistoryTrimmed():
		return fmt.Sprintf("Data starts at %s. Older samples were evicted because of retention.size. Raise it to keep more, up to retention.time.", r.Clock(since))
	case r.Now().Sub(since) >= r.Settings.Retention-time.Minute:
		return fmt.Sprintf("Data starts at %s. The history is kept for %s. Raise retention.time and retention.size to keep more.",
			r.Clock(since), signals.FormatDuration(r.Settings.Retention))
	}
	return fmt.Sprintf("Data starts at %s. The history is kept in memory: it starts when the data source is first used, and again when Grafana or the plugin restarts.", r.Clock(since))
}

// emptyExpression says why PromQL written by hand may have returned nothing, such as a metric that no target exports.
func emptyExpression(ctx context.Context, r *request.Request, qc *request.QueryContext) string {
	fresh := NewGroups(qc.Targets)
	for _, t := range qc.Targets.All {
		if t.State == target.Up && t.Scrapes < 2 {
			fresh.Add(NotYetTwoScrapes(r), qc.Targets.Name(t))
		}
	}
	if len(fresh.order) > 0 {
		return fresh.Sentence()
	}
	var missing, received []string
	for _, metric := range metricsIn(qc.Results[0].Expr) {
		switch {
		case slices.Contains(slices.Concat(missing, received), metric):
		case r.Catalogue.Receiver.Writes(metric) && r.Settings.Receiver.Enabled: // may have no series yet
		case r.HasMetric(ctx, metric):
		case r.Catalogue.Receiver.Writes(metric):
			received = append(received, metric)
		default:
			missing = append(missing, metric)
		}
	}
	if len(received) > 0 {
		return "The expression returned no value: the alert receiver, which is off, writes " + wording.List(received) + ". Turn it on in the settings of the data source (receiver.enabled), and let Falco send its alerts there."
	}
	if len(missing) > 0 {
		return "The expression returned no value: no target exports " + wording.List(missing) + " now. Check the spelling, or what is enabled in falco.yaml."
	}
	return "The expression returned no value in this range."
}
