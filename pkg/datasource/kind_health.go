package datasource

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// health answers queries of type health: every check of the catalogue on every node, judged.
//
//	signals   restricts the checks: ids of checks or of their signals
//	filters   restrict the nodes: identity, target labels, groupings
//	by        what is kept apart: cluster, node, dimension, check, target labels; what shares the rest is one row with
//	          the worst verdict. Without it all four; ["dimension"] is a verdict for each dimension of the fleet,
//	          ["$identity", "dimension"] one for each dimension of each node, [] a single one
//	limit     leaves only so many rows or numbers, the worst; not over a range
//	format    table: one row each, the worst first. timeseries: numbers with the labels of `by`, for panels and alert
//	          rules: ok 0, warning 1, critical 2, unknown -1; at an instant, or over the range where instant is false,
//	          in 100 steps at most
//
// Of several verdicts the worst is critical, then warning, then unknown, then ok: nothing is green of which a part is
// unknown. A node that does not answer is never ok by figures from before.
func (r *request) health(ctx context.Context, a *asked) (data.Frames, error) {
	s, err := r.scope(a)
	if err != nil {
		return nil, err
	}
	by, err := r.healthBy(a.query.GroupBy)
	if err != nil {
		return nil, userError{err}
	}
	if !a.query.Instant {
		a.times = a.times.coarse(verdictSteps)
	}
	checks, err := r.checks(ctx, a, s)
	if err != nil {
		return nil, err
	}
	notices := r.plainNotices(a)
	var longest time.Duration
	for _, j := range checks {
		longest = max(longest, j.window)
	}
	if text := r.shortHistory(a.times.start.Add(2*a.times.scrape - longest)); text != "" {
		notices = append(notices, data.Notice{Severity: data.NoticeSeverityInfo, Text: text})
	}
	switch {
	case !a.query.Instant:
		return r.healthOver(a, checks, by, notices)
	case a.query.Format != "table":
		return r.healthNumbers(a, r.findings(ctx, a, checks), by, notices)
	case slices.Contains(by, "check") && slices.Contains(by, "node"):
		findings := limited(r.findings(ctx, a, checks), a.query.Limit)
		if err := r.advise(ctx, a, findings); err != nil {
			return nil, err
		}
		return r.healthTable(findings, notices), nil
	}
	return r.healthSummary(a, r.findings(ctx, a, checks), by, notices), nil
}

// verdictSteps bounds what a range costs: every check at every step, on every node.
const verdictSteps = 100

// healthLabels are what a verdict can be kept apart by, besides target labels.
var healthLabels = []string{"cluster", "node", "dimension", "check"}

func (r *request) healthBy(by []string) ([]string, error) {
	if by == nil {
		return healthLabels, nil
	}
	allowed := slices.Concat(healthLabels, r.settings.targetLabels)
	var out []string
	for _, name := range by {
		if name == "$identity" {
			out = append(out, identity...)
			continue
		}
		if !slices.Contains(allowed, name) {
			slices.Sort(allowed)
			return nil, fmt.Errorf("health cannot be grouped by %q; allowed: %s", name, strings.Join(allowed, ", "))
		}
		out = append(out, name)
	}
	return out, nil
}

// judged is a check and what its signal, and `up` beside it, gave.
type judged struct {
	*signals.Check
	signal *signals.Signal
	kind   string // of the targets that have it
	scope  scope
	order  int // by dimension, then as in the catalogue
	expr   string
	window time.Duration // that it looks back over
	values map[node][]point
	alive  map[node][]point
}

// checks evaluates the checks that a query asks for.
func (r *request) checks(ctx context.Context, a *asked, s scope) ([]judged, error) {
	var (
		out []judged
		ups []string // beside each
		all []string
	)
	for i := range r.catalogue.Checks {
		c := &r.catalogue.Checks[i]
		if len(a.query.Signals) > 0 && !slices.Contains(a.query.Signals, c.ID) && !slices.Contains(a.query.Signals, c.Signal) {
			continue
		}
		signal, err := r.catalogue.Signal(c.Signal)
		if err != nil {
			return nil, fmt.Errorf("check %q: %w", c.ID, err)
		}
		j := judged{Check: c, signal: signal, kind: signal.TargetKind}
		j.scope = r.of(signal, s)
		j.order = 1000*slices.IndexFunc(r.catalogue.Dimensions, func(d signals.Dimension) bool { return d.ID == signal.Dimension }) + i
		if j.expr, j.window, err = r.checkExpr(j, a); err != nil {
			return nil, userError{err}
		}
		up, _, err := r.template("up", upOf(j.kind), "", j.scope, a)
		if err != nil {
			return nil, userError{err}
		}
		out, ups, all = append(out, j), append(ups, up), append(all, j.expr, up)
	}
	r.ahead(ctx, all, a)
	for i := range out {
		var err error
		j := &out[i]
		if j.values, j.expr, err = r.points(ctx, j.expr, a); err != nil {
			return nil, err
		}
		if j.signal.ClusterScoped && len(j.scope.nodes(j.kind)) > len(s.nodes(j.kind)) {
			j.values = nil // of some nodes nothing is said that is about all of them
		}
		if j.alive, _, err = r.points(ctx, ups[i], a); err != nil {
			return nil, err
		}
	}
	for _, id := range a.query.Signals {
		if !slices.ContainsFunc(out, func(j judged) bool { return j.ID == id || j.Signal == id }) {
			return nil, userError{fmt.Errorf("no check has the id %q or judges a signal of that id", id)}
		}
	}
	slices.SortStableFunc(out, func(x, y judged) int { return cmp.Compare(x.order, y.order) })
	return out, nil
}

// upOf is the template of `up` of a kind of targets: on Falcos the scraper writes no label `kind`.
func upOf(kind string) string {
	if kind == scrape.KindFalco {
		kind = ""
	}
	return fmt.Sprintf("up{kind=%q,$filter}", kind)
}

// checkExpr is a check's PromQL: one value a node, the worst where its signal has several.
func (r *request) checkExpr(j judged, a *asked) (expr string, length time.Duration, err error) {
	window := cmp.Or(j.Window, a.query.Window)
	expr, length, err = r.catalogue.Compile(j.signal, nil, j.scope.own, a.times.expand(window), r.options(a))
	if err != nil || slices.Equal(j.signal.GroupBy.Default, []string{"$identity"}) {
		return expr, length, err
	}
	return fmt.Sprintf("%s by (%s) (%s)", j.Worst, strings.Join(identity, ", "), expr), length, nil
}
