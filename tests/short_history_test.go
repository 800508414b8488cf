package tests

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// counter is a counter that a target exports from its first increment on.
type counter struct {
	series *history.Series
	// present is the first scrape that has it; value is the last value, before the value at the first scrape of all.
	present       int
	value, before float64
}

// TestNothingCountedIsLost evaluates signals that count from the first occurrence on: over random series, any window that
// covers them, any length of the history and any phase of the scrapes, at least what was counted comes out.
func TestNothingCountedIsLost(t *testing.T) {
	catalogue := signals.Load()
	engine := history.NewEngine(history.EngineOptions{MaxSamples: 1e6, Timeout: time.Minute})
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		db := history.New(history.Options{})
		start := time.Unix(1_795_600_000, 0)
		interval := time.Duration(5+random.IntN(26)) * time.Second
		// The history starts with the first scrape of another target.
		appendAt(db, start, 1, labels.FromStrings("__name__", "up", "cluster", "x", "node", "first"))
		phase := time.Duration(random.Int64N(int64(interval/time.Millisecond))) * time.Millisecond
		scrapes := 2 + random.IntN(60)
		counters := make([]counter, 1+random.IntN(3))
		for i := range counters {
			counters[i].present = random.IntN(scrapes)
			counters[i].series = db.Series(labels.FromStrings("__name__", "falcosecurity_falco_rules_matches_total",
				"cluster", "x", "node", "a", "rule_name", string(rune('A'+i)), "priority", "4", "source", "syscall"))
		}
		var last time.Time
		for n := range scrapes {
			last = start.Add(phase + time.Duration(n)*interval)
			appendAt(db, last, 1, labels.FromStrings("__name__", "up", "cluster", "x", "node", "a"))
			for i := range counters {
				c := &counters[i]
				if n < c.present {
					continue
				}
				if n == c.present || random.IntN(3) == 0 {
					c.value += float64(1 + random.IntN(4))
				}
				if n == 0 {
					c.before = c.value
				}
				db.Append(last.UnixMilli(), []history.Sample{{Series: c.series, Value: c.value}})
			}
		}
		at := last.Add(time.Duration(random.Int64N(int64(interval))))
		var counted float64
		for _, c := range counters {
			counted += c.value - c.before
		}
		for _, window := range []time.Duration{at.Sub(start) + time.Millisecond, at.Sub(start) + time.Duration(random.Int64N(int64(24*time.Hour)))} {
			got := evaluateSignal(t, catalogue, engine, db, "matches-by-rule", window, signals.CompileOptions{
				Identity: []string{"cluster", "node"}, ScrapeInterval: interval, Step: interval, Range: window,
				History: at.Sub(start).Truncate(time.Second) + time.Second,
			}, at)
			require.GreaterOrEqual(t, got, counted-1e-9, "seed %d, window %s: %d scrapes every %s", seed, window, scrapes, interval)
			require.LessOrEqual(t, got, 2*counted+1e-9, "seed %d, window %s: %d scrapes every %s", seed, window, scrapes, interval)
		}
	}
}

func appendAt(db *history.History, at time.Time, value float64, l labels.Labels) {
	db.Append(at.UnixMilli(), []history.Sample{{Series: db.Series(l), Value: value}})
}

// evaluateSignal returns the sum of a signal's values.
func evaluateSignal(t *testing.T, catalogue *signals.Catalogue, engine *promql.Engine, db *history.History, id string, window time.Duration, o signals.CompileOptions, at time.Time) float64 {
	t.Helper()
	s, err := catalogue.Signal(id)
	require.NoError(t, err)
	expr, _, err := catalogue.Compile(s, nil, nil, signals.FormatDuration(window), o)
	require.NoError(t, err)
	query, err := engine.NewInstantQuery(t.Context(), history.NewView([]*history.History{db}, nil, ""), nil, expr, at)
	require.NoError(t, err)
	defer query.Close()
	vector, err := query.Exec(t.Context()).Vector()
	require.NoError(t, err)
	var sum float64
	for _, sample := range vector {
		sum += sample.F
	}
	return sum
}
