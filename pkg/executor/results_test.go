package executor

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/budget"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/settings"
)

// cachedFleet is a Fleet whose samples the test appends.
type cachedFleet struct {
	Fleet
	view func() storage.Queryable
}

func (f cachedFleet) Queryable() storage.Queryable { return f.view() }

func newCached(cacheBytes int64, view func() storage.Queryable) *Embedded {
	s := settings.Settings{MaxSamples: 50_000_000, QueryTimeout: time.Minute, ResultCacheSize: cacheBytes}
	return NewEmbedded(s, cachedFleet{view: view}, nil, NewShared())
}

var cachedExprs = []string{
	`events`,
	`sum by (node) (rate(events[45s]))`,
	`increase(events[2m] offset 30s)`,
	`max_over_time(rate(events[30s])[3m:15s])`,
	`topk(2, events) and on (node) up == 1`,
	`count(up == 1) or vector(0)`,
	`absent(events{node="n0"})`,
	`sort_desc(sum by (node) (events)) / ignoring (node) group_left sum(events)`,
	`quantile_over_time(0.9, up[5m])`,
	`timestamp(events)`,
	`time() - max by (node) (timestamp(up))`,
	`min_over_time(events[1m] @ 600)`,
	`sum(events offset -30s)`,
	`changes(events[10m])`,
	`label_replace(events, "x", "$1", "node", "n(.)")`,
	`increase(events[2m]) > 50 or 0 * increase(events[2m])`,
	`sum(increase(events[2m])) - increase(events[2m] offset 30s) * on () group_left () sum(increase(events[2m]))`,
	`max_over_time(rate(events[1m])[3m:15s]) < 9 or 0 * max_over_time(rate(events[1m])[3m:15s])`,
	`avg_over_time((rate(events[1m]) > bool 3)[3m:15s]) < 0.5 or 0 * avg_over_time((rate(events[1m]) > bool 3)[3m:15s])`,
	`sum(rate(max_over_time(events[30s])[2m:20s])) + sum(rate(max_over_time(events[30s])[2m:20s]) / 3)`,
	`last_over_time(events[3m:15s] offset 15s) - on (node) quantile_over_time(0.3, events[100s:15s])`,
	`-sort_desc(last_over_time(events[1m])) or sort_desc(last_over_time(events[1m]))`,
	`absent(rate(events{node="n0"}[1m])) or rate(events{node="n0"}[1m])`,
	`rate(events[45s]) + on (node) rate({__name__=~"events|up"}[45s]) or rate({__name__=~"events|up"}[45s])`, // fails while both exist
}

// Random fleets with late, missing and provisional samples, ended, evicted and hidden series: what the cache returns is
// what the engine returns, to the last bit.
func TestKeptResultsAreThoseOfAFreshEvaluation(t *testing.T) {
	var kept, partly, later atomic.Int64
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 7))
			histories := []*history.History{history.New(history.Options{Retention: 20 * time.Minute}), history.New(history.Options{})}
			hidden := ""
			view := func() storage.Queryable {
				return history.NewView(histories, func(i int, l labels.Labels) bool { return i == 1 && l.Get("node") == hidden }, hidden)
			}
			e := newCached(1<<20, view)
			now := int64(1_700_000_000_000)
			begin := now
			totals := map[string]float64{}
			var what Evaluation
			for i := range 300 {
				if again := i > 0 && random.IntN(3) == 0; !again {
					now += 1000 * random.Int64N(12)
					disturb(random, histories, now, totals)
					what = randomEvaluation(random, begin, now)
				}
				if random.IntN(60) == 0 {
					hidden = []string{"", "n1", "n4"}[random.IntN(3)]
				}
				found, from, until := e.results.find(what, view().(*history.View))
				switch {
				case found == nil || until < what.Start || from > min(until, what.End):
				case from > what.Start && what.Step > 0:
					later.Add(1)
				case until >= what.End:
					kept.Add(1)
				case what.Step > 0:
					partly.Add(1)
				}
				got, err := e.Evaluate(t.Context(), what)
				fresh, freshErr := e.run(t.Context(), view(), 50_000_000, parse(t, what.Expr), what)
				require.Equal(t, freshErr, err)
				if err != nil {
					continue
				}
				want, is := bits(fresh.Value), bits(got.Value)
				if what.Step == 0 && hasSubquery(parse(t, what.Expr)) { // whose order says nothing
					want, is = sortedLines(want), sortedLines(is)
				}
				require.Equal(t, want, is, "%+v", what)
				require.Equal(t, fresh.Notices, got.Notices, "%+v", what)
				if got.Release != nil && random.IntN(3) > 0 {
					got.Release()
				}
				_, bytes := e.results.size()
				require.LessOrEqual(t, bytes, int64(1<<20))
			}
		})
	}
	require.Greater(t, kept.Load(), int64(100), "whole results were reused")
	require.Greater(t, partly.Load(), int64(100), "parts of ranges were reused")
	require.Greater(t, later.Load(), int64(20), "later parts of ranges were reused")
}

