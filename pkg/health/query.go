package health

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/notices"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/query"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// Answer answers queries of type health: every check of the catalogue on every node.
//
//	signals   restricts the checks: ids of checks or of their signals
//	filters   restrict the nodes: identity labels, target labels, groupings
//	groupBy   labels to group by: cluster, node, dimension, check, target labels. Each group has its worst verdict. The
//	          default is cluster, node, dimension and check. ["dimension"] is one verdict per dimension, [] is a single one
//	limit     the number of rows or values, the worst first; not over a range
//	format    table: one row per group, the worst first. timeseries: numbers with the labels of groupBy, for panels and
//	          alert rules: ok 0, warning 1, critical 2, unknown -1; at an instant, or over the range in at most 100 steps
//
// The worst verdict is critical, then warning, then unknown, then ok, so a group with an unknown part is never green. The
// verdict of a node that is down is never ok because of old values.
func Answer(ctx context.Context, r *request.Request, qc *request.QueryContext) (data.Frames, error) {
	s, err := r.ReadScope(qc)
	if err != nil {
		return nil, err
	}
	by, err := groupLabels(r, qc.Query.GroupBy)
	if err != nil {
		return nil, failure.User(err)
	}
	checks, err := checks(ctx, r, qc, s)
	if err != nil {
		return nil, err
	}
	told := func(findings []checkResult) []data.Notice { return sourceNotices(r, qc, checks, by, findings) }
	switch {
	case !qc.Query.Instant:
		return rangeFrames(r, qc, checks, by, told(nil))
	case qc.Query.Format != "table":
		findings := results(ctx, r, qc, checks)
		return healthNumbers(r, qc, findings, by, told(findings))
	}
	if slices.Contains(by, "check") && slices.Contains(by, "node") {
		findings := query.First(results(ctx, r, qc, checks), qc.Query.Limit)
		if err := nameFiles(ctx, r, qc, findings); err != nil {
			return nil, err
		}
		if err := advise(ctx, r, qc, findings); err != nil {
			return nil, err
		}
		return healthTable(r, findings, told(findings)), nil
	}
	findings := results(ctx, r, qc, checks)
	groups := query.First(grouped(findings, by), qc.Query.Limit)
	if slices.Contains(by, "check") {
		if err := adviseWorst(ctx, r, qc, groups); err != nil {
			return nil, err
		}
	}
	return healthSummary(r, groups, by, executed(findings), told(findings)), nil
}

// sourceNotices returns the notices about the whole data source, which one panel of a dashboard has: the table of checks, or
// the verdict over several checks. A verdict per dimension leaves them to the table below it, and that of a single check has
// them only if it is unknown.
func sourceNotices(r *request.Request, qc *request.QueryContext, checks []*evaluatedCheck, by []string, findings []checkResult) []data.Notice {
	if qc.Query.Instant && qc.Query.Format != "table" && len(findings) > 0 {
		unknown := slices.ContainsFunc(findings, func(f checkResult) bool { return f.verdict == "unknown" })
		if slices.Equal(by, []string{"dimension"}) || len(checks) == 1 && !unknown {
			return qc.UniqueNotices()
		}
	}
	var longest time.Duration
	for _, j := range checks {
		longest = max(longest, j.window)
	}
	return notices.ForSource(r, qc, qc.Begin().Add(2*qc.Times.Scrape-longest))
}

// adviseWorst fills in what to change for the first result of each group.
func adviseWorst(ctx context.Context, r *request.Request, qc *request.QueryContext, groups []group) error {
	worst := make([]checkResult, 0, len(groups))
	var names []string
	for _, g := range groups {
		worst = append(worst, g.findings[0])
		names = append(names, g.findings[0].node.Name)
	}
	if err := nameFiles(ctx, r, qc, worst); err != nil {
		return err
	}
	// The conditions of advice are not evaluated for the other nodes of a large fleet.
	only := signals.AnyOf(target.NodeLabel, names)
	for i := range worst {
		if f := &worst[i]; f.kind == target.KindFalco && !f.signal.ClusterScoped {
			narrow := *f.evaluatedCheck
			narrow.scope.SampleFilters = append(slices.Clone(f.scope.SampleFilters), only)
			f.evaluatedCheck = &narrow
		}
	}
	if err := advise(ctx, r, qc, worst); err != nil {
		return err
	}
	for i, g := range groups {
		g.findings[0] = worst[i]
	}
	return nil
}

// MaxSteps is the maximum number of steps of a range: each check is evaluated at each step on every node.
const MaxSteps = 100

// healthLabels are the labels to group by, besides target labels.
var healthLabels = []string{"cluster", "node", "dimension", "check"}

