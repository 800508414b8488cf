package impact

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/query"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// figure is what the report compares.
type figure struct {
	id, title, unit, worse string
	subject                string // node, falco or own
	absolute               bool
	signal                 *signals.Signal // nil for a figure of the settings
	expr                   string          // its mean in a block
}

// subjects are the titles of what figures describe, in the order of the report.
var subjects = map[string]string{"node": "Node", "falco": "Falco", "own": "Own figure"}

// readFigures returns the figures that a query asks for, or all: those of the catalogue, then those of the settings.
func readFigures(r *request.Request, ids []string) ([]figure, error) {
	var all []figure
	for _, f := range r.Catalogue.Impact.Figures {
		signal, err := r.Catalogue.Signal(f.Signal)
		if err != nil {
			return nil, err
		}
		all = append(all, figure{id: signal.ID, title: signal.Title, unit: signal.Unit, worse: f.Worse, subject: f.Subject, absolute: f.Absolute, signal: signal})
	}
	for _, e := range r.Settings.ImpactExpressions {
		all = append(all, figure{id: e.Name, title: e.Name, unit: e.Unit, worse: e.Worse, subject: "own", expr: e.Expression})
	}
	var known []string
	for _, f := range all {
		known = append(known, f.id)
	}
	for _, id := range ids {
		if !slices.Contains(known, id) {
			return nil, failure.User(fmt.Errorf("the impact report has no figure %q; allowed: %s", id, strings.Join(known, ", ")))
		}
	}
	return slices.DeleteFunc(all, func(f figure) bool { return len(ids) > 0 && !slices.Contains(ids, f.id) }), nil
}

// compile writes the expression of a figure, so that its value is the mean within a block that ends at the evaluation.
func (f *figure) compile(r *request.Request, qc *request.QueryContext, s executor.Scope, block time.Duration) error {
	expr := f.expr
	if f.signal == nil {
		times := query.Times{Step: resolution(block, qc.Times.Scrape), Length: block, Scrape: qc.Times.Scrape}
		expr = times.ExpandMacros(expr)
	} else {
		o := r.CompileOptions(qc)
		o.Step, o.Range, o.History = block, block, 0
		var err error
		by := []string{"$identity"}
		if expr, _, err = r.Catalogue.Compile(f.signal, by, r.ScopeOf(f.signal, s).SampleFilters, signals.FormatDuration(block), o); err != nil {
			return failure.User(err)
		}
		if strings.Contains(f.signal.Expr, "$window") {
			f.expr = expr // covers the block already
			return nil
		}
	}
	f.expr = fmt.Sprintf("avg_over_time((%s)[%s:%s])", expr, signals.FormatDuration(block), signals.FormatDuration(resolution(block, qc.Times.Scrape)))
	return nil
}

// resolution is the step at which a figure without a window is averaged.
func resolution(block, scrape time.Duration) time.Duration {
	return max(scrape, block/10).Round(time.Second)
}