// An eviction only takes the steps that read evicted samples, and those are the only ones before it that are evaluated again.
func TestLaterStepsSurviveAnEviction(t *testing.T) {
	h := history.New(history.Options{})
	events := h.Series(labels.FromStrings("__name__", "events"))
	for i := range int64(1000) {
		h.Append(i*15_000, []history.Sample{{Series: events, Value: float64(i)}})
	}
	view := history.NewView([]*history.History{h}, nil, "")
	e := newCached(1<<20, func() storage.Queryable { return view })
	what := Evaluation{Expr: "sum_over_time(events[1m])", Start: 3_000_000, End: 12_000_000, Step: 15 * time.Second}
	_, err := e.Evaluate(t.Context(), what)
	require.NoError(t, err)
	h.Truncate(6_000_000)
	found, from, until := e.results.find(what, view)
	require.NotNil(t, found)
	require.Equal(t, []int64{6_060_000, 12_000_000}, []int64{from, until})

	what.End += 300_000
	found.value.(promql.Matrix)[0].Floats[300].F = -1 // at 7,500,000: a mark of what is kept
	got, err := e.Evaluate(t.Context(), what)
	require.NoError(t, err)
	points := got.Value.(promql.Matrix)[0].Floats
	for i, p := range points {
		require.Equal(t, points[0].T+int64(i)*15_000, p.T)
		if p.T >= 6_060_000 && p.T != 7_500_000 {
			require.Equal(t, float64(4*p.T/15_000-6), p.F, "the four samples before %d", p.T)
		}
	}
	require.Equal(t, what.End, points[len(points)-1].T)
	require.Equal(t, -1.0, points[slices.IndexFunc(points, func(p promql.FPoint) bool { return p.T == 7_500_000 })].F)
	fresh, err := e.run(t.Context(), view, 1e6, parse(t, what.Expr), Evaluation{Expr: what.Expr, Start: what.Start, End: 6_045_000, Step: what.Step})
	require.NoError(t, err)
	require.Equal(t, fresh.Value.(promql.Matrix)[0].Floats, points[:len(fresh.Value.(promql.Matrix)[0].Floats)], "steps whose samples are partly gone")
}

// disturb appends a scrape of some nodes, and sometimes does what else changes a history.
func disturb(random *rand.Rand, histories []*history.History, now int64, totals map[string]float64) {
	for n := range 6 {
		node := fmt.Sprintf("n%d", n)
		h := histories[n%2]
		at := now
		switch random.IntN(12) {
		case 0:
			continue // missing
		case 1:
			at -= 1000 * random.Int64N(20) // late
		}
		up := 1.0
		events := totals[node] + float64(random.IntN(1000))/7
		switch random.IntN(25) {
		case 0:
			events = 0 // restart
		case 1:
			up, events = 0, math.Float64frombits(value.StaleNaN)
		}
		if !value.IsStaleNaN(events) {
			totals[node] = events
		}
		samples := []history.Sample{
			{Series: h.Series(labels.FromStrings("__name__", "events", "node", node)), Value: events},
			{Series: h.Series(labels.FromStrings("__name__", "up", "node", node)), Value: up},
		}
		if random.IntN(10) == 0 {
			h.SetProvisional(at, samples)
			continue
		}
		h.Append(at, samples)
	}
	switch random.IntN(80) {
	case 0:
		histories[1].Truncate(now - 600_000)
	case 1:
		history.EvictSeries(histories, histories[0].Bytes()+histories[1].Bytes()-2000, true)
	case 2:
		histories[0].Forget(func(l labels.Labels) bool { return l.Get("node") == "n2" })
	}
}

func randomEvaluation(random *rand.Rand, begin, now int64) Evaluation {
	what := Evaluation{Expr: cachedExprs[random.IntN(len(cachedExprs))], UserWritten: random.IntN(3) == 0}
	const grid = 15_000
	end := now/grid*grid - grid*random.Int64N(3)
	what.Start, what.End = end, end
	if random.IntN(3) > 0 {
		what.Step = []time.Duration{15 * time.Second, 30 * time.Second}[random.IntN(2)]
		step := what.Step.Milliseconds()
		what.End = end / step * step
		what.Start = max(begin, end-[]int64{300_000, 600_000}[random.IntN(2)]) / step * step
	}
	return what
}

// bits prints a value so that equal texts mean equal values, NaN and order included.
func bits(v parser.Value) string {
	var out strings.Builder
	switch v := v.(type) {
	case promql.Matrix:
		for _, s := range v {
			fmt.Fprintln(&out, s.Metric)
			for _, p := range s.Floats {
				fmt.Fprintf(&out, "%d %x ", p.T, math.Float64bits(p.F))
			}
		}
	case promql.Vector:
		lines := make([]string, 0, len(v))
		for _, s := range v {
			lines = append(lines, fmt.Sprintf("%s %d %x", s.Metric, s.T, math.Float64bits(s.F)))
		}
		fmt.Fprint(&out, strings.Join(lines, "\n"))
	default:
		fmt.Fprint(&out, v)
	}
	return out.String()
}

