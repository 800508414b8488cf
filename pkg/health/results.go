// Package health answers health checks of the data source and health queries: every check of the catalogue on every node.
package health

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/inventory"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/notices"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

// verdictValues are the verdicts as numbers, which panels map and alert rules compare.
var verdictValues = map[string]float64{"ok": 0, "warning": 1, "critical": 2, "unknown": -1}

// severityRank orders verdicts, the worst first.
var severityRank = map[string]int{"critical": 0, "warning": 1, "unknown": 2, "ok": 3}

// checkResult is one check on one node at an instant.
type checkResult struct {
	*evaluatedCheck
	node    target.Node
	labels  labels.Labels // the target's
	value   *float64
	verdict string
	partial bool     // it would be ok, but the history does not cover the window
	why     string   // why the verdict is unknown
	said    string   // the status message of a target that is not up
	cause   string   // the cause of that status
	change  string   // the first step
	steps   []string // all steps with reasons and costs, the first one first
	differs string   // which files differ, for a check of files
}

// results applies every check to every node, the worst first.
func results(ctx context.Context, r *request.Request, qc *request.QueryContext, checks []*evaluatedCheck) []checkResult {
	var out []checkResult
	for _, j := range checks {
		seen := map[target.Node]bool{}
		for _, t := range j.scope.TargetsByNode(j.kind) {
			f := checkResult{evaluatedCheck: j, node: target.NodeOf(t.Labels), labels: t.Labels}
			if _, off := notices.StateCauses[t.State]; off {
				f.said, f.cause = t.Message, strings.ReplaceAll(string(t.Cause), "-", " ")
			}
			seen[f.node] = true
			if judge(&f, qc.Times.End); f.verdict == "unknown" {
				if j.Optional || doesNotApply(ctx, r, j.signal, *t, qc.Times.End) {
					continue
				}
				f.why = why(ctx, r, qc, &f, *t)
			}
			out = append(out, f)
		}
		// Nodes that are no longer targets, and values of the whole fleet.
		for n := range j.values {
			f := checkResult{evaluatedCheck: j, node: n}
			if judge(&f, qc.Times.End); !seen[n] && j.scope.Contains(n) && f.verdict != "unknown" {
				out = append(out, f)
			}
		}
	}
	slices.SortStableFunc(out, worse)
	return out
}

// worse orders results: by verdict, by check in the order of the catalogue, by value, then by name.
func worse(x, y checkResult) int {
	return cmp.Or(cmp.Compare(severityRank[x.verdict], severityRank[y.verdict]), cmp.Compare(x.order, y.order), x.compareValue(y),
		frames.CompareNatural(x.node.Cluster, y.node.Cluster), frames.CompareNatural(x.node.Name, y.node.Name))
}

// compareValue compares bad values of a check, the worst first.
func (f checkResult) compareValue(other checkResult) int {
	if !f.needsAdvice() || f.value == nil || other.value == nil {
		return 0
	}
	if f.Worst == "min" {
		return cmp.Compare(*f.value, *other.value)
	}
	return cmp.Compare(*other.value, *f.value)
}

// doesNotApply reports whether a check can never have a value on a target: a Falco with nothing but plugin sources lacks
// most metrics for good. The health check says so once.
func doesNotApply(ctx context.Context, r *request.Request, s *signals.Signal, t target.Status, at time.Time) bool {
	if t.State != target.Up || !r.Catalogue.Reading.OnlyLastEngine(t.Facts) {
		return false
	}
	_, _, lacks := notices.MissingRequirement(ctx, r, s, t, at)
	return lacks
}

// judge fills in the value and the verdict at a time.
func judge(f *checkResult, at time.Time) {
	f.verdict = "unknown"
	value, known := request.Last(f.values[f.node])
	up, _ := request.Last(f.alive[f.node])
	level := verdictOf(f.evaluatedCheck, value, known, up == 1)
	f.partial = level == "ok" && !f.seenWhole(at)
	if level != "unknown" && !f.partial {
		f.value, f.verdict = &value, level
	}
}

// seenWhole reports whether the history covers the window of the check at a time. What the history does not cover may hold
// what the check looks for, so that nothing found is not ok then.
func (j *evaluatedCheck) seenWhole(at time.Time) bool {
	return j.Window == "" || j.since.IsZero() || !j.since.After(at.Add(j.slack-j.window))
}

// verdictOf returns the verdict for a value. If the node is down, its window may still hold good values from before; those
// do not make it ok. Bad values stay bad.
func verdictOf(j *evaluatedCheck, value float64, known, alive bool) string {
	if !known {
		return "unknown"
	}
	level := cmp.Or(frames.Level(j.signal, value), "unknown")
	if level == "ok" && !alive && len(j.signal.Needs) > 0 {
		return "unknown"
	}
	return level
}

