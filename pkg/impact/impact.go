// Package impact answers queries of type impact: what changed on the nodes with a change of Falco.
//
//	changes.go     changes of Falco, roll-outs, and the nodes to compare
//	figures.go     the figures, and their expressions
//	measure.go     their values before and after
//	trial.go       the estimates: trial, comparison and resample know nothing of Falco and Grafana
//	verdict.go     results in words
//	frames.go      tables, annotations and numbers
package impact

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/common/model"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/contract"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/events"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/notices"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/query"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

const (
	// mostChanges is the maximum number of changes that a query compares, the latest first.
	mostChanges = 10
	// blocksInWindow is the number of blocks in a window, fewestBlocks that in a window with a long scrape interval.
	blocksInWindow, fewestBlocks = 12, 6
	// scrapesInBlock is the number of scrapes that a block contains at least, so that rates are sound.
	scrapesInBlock = 4
	shortestWindow = 30 * time.Minute
	longestWindow  = 7 * 24 * time.Hour
)

// Answer answers queries of type impact: how figures of the nodes and of Falco changed with each change of Falco in the range,
// the latest first.
//
//	signals   restricts the figures: ids of signals, or names in impact.expressions
//	filters   restrict the nodes: identity labels, target labels, groupings
//	window    the length of the time before and of the time after a change; default 1h
//	limit     the number of changes, at most 10
//	groupBy   ["change"] returns one row for each change, with the fields that Grafana's annotations read. The default is
//	          one row for each change and figure
//	format    table; timeseries returns numbers for alert rules: the certain change of each figure
func Answer(ctx context.Context, r *request.Request, qc *request.QueryContext) (data.Frames, error) {
	s, err := r.ReadScope(qc)
	if err != nil {
		return nil, err
	}
	by := qc.Query.GroupBy
	if by != nil && !slices.Equal(by, []string{"change"}) {
		return nil, failure.User(fmt.Errorf("the impact report cannot be grouped by %q; allowed: [\"change\"], or nothing", by))
	}
	block, length, err := readWindow(qc)
	if err != nil {
		return nil, failure.User(err)
	}
	figures, err := readFigures(r, qc.Query.Signals)
	if err != nil {
		return nil, err
	}
	reports, err := reportsOf(ctx, r, qc, s, figures, block, length)
	if err != nil {
		return nil, err
	}
	told := notices.ForRange(r, qc)
	switch {
	case qc.Query.Format != "table":
		return numbers(qc, reports, told)
	case by != nil:
		return changesTable(reports, told), nil
	}
	reports, missing := withoutMissing(ctx, r, qc, reports)
	return figuresTable(reports, append(told, missing...)), nil
}

// readWindow returns the length of a block and the number of blocks in the window of a query.
func readWindow(qc *request.QueryContext) (block time.Duration, length int, err error) {
	text := cmp.Or(qc.Query.Window, contract.Load().Impact.Window)
	parsed, err := model.ParseDuration(qc.Times.ExpandMacros(text))
	if err != nil {
		return 0, 0, fmt.Errorf("the window %q is no duration; expected something like 1h or $__range", text)
	}
	window := time.Duration(parsed)
	shortest := max(shortestWindow, fewestBlocks*scrapesInBlock*qc.Times.Scrape)
	if window < shortest || window > longestWindow {
		return 0, 0, fmt.Errorf("the window of an impact query is %s: expected between %s and %s", text, signals.FormatDuration(shortest), signals.FormatDuration(longestWindow))
	}
	block = max(window/blocksInWindow, scrapesInBlock*qc.Times.Scrape).Truncate(time.Second)
	return block, int(window / block), nil
}