func sortedLines(text string) string {
	lines := strings.Split(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func TestReach(t *testing.T) {
	for expr, want := range map[string]time.Duration{
		`up`:                                  5 * time.Minute,
		`rate(up[1m])`:                        time.Minute,
		`rate(up[1m] offset 2m) + up`:         5 * time.Minute,
		`rate(up[10m] offset 2m) + up`:        12 * time.Minute,
		`max_over_time(rate(up[1m])[1h:15s])`: 61 * time.Minute,
		`max_over_time(up[1h:15s] offset 5m)`: 70 * time.Minute,
		`time()`:                              0,
	} {
		far, ok := reach(parse(t, expr))
		require.True(t, ok, expr)
		require.Equal(t, want, far, expr)
	}
	for _, expr := range []string{`up @ 5`, `up @ end()`, `up offset -1m`, `max_over_time(up[1h:1m] @ start())`} {
		_, ok := reach(parse(t, expr))
		require.False(t, ok, expr)
	}
}

func TestIdenticalEvaluationsRunOnce(t *testing.T) {
	h := history.New(history.Options{})
	h.Append(1000, []history.Sample{{Series: h.Series(labels.FromStrings("__name__", "up")), Value: 1}})
	var reads atomic.Int64
	gate := make(chan struct{})
	view := history.NewView([]*history.History{h}, func(int, labels.Labels) bool {
		reads.Add(1)
		<-gate
		return false
	}, "")
	e := newCached(1<<20, func() storage.Queryable { return view })
	what := Evaluation{Expr: "up", Start: 2000, End: 2000}

	left, leave := context.WithCancel(budget.WithClient(t.Context(), false))
	var group sync.WaitGroup
	results := make([]error, 6)
	for i := range results {
		ctx := budget.WithClient(t.Context(), false)
		if i == 0 {
			ctx = left
		}
		group.Go(func() {
			v, err := e.Evaluate(ctx, what)
			results[i] = err
			if err == nil && len(v.Value.(promql.Vector)) != 1 {
				results[i] = errors.New("no sample")
			}
		})
	}
	require.Eventually(t, func() bool { return reads.Load() > 0 }, time.Minute, time.Millisecond)
	leave()
	close(gate)
	group.Wait()
	for i, err := range results[1:] {
		require.NoError(t, err, i+1)
	}
	require.LessOrEqual(t, reads.Load(), int64(3), "one evaluation, and at most one more for the request that left")
	count, _ := e.results.size()
	require.Equal(t, 1, count)
}

// The least recently used results go, and none is larger than a quarter of the cache.
func TestCacheIsBounded(t *testing.T) {
	h := history.New(history.Options{})
	var samples []history.Sample
	for i := range 100 {
		samples = append(samples, history.Sample{Series: h.Series(labels.FromStrings("__name__", "up", "node", fmt.Sprint(i))), Value: 1})
	}
	h.Append(1000, samples)
	e := newCached(64<<10, func() storage.Queryable { return history.NewView([]*history.History{h}, nil, "") })
	ask := func(expr string) {
		_, err := e.Evaluate(t.Context(), Evaluation{Expr: expr, Start: 2000, End: 2000})
		require.NoError(t, err)
	}
	for i := range 20 {
		ask(fmt.Sprintf("up + %d", i))
		ask("up + 0")
	}
	count, bytes := e.results.size()
	require.LessOrEqual(t, bytes, int64(64<<10))
	require.Greater(t, count, 2)
	keys := []string{}
	for k := range e.results.byKey {
		keys = append(keys, k.expr)
	}
	require.True(t, slices.Contains(keys, "up + 0"), keys)
	require.True(t, slices.Contains(keys, "up + 19"), keys)
}

// A panic in one evaluation leaves neither its place taken nor identical evaluations waiting.
func TestPanicsEndAnEvaluation(t *testing.T) {
	h := history.New(history.Options{})
	h.Append(1000, []history.Sample{{Series: h.Series(labels.FromStrings("__name__", "up")), Value: 1}})
	asked := 0
	view := func() storage.Queryable {
		if asked++; asked%2 == 0 { // the first time only looks for a kept result
			panic("broken")
		}
		return history.NewView([]*history.History{h}, nil, "")
	}
	e := newCached(1<<20, view)
	what := Evaluation{Expr: "up", Start: 2000, End: 2000}
	for range 100 { // more than there are places
		require.PanicsWithValue(t, "broken", func() { _, _ = e.Evaluate(t.Context(), what) })
	}
	require.Empty(t, e.results.running)
}