// why returns the reason of an unknown verdict, in terms of what an operator can change.
func why(ctx context.Context, r *request.Request, qc *request.QueryContext, f *checkResult, t target.Status) string {
	one := notices.NewGroups(target.NewSet([]target.Status{t}))
	name := one.Targets.Name(t)
	said := func(c notices.Cause, detail string) string {
		one.Add(c, name+detail)
		return one.Sentence()
	}
	if c, known := notices.StateCauses[t.State]; known {
		return said(notices.WithMessage(c, t), "")
	}
	if c, detail, lacks := notices.MissingRequirement(ctx, r, f.signal, t, qc.Times.End); lacks {
		return said(c, detail)
	}
	if up, _ := request.Last(f.alive[f.node]); up != 1 {
		return said(notices.Info("No metrics at "+r.Clock(qc.Times.End)+" from", "The node was not scraped then, or did not answer."), "")
	}
	if f.partial {
		return notices.ShortHistory(r, time.Time{}) + fmt.Sprintf(" This check covers %s.", frames.WithUnit("s", f.window.Seconds()))
	}
	at := *qc
	at.Query.Instant = true
	if c, few := notices.TooFewScrapes(ctx, r, &at, f.signal, f.window, t); few {
		return said(c, "")
	}
	return said(notices.NoValue(f.signal), "")
}

// nameFiles fills in which files differ, for checks of files that found a difference.
func nameFiles(ctx context.Context, r *request.Request, qc *request.QueryContext, findings []checkResult) error {
	byColumn := map[string]map[target.Node]string{}
	for i := range findings {
		f := &findings[i]
		if f.Column == "" || !f.needsAdvice() {
			continue
		}
		if byColumn[f.Column] == nil {
			var err error
			if byColumn[f.Column], err = inventory.FileDifferences(ctx, r, qc, f.scope, f.Column); err != nil {
				return err
			}
		}
		f.differs = byColumn[f.Column][f.node]
	}
	return nil
}

// advise fills in what to change where a verdict is warning or critical: the advice whose condition holds on the node, in
// the order of the catalogue.
func advise(ctx context.Context, r *request.Request, qc *request.QueryContext, findings []checkResult) error {
	conditions, err := adviceConditions(ctx, r, qc, findings)
	if err != nil {
		return err
	}
	for i := range findings {
		f := &findings[i]
		if !f.needsAdvice() {
			continue
		}
		if f.said != "" && f.isAboutUp() {
			f.change, f.steps = f.said, []string{f.said} // more specific than the general advice
			continue
		}
		var first string
		for j := range f.Advice {
			advice := &f.Advice[j]
			if advice.When != "" {
				held, _, err := r.Points(ctx, conditions[advice], qc)
				if err != nil {
					return err
				}
				if len(held[f.node]) == 0 {
					continue
				}
			}
			first = cmp.Or(first, advice.Change)
			f.steps = append(f.steps, advised(advice.Why, advice.Change, advice.Cost))
		}
		if len(f.steps) == 0 { // no condition holds: use the general advice of the signal
			for _, advice := range f.signal.Advice {
				first = cmp.Or(first, advice.Change)
				f.steps = append(f.steps, advised(advice.When, advice.Change, advice.Cost))
			}
		}
		if first != "" {
			f.change = wording.Sentence(first)
		}
	}
	return nil
}

func (f checkResult) needsAdvice() bool { return f.verdict == "warning" || f.verdict == "critical" }

// adviceConditions returns the expressions of the conditions of all advice that is needed, and evaluates them.
func adviceConditions(ctx context.Context, r *request.Request, qc *request.QueryContext, findings []checkResult) (map[*signals.CheckAdvice]string, error) {
	conditions := map[*signals.CheckAdvice]string{}
	for i := range findings {
		f := &findings[i]
		if !f.needsAdvice() {
			continue
		}
		for j := range f.Advice {
			advice := &f.Advice[j]
			if advice.When == "" || conditions[advice] != "" {
				continue
			}
			expr, _, err := r.CompileTemplate(f.ID, advice.When, cmp.Or(f.Window, qc.Query.Window), f.scope, qc)
			if err != nil {
				return nil, failure.User(err)
			}
			conditions[advice] = expr
		}
	}
	r.Prefetch(ctx, slices.Collect(maps.Values(conditions)), qc)
	return conditions, nil
}

// isAboutUp reports whether the check only asks whether the target is up.
func (f checkResult) isAboutUp() bool {
	return slices.Equal(notices.RequiredMetrics(f.expr), []string{"up"})
}

func advised(why, change, cost string) string {
	text := wording.Sentence(why) + " " + wording.Sentence(change)
	if cost != "" {
		text += " Cost: " + wording.Sentence(cost)
	}
	return text
}