// reportsOf finds the changes in the range of a query and compares the figures.
func reportsOf(ctx context.Context, r *request.Request, qc *request.QueryContext, s executor.Scope, figures []figure, block time.Duration, length int) ([]report, error) {
	window := time.Duration(length) * block
	from, to := qc.Begin().Add(-rolloutGap-leading-window), qc.Times.End.Add(rolloutGap+settling+window)
	if now := r.Now(); to.After(now) {
		to = now
	}
	about := r.Catalogue.Impact
	found, err := events.Changes(ctx, r, qc, s, slices.Concat(about.Changes, about.Disturbances), from, to)
	if err != nil {
		return nil, err
	}
	changes := readChanges(found, about)
	rolls := slices.DeleteFunc(rollouts(changes, about), func(roll rollout) bool {
		return roll.last.Before(qc.Begin()) || roll.first.After(qc.Times.End)
	})
	rolls = query.First(rolls, qc.Query.Limit)
	if len(rolls) > mostChanges {
		qc.Notices = append(qc.Notices, data.Notice{Severity: data.NoticeSeverityInfo,
			Text: fmt.Sprintf("These are the latest %d of %d changes: narrow the time range or the filters to see the others.", mostChanges, len(rolls))})
		rolls = rolls[:mostChanges]
	}
	load, err := prepare(r, qc, s, figures, block)
	if err != nil {
		return nil, err
	}
	var falcos []target.Node
	for _, t := range s.TargetsByNode(target.KindFalco) {
		falcos = append(falcos, target.NodeOf(t.Labels))
	}
	var out []report
	for _, roll := range rolls {
		around := roll.spans(block, length)
		changed, others := roll.nodes(changes, falcos, around)
		m, err := measure(ctx, r, qc, roll, around, changed, others, figures, load)
		if err != nil {
			return nil, err
		}
		estimates, err := m.trial.run(ctx)
		if err != nil {
			return nil, r.Explain(err)
		}
		p := report{rollout: roll, changed: len(changed), others: len(others)}
		for i, e := range estimates {
			p.results = append(p.results, result{m.figures[i], e, block})
		}
		out = append(out, p)
	}
	return out, nil
}

// prepare compiles the figures, and returns the load of the servers, nil if the catalogue has none.
func prepare(r *request.Request, qc *request.QueryContext, s executor.Scope, figures []figure, block time.Duration) (*figure, error) {
	for i := range figures {
		if err := figures[i].compile(r, qc, s, block); err != nil {
			return nil, err
		}
	}
	if r.Catalogue.Impact.Load == "" {
		return nil, nil
	}
	signal, err := r.Catalogue.Signal(r.Catalogue.Impact.Load)
	if err != nil {
		return nil, err
	}
	load := &figure{id: signal.ID, title: signal.Title, unit: signal.Unit, signal: signal}
	return load, load.compile(r, qc, s, block)
}

// withoutMissing removes figures that have no value around any change, and says why they have none.
func withoutMissing(ctx context.Context, r *request.Request, qc *request.QueryContext, reports []report) ([]report, []data.Notice) {
	valued := map[string]bool{}
	for _, p := range reports {
		for _, one := range p.results {
			valued[one.id] = valued[one.id] || one.lack != lacksValues
		}
	}
	why := notices.NewGroups(qc.Targets)
	var untold []string
	for i := range reports {
		reports[i].results = slices.DeleteFunc(reports[i].results, func(one result) bool {
			if valued[one.id] {
				return false
			}
			if i == 0 && !explain(ctx, r, qc, why, one) {
				untold = append(untold, one.title)
			}
			return true
		})
	}
	out := why.Notices()
	if len(untold) > 0 {
		out = append(out, data.Notice{Severity: data.NoticeSeverityInfo,
			Text: "No values around the changes for: " + strings.Join(untold, ", ") + "."})
	}
	return reports, out
}

// explain adds why targets lack what a figure needs. It reports false if they lack nothing.
func explain(ctx context.Context, r *request.Request, qc *request.QueryContext, why *notices.Groups, one result) (told bool) {
	if one.signal == nil {
		return false
	}
	for _, t := range qc.Targets.All {
		if t.State != target.Up || t.Kind != one.signal.TargetKind {
			continue
		}
		if c, detail, lacks := notices.MissingRequirement(ctx, r, one.signal, t, qc.Times.End); lacks {
			why.Add(c, qc.Targets.Name(t)+detail)
			told = true
		}
	}
	return told
}
