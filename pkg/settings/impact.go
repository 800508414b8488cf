package settings

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/contract"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/query"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// ImpactExpression is a figure of the user's own that the impact report compares: PromQL with one series per node.
type ImpactExpression struct {
	Name       string `json:"name"`
	Expression string `json:"expression"`
	Unit       string `json:"unit"`
	// Worse is higher or lower; empty if neither is worse.
	Worse string `json:"worse"`
}

type impactSettings struct {
	Expressions []ImpactExpression `json:"expressions"`
}

// read checks the expressions and reports problems. An expression for a Prometheus server may be written in a dialect of
// it, so only the server can check that.
func (s impactSettings) read(p *problems, catalogue *signals.Catalogue, bounds query.Bounds, interval time.Duration, parsed bool) []ImpactExpression {
	if most := contract.Load().Impact.ExpressionLimit; len(s.Expressions) > most {
		p.add("impact.expressions has %d entries: expected at most %d", len(s.Expressions), most)
		return nil
	}
	var out []ImpactExpression
	for i, e := range s.Expressions {
		at := fmt.Sprintf("impact.expressions[%d]", i)
		e.Name, e.Expression = strings.TrimSpace(e.Name), strings.TrimSpace(e.Expression)
		taken := func(other ImpactExpression) bool { return other.Name == e.Name }
		switch {
		case e.Name == "":
			p.add("%s.name is missing: expected a name such as request latency", at)
		case slices.ContainsFunc(out, taken):
			p.add("%s.name is %q, which is defined twice: remove or rename one", at, e.Name)
		case slices.ContainsFunc(catalogue.Signals, func(s signals.Signal) bool { return s.ID == e.Name }):
			p.add("%s.name is %q, which is the id of a signal: choose another name", at, e.Name)
		}
		if worse := contract.Load().Impact.Worse; e.Worse != "" && !slices.Contains(worse, e.Worse) {
			p.add("%s.worse is %q: expected %s, or nothing if neither is worse", at, e.Worse, strings.Join(worse, " or "))
		}
		if e.Expression == "" {
			p.add("%s.expression is missing: expected PromQL with one series per node, such as avg by (cluster, node) (request_latency_seconds)", at)
		} else if err := checkExpression(e.Expression, bounds, interval, parsed); err != nil {
			p.add("%s.expression %w", at, err)
		}
		out = append(out, e)
	}
	return out
}

// checkExpression returns an error that continues a sentence about the expression.
func checkExpression(expr string, bounds query.Bounds, interval time.Duration, parsed bool) error {
	if err := bounds.Check(expr); err != nil {
		return fmt.Errorf("exceeds a limit: %w", err)
	}
	if !parsed || interval <= 0 {
		return nil
	}
	times := query.Times{Step: interval, Length: interval, Scrape: interval}
	found, err := parser.NewParser(parser.Options{}).ParseExpr(times.ExpandMacros(expr))
	if err != nil {
		return fmt.Errorf("cannot be parsed: %w", err)
	}
	if found.Type() != parser.ValueTypeVector {
		return fmt.Errorf("returns a %s: expected an instant vector with one series per node", found.Type())
	}
	return nil
}
