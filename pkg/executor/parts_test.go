package executor

import (
	"fmt"
	"math/rand/v2"
	"sort"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

func parse(t testing.TB, expr string) parser.Expr {
	t.Helper()
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	require.NoError(t, err, expr)
	return parsed
}

var divided = []string{
	`events`,
	`-events * 2 + 1`,
	`rate(events[45s])`,
	`events > bool 100`,
	`sum by (node) (events) / on (node) group_right () sum by (cpu, node) (events)`,
	`sum by (node) (rate(events[1m])) / count by (node) (events)`,
	`events / on (node) group_left () up`,
	`events and on (node) up == 1`,
	`sum without (cpu) (events)`,
	`events unless ignoring (cpu) up == 0`,
	`topk by (node) (1, events)`,
	`quantile by (node) (scalar(vector(0.5)), events)`,
	`events * scalar(count_over_time(vector(1)[1m:15s]))`,
	`max_over_time(sum by (node) (rate(events[30s]))[2m:15s])`,
	`label_replace(events, "kind", "$1", "cpu", "(.*)")`,
	`clamp_max(events, 5) or up`,
	`time() - timestamp(events)`,
	`events offset 30s`,
}

var notDivided = []string{
	`1`,
	`vector(1)`,
	`time()`,
	`avg(events)`,
	`count_values by (node) ("node", events)`,
	`sum by (cpu) (topk(2, events))`,
	`topk(2, events)`,
	`topk by (node) (scalar(up), events)`,
	`absent(events)`,
	`absent_over_time(events[1m])`,
	`sort(events)`,
	`events / scalar(up)`,
	`events or vector(0)`,
	`events + on () vector(1)`,
	`events / on (cpu) group_left () sum by (cpu) (events)`,
	`events / ignoring (node, cpu) group_left () sum by (cluster) (events)`,
	`label_replace(events, "node", "$1", "cpu", "(.*)")`,
	`label_join(events, "node", "-", "cpu")`,
	`sum(events) / sum by (node) (events)`,
	`max_over_time(sum(events)[2m:15s])`,
}

// Sums of whole numbers: those of fractions may differ in the last bit.
var totalled = []string{
	`sum(events)`,
	`sum by (cpu) (events)`,
	`count by (cpu) (events > 500)`,
	`max without (node) (events)`,
	`min(events / 0 * 0)`,
	`max(events / (events > bool 900) * 0 + events)`,
}

func TestDivide(t *testing.T) {
	for _, expr := range divided {
		require.Equal(t, perNode, divide(parse(t, expr)), expr)
	}
	for _, expr := range append(notDivided, totalled...) {
		require.NotEqual(t, perNode, divide(parse(t, expr)), expr)
	}
}

// An evaluation with room for only some nodes returns what one with enough room returns, to the last bit.
func TestPartsAreTheWhole(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	histories := []*history.History{history.New(history.Options{}), history.New(history.Options{})}
	const begin = 1_700_000_000_000
	for tick := range int64(20) {
		for n := range 200 {
			h, node := histories[n%2], fmt.Sprintf("n%d", n)
			samples := []history.Sample{{Series: h.Series(labels.FromStrings("__name__", "up", "node", node)), Value: float64(random.IntN(2))}}
			for cpu := range 4 {
				series := h.Series(labels.FromStrings("__name__", "events", "cpu", fmt.Sprint(cpu), "node", node))
				samples = append(samples, history.Sample{Series: series, Value: float64(tick*100 + random.Int64N(100))})
			}
			h.Append(begin+tick*15_000, samples)
		}
	}
	view := history.NewView(histories, nil, "")
	e := newCached(0, nil)
	for _, expr := range append(divided, totalled...) {
		for _, step := range []time.Duration{0, 15 * time.Second} {
			what := Evaluation{Expr: expr, Start: begin + 285_000, End: begin + 285_000, Step: step, UserWritten: true}
			if step > 0 {
				what.Start = begin
			}
			parsed := parse(t, expr)
			const little = 40_000
			n, _, tooMany := parts(view, parsed, what, seriesCost(parsed, what), little)
			require.False(t, tooMany)
			require.Greater(t, n, 1, expr)
			whole, err := e.run(t.Context(), view, 50_000_000, parsed, what)
			require.NoError(t, err, expr)
			byParts, err := e.run(t.Context(), view, little, parsed, what)
			require.NoError(t, err, expr)
			require.NotEmpty(t, bits(whole.Value), expr)
			require.Equal(t, sorted(whole.Value), sorted(byParts.Value), "%s every %s", expr, step)
			require.Equal(t, whole.Notices, byParts.Notices, expr)
		}
	}
}

// Sub-expressions are shared by expressions that are evaluated in groups, some of them in groups themselves.
func TestPartsShareSubExpressions(t *testing.T) {
	h := history.New(history.Options{})
	const begin = 1_700_000_000_000
	for tick := range int64(20) {
		var samples []history.Sample
		for n := range 100 {
			for cpu := range 4 {
				series := h.Series(labels.FromStrings("__name__", "events", "cpu", fmt.Sprint(cpu), "node", fmt.Sprintf("n%d", n)))
				samples = append(samples, history.Sample{Series: series, Value: float64((tick + 1) * int64(n*7+cpu*3))})
			}
		}
		h.Append(begin+tick*15_000, samples)
	}
	view := history.NewView([]*history.History{h}, nil, "")
	what := Evaluation{Start: begin + 285_000, End: begin + 285_000}
	for _, expr := range []string{
		`sum by (node) (rate(events[1m])) < 20 or 0 * sum by (node) (rate(events[1m]))`,
		`events * scalar(count_over_time(vector(1)[1m:15s])) + rate(events[1m]) / (rate(events[45s]) + 1) - max_over_time(events[1m:15s])`,
		`max_over_time(rate(events[1m])[2m:15s]) / max_over_time(rate(events[30s])[2m:15s])`,
		`sum(rate(events[1m]) / 4 + 0 * rate(events[1m]))`,
		`max by (cpu) (rate(events[1m]) - sum by (node) (rate(events[1m])) / on (node) group_right () rate(events[1m]))`,
	} {
		what.Expr = expr
		e := newCached(1<<20, func() storage.Queryable { return view })
		whole, err := e.run(t.Context(), view, 50_000_000, parse(t, expr), what)
		require.NoError(t, err, expr)
		e.settings.MaxSamples = 1_000_000
		g, err := groupsOf(view, parse(t, expr), what, e.budget.Samples(e.settings.MaxSamples))
		require.NoError(t, err, expr)
		require.Greater(t, g.count, 1, expr)
		shared, err := e.Evaluate(t.Context(), what)
		require.NoError(t, err, expr)
		require.NotEmpty(t, shared.Value, expr)
		require.Equal(t, sorted(whole.Value), sorted(shared.Value), expr)
		count, _ := e.results.size()
		require.Greater(t, count, 1, expr)
	}
}

// sorted prints a value with a vector in the order of its labels: that of the engine is arbitrary.
func sorted(v parser.Value) string {
	if vector, ok := v.(promql.Vector); ok {
		sort.Slice(vector, func(i, j int) bool { return labels.Compare(vector[i].Metric, vector[j].Metric) < 0 })
	}
	return bits(v)
}

// What does not even fit in parts is refused before anything is evaluated.
func TestTooManyParts(t *testing.T) {
	h := history.New(history.Options{})
	for i := range 1000 {
		h.Append(1000, []history.Sample{{Series: h.Series(labels.FromStrings("__name__", "up", "node", fmt.Sprint(i))), Value: 1}})
	}
	e := newCached(0, nil)
	view := history.NewView([]*history.History{h}, nil, "")
	_, err := e.run(t.Context(), view, 1000, parse(t, "up"), Evaluation{Expr: "up", Start: 1000, End: 1000})
	require.ErrorAs(t, err, new(TooManySeries))
}