func groupLabels(r *request.Request, by []string) ([]string, error) {
	if by == nil {
		return healthLabels, nil
	}
	allowed := slices.Concat(healthLabels, r.Settings.TargetLabels)
	var out []string
	for _, name := range by {
		if name == "$identity" {
			out = append(out, target.IdentityLabels...)
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

// evaluatedCheck is a check with the values of its signal and of `up`.
type evaluatedCheck struct {
	*signals.Check
	signal *signals.Signal
	kind   string // of targets
	scope  executor.Scope
	only   []signals.Filter // see narrow
	order  int              // by dimension, then as in the catalogue
	expr   string
	window time.Duration // the lookback
	since  time.Time     // when the history starts; zero if that is unknown
	slack  time.Duration // that the history may be shorter than the window: two scrape intervals
	values map[target.Node][]request.Point
	alive  map[target.Node][]request.Point
	zero   []*target.Status // see narrow
}

// checks evaluates the checks that a query asks for.
func checks(ctx context.Context, r *request.Request, qc *request.QueryContext, s executor.Scope) ([]*evaluatedCheck, error) {
	var (
		out []*evaluatedCheck
		ups []string // `up` for each check
		all []string
	)
	for i := range r.Catalogue.Checks {
		c := &r.Catalogue.Checks[i]
		if len(qc.Query.Signals) > 0 && !slices.Contains(qc.Query.Signals, c.ID) && !slices.Contains(qc.Query.Signals, c.Signal) {
			continue
		}
		signal, err := r.Catalogue.Signal(c.Signal)
		if err != nil {
			return nil, fmt.Errorf("check %q: %w", c.ID, err)
		}
		j := &evaluatedCheck{
			Check: c, signal: signal, kind: signal.TargetKind,
			since: r.Executor.HistoryStart(), slack: 2 * qc.Times.Scrape,
		}
		j.scope = r.ScopeOf(signal, s)
		j.order = 1000*slices.IndexFunc(r.Catalogue.Dimensions, func(d signals.Dimension) bool { return d.ID == signal.Dimension }) + i
		if err := j.narrow(ctx, r, qc); err != nil {
			return nil, err
		}
		if j.expr, j.window, err = checkExpr(r, j, qc); err != nil {
			return nil, failure.User(err)
		}
		up, _, err := r.CompileTemplate("up", upTemplate(j.kind), "", j.scope, qc)
		if err != nil {
			return nil, failure.User(err)
		}
		out, ups, all = append(out, j), append(ups, up), append(all, j.expr, up)
	}
	r.Prefetch(ctx, all, qc)
	for i, j := range out {
		var err error
		if j.values, j.expr, err = r.Points(ctx, j.expr, qc); err != nil {
			return nil, err
		}
		j.addZeros(ctx, r, qc)
		if j.signal.ClusterScoped && len(j.scope.TargetsByNode(j.kind)) > len(s.TargetsByNode(j.kind)) {
			j.values = nil // a cluster-scoped value does not describe some of its nodes
		}
		if j.alive, _, err = r.Points(ctx, ups[i], qc); err != nil {
			return nil, err
		}
	}
	for _, id := range qc.Query.Signals {
		if !slices.ContainsFunc(out, func(j *evaluatedCheck) bool { return j.ID == id || j.signal.ID == id }) {
			return nil, failure.User(fmt.Errorf("no check has the id %q or judges a signal of that id", id))
		}
	}
	slices.SortStableFunc(out, func(x, y *evaluatedCheck) int { return cmp.Compare(x.order, y.order) })
	return out, nil
}

// upTemplate returns the template of `up` for a kind of target. Falcos have no label `kind`.
func upTemplate(kind string) string {
	if kind == target.KindFalco {
		kind = ""
	}
	return fmt.Sprintf("up{kind=%q,$filter}", kind)
}

// checkExpr returns a check's PromQL: one value per node, the worst if its signal has several.
func checkExpr(r *request.Request, j *evaluatedCheck, qc *request.QueryContext) (expr string, length time.Duration, err error) {
	window := cmp.Or(j.Window, qc.Query.Window)
	expr, length, err = r.Catalogue.Compile(j.signal, nil, append(slices.Clone(j.scope.SampleFilters), j.only...), qc.Times.ExpandMacros(window), r.CompileOptions(qc))
	if err != nil || slices.Equal(j.signal.GroupBy.Default, []string{"$identity"}) {
		return expr, length, err
	}
	return fmt.Sprintf("%s by (%s) (%s)", j.Worst, strings.Join(target.IdentityLabels, ", "), expr), length, nil
}
