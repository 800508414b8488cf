package executor

import (
	"context"
	"hash/maphash"
	"sync"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/budget"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

// occurrences remembers where sub-expressions of the latest evaluations occurred: in which expression, and as which of its
// operands. It knows them by hashes: a collision only makes it take one for a repeated one.
type occurrences struct {
	seed maphash.Seed

	mu sync.Mutex
	// latest and earlier have the first place of each sub-expression, repeated if there are several.
	latest, earlier map[uint64]uint64
}

const (
	// mostOccurrences is how many sub-expressions each of the two maps has at most. All dashboards together have fewer.
	mostOccurrences = 10_000
	repeated        = 0
)

func newOccurrences() *occurrences {
	return &occurrences{seed: maphash.MakeSeed(), latest: map[uint64]uint64{}}
}

// occurrence is a sub-expression at a place of an expression.
type occurrence struct {
	slot       *parser.Expr // where the expression refers to it
	text       string
	key, place uint64
	next       int // the index of the first occurrence that is not inside this one
	isSubquery bool
}

// note remembers the places of occurrences, and returns the outermost ones that occur at several places, and subqueries. The
// first one, which is the expression itself, is not among them.
func (o *occurrences) note(all []occurrence) (found []occurrence) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, one := range all {
		first, known := o.latest[one.key]
		if !known {
			if len(o.latest) >= mostOccurrences {
				o.latest, o.earlier = map[uint64]uint64{}, o.latest
			}
			if first, known = o.earlier[one.key]; !known {
				first = one.place
			}
		}
		if first != one.place {
			first = repeated
		}
		o.latest[one.key] = first
	}
	for i := 1; i < len(all); {
		if all[i].isSubquery || o.latest[all[i].key] == repeated {
			found = append(found, all[i])
			i = all[i].next
			continue
		}
		i++
	}
	return found
}

// list returns the occurrences in an expression, outer ones first: the expression itself, the instant vectors in it that are
// worth keeping and are evaluated at the same time, and subqueries. text is what the expression was parsed from.
func (o *occurrences) list(text string, expr *parser.Expr) (all []occurrence) {
	var visit func(slot *parser.Expr, place uint64) (reads int)
	visit = func(slot *parser.Expr, place uint64) (reads int) {
		index, isCandidate := len(all), false
		_, isSubquery := (*slot).(*parser.SubqueryExpr)
		switch (*slot).(type) {
		case *parser.AggregateExpr, *parser.BinaryExpr, *parser.Call, *parser.SubqueryExpr:
			isCandidate = isSubquery || (*slot).Type() == parser.ValueTypeVector
		}
		inside := place
		if isCandidate {
			position := (*slot).PositionRange()
			one := occurrence{slot: slot, text: text[position.Start:position.End], place: place, isSubquery: isSubquery}
			one.key = maphash.String(o.seed, one.text)
			inside = one.key
			all = append(all, one)
		}
		switch e := (*slot).(type) {
		case *parser.VectorSelector:
			return 1
		case *parser.MatrixSelector:
			return worthKeeping
		case *parser.SubqueryExpr: // what is inside is evaluated at other times
			reads = worthKeeping
		case *parser.BinaryExpr:
			reads = visit(&e.LHS, inside+1) + visit(&e.RHS, inside+2)
		case *parser.Call:
			for i := range e.Args {
				reads += visit(&e.Args[i], inside+uint64(i)+1)
			}
			if e.Func.Name == "absent" || e.Func.Name == "timestamp" { // these tell selectors from other arguments
				all = all[:min(len(all), index+1)]
			}
		default:
			if inner := operand(*slot); inner != nil {
				reads = visit(inner, inside+1)
			}
		}
		switch {
		case isCandidate && reads < worthKeeping && index > 0:
			all = all[:index]
		case isCandidate:
			all[index].next = len(all)
		}
		return reads
	}
	visit(expr, 1)
	return all
}

// worthKeeping is how many selectors make a sub-expression worth keeping: reading its value costs as much as one selector.
// One that reads a range always is.
const worthKeeping = 2

// runShared is run in a place. In an expression of the catalogue at an instant, sub-expressions that occur at several
// places are evaluated on their own, so that their values are kept for other expressions too. So are the steps of
// subqueries, of which only new ones need an evaluation. The engine reads these values as series. The value is that of run
// to the last bit.
func (e *Embedded) runShared(ctx context.Context, view *history.View, place *budget.Place, parsed parser.Expr, what Evaluation) (Value, error) {
	if what.Step > 0 || what.UserWritten {
		return e.run(ctx, view, place.Samples(), parsed, what)
	}
	if parsed = simplify(view, parsed); parsed == nil {
		return emptyValue(what), nil
	}
	g, err := groupsOf(view, parsed, what, place.Samples())
	if err != nil {
		return Value{}, err
	}
	run := func(g groups, text string, values kept) (Value, error) {
		return e.runGroups(ctx, g, func(i int) storage.Queryable {
			if g.count == 1 {
				return overlay{view, values}
			}
			return overlay{view.Part(i, g.count), values}
		}, text, what)
	}
	whole, nodeByNode := parsed.String(), divide(parsed) == perNode
	values, err := e.substitute(ctx, view, place, &parsed, what, nodeByNode)
	defer values.release()
	if err == nil && len(values) > 0 {
		again := g
		if nodeByNode {
			again, err = groupsOf(overlay{view, values}, parsed, what, place.Samples())
		}
		if err == nil {
			if value, err := run(again, parsed.String(), values); err == nil {
				return value, nil
			}
		}
	}
	// The whole may fit in where its parts with their values do not, and an error must be in words for the whole.
	return run(g, whole, nil)
}

// kept has the values of sub-expressions by the names of the series that stand for them.
type kept map[string]Value

func (k kept) release() {
	for _, value := range k {
		value.release()
	}
}

// substitute puts selectors of kept values in the place of repeated sub-expressions and of subqueries. The values must be released, after an
// error too. nodeByNode means that no value of the expression depends on several nodes.
func (e *Embedded) substitute(ctx context.Context, view *history.View, place *budget.Place, parsed *parser.Expr, what Evaluation, nodeByNode bool) (kept, error) {
	values := kept{}
	from := source{
		queryable: func() storage.Queryable { return view },
		take:      func(context.Context) (*budget.Place, func(), error) { return place, func() {}, nil },
	}
	for _, one := range e.repeats.note(e.repeats.list(what.Expr, parsed)) {
		sub, expr := Evaluation{Expr: one.text, Start: what.Start, End: what.End}, *one.slot
		subquery, isSubquery := expr.(*parser.SubqueryExpr)
		if isSubquery {
			if subquery.Step == 0 || subquery.OriginalOffset != 0 || !nodeByNode {
				continue
			}
			sub, expr = stepsOf(subquery, what), subquery.Expr
		}
		if divide(expr) == same { // no group of nodes has its samples
			continue
		}
		if _, reusable := reach(*one.slot); !reusable || !nodeByNode && !e.keepsOrder(view, expr, sub) {
			continue
		}
		name := "value of " + one.text // no metric has a space in its name
		if _, known := values[name]; !known {
			value, err := e.evaluateIn(ctx, from, sub)
			if err != nil {
				return values, err
			}
			values[name] = value
		}
		selector := &parser.VectorSelector{LabelMatchers: []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, name)}}
		*one.slot = selector
		if isSubquery {
			*one.slot = &parser.MatrixSelector{VectorSelector: selector, Range: subquery.Range}
		}
	}
	return values, nil
}

// keepsOrder reports whether the samples of a kept value have the engine's order, on which the last bit of a sum over nodes
// depends. Those of subqueries and of groups of nodes do not.
func (e *Embedded) keepsOrder(view *history.View, expr parser.Expr, what Evaluation) bool {
	g, err := groupsOf(view, expr, what, e.budget.Samples(e.settings.MaxSamples))
	return err == nil && g.count == 1 && !hasSubquery(expr)
}

func hasSubquery(expr parser.Expr) (found bool) {
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		_, isSubquery := node.(*parser.SubqueryExpr)
		found = found || isSubquery
		return nil
	})
	return found
}

// stepsOf returns the evaluation that has the steps of a subquery: the multiples of its step within its range, whose begin
// is not part of it.
func stepsOf(subquery *parser.SubqueryExpr, at Evaluation) Evaluation {
	position, step := subquery.Expr.PositionRange(), subquery.Step.Milliseconds()
	return Evaluation{
		Expr:  at.Expr[position.Start:position.End],
		Start: (at.End-subquery.Range.Milliseconds())/step*step + step, End: at.End / step * step, Step: subquery.Step,
	}
}

// overlay is a view in which the series of kept values are as well.
type overlay struct {
	view   *history.View
	values kept
}

// find returns the kept value that a selector stands for.
func (o overlay) find(matchers []*labels.Matcher) (parser.Value, bool) {
	value, found := o.values[matchers[0].Value]
	return value.Value, found && matchers[0].Name == model.MetricNameLabel
}

// MostSeries implements seriesCounter.
func (o overlay) MostSeries(matchers []*labels.Matcher) int {
	value, found := o.find(matchers)
	if !found {
		return o.view.MostSeries(matchers)
	}
	if matrix, isRange := value.(promql.Matrix); isRange {
		return len(matrix)
	}
	return len(value.(promql.Vector))
}

// Querier implements [storage.Queryable].
func (o overlay) Querier(mint, maxt int64) (storage.Querier, error) {
	q, err := o.view.Querier(mint, maxt)
	return overlayQuerier{q, o}, err
}

type overlayQuerier struct {
	storage.Querier
	overlay overlay
}

// Select implements [storage.Querier].
func (q overlayQuerier) Select(ctx context.Context, sorted bool, hints *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	value, found := q.overlay.find(matchers)
	if !found {
		return q.Querier.Select(ctx, sorted, hints, matchers...)
	}
	var series []storage.Series
	add := func(s promql.Series) {
		if q.overlay.view.HasNode(s.Metric) {
			series = append(series, promql.NewStorageSeries(s))
		}
	}
	switch v := value.(type) {
	case promql.Vector:
		for _, s := range v {
			add(promql.Series{Metric: s.Metric, Floats: []promql.FPoint{{T: s.T, F: s.F}}})
		}
	case promql.Matrix:
		for _, s := range v {
			add(s)
		}
	}
	return history.NewSeriesSet(series)
}
