package datasource

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/dev/bench/mix"
	"github.com/falco-metrics/falco-metrics-datasource/dev/bench/shipped"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

// comparingExecutor compares each value at an instant with that of an engine of its own.
type comparingExecutor struct {
	*executor.Embedded
	t     *testing.T
	fleet *benchFleet

	mu               sync.Mutex
	evaluated        map[executor.Evaluation]bool
	compared, values int // values are those with a sample
}

func (e *comparingExecutor) Evaluate(ctx context.Context, what executor.Evaluation) (executor.Value, error) {
	got, err := e.Embedded.Evaluate(ctx, what)
	if err != nil {
		return got, err
	}
	e.mu.Lock()
	e.evaluated[what] = true
	e.mu.Unlock()
	if what.Step > 0 {
		return got, nil
	}
	engine := history.NewEngine(history.EngineOptions{MaxSamples: math.MaxInt, Timeout: time.Hour})
	q, err := engine.NewInstantQuery(ctx, e.fleet.Queryable(), nil, what.Expr, time.UnixMilli(what.End))
	require.NoError(e.t, err)
	defer q.Close()
	fresh := q.Exec(ctx)
	require.NoError(e.t, fresh.Err)
	lines := exactly(got.Value)
	require.Equal(e.t, exactly(fresh.Value), lines, what.Expr)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.compared++
	if len(lines) > 0 {
		e.values++
	}
	return got, nil
}

// exactly prints a value so that equal texts mean equal values, NaN included.
func exactly(v parser.Value) (lines []string) {
	vector, isVector := v.(promql.Vector)
	if !isVector {
		return []string{v.String()}
	}
	for _, s := range vector {
		lines = append(lines, fmt.Sprintf("%s %d %x", s.Metric, s.T, math.Float64bits(s.F)))
	}
	slices.Sort(lines)
	return lines
}

// disturb scrapes most nodes: some late, some not at all, and some after a restart of Falco.
func (f *benchFleet) disturb(random *rand.Rand, restarts [][]float64) {
	f.now = f.now.Add(mix.IntervalMillis * time.Millisecond)
	values := make([]float64, len(f.samples[0]))
	for i, node := range f.nodes {
		node.Scrape(values)
		if random.IntN(25) == 0 {
			for k, l := range node.Series {
				name := l.Get(model.MetricNameLabel)
				switch {
				case strings.HasSuffix(name, "_start_timestamp_nanoseconds"):
					restarts[i][k] -= 1e12
				case strings.HasSuffix(name, "_total"):
					restarts[i][k] = math.Floor(values[k])
				}
			}
		}
		at := f.now
		switch random.IntN(15) {
		case 0:
			continue
		case 1:
			at = at.Add(-time.Duration(random.IntN(9000)) * time.Millisecond)
		}
		for k := range f.samples[i] {
			f.samples[i][k].Value = values[k] - restarts[i][k]
		}
		f.history.Append(at.UnixMilli(), f.samples[i])
		f.statuses[i].LastScrape, f.statuses[i].LastUp = at, at
	}
}

// All dashboards, checks and alert rules: values that sub-expressions share are those of an engine that knows none, with
// room for the whole fleet, and with room for some of its nodes only.
func TestSubExpressionsAreThoseOfAFreshEvaluation(t *testing.T) {
	files, err := filepath.Glob("../../src/dashboards/*.json")
	require.NoError(t, err)
	rules := alertQueries(t)
	const nodes = 10
	for _, limit := range []int{50_000_000, 800_000} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			random := rand.New(rand.NewPCG(uint64(limit), 1))
			f := newBenchFleet(t, nodes, 3)
			restarts := make([][]float64, nodes)
			for i := range restarts {
				restarts[i] = make([]float64, len(f.samples[i]))
			}
			for range 80 {
				f.disturb(random, restarts)
			}
			f.instance.source.Settings.MaxSamples = limit
			shared := executor.NewEmbedded(f.instance.source.Settings, f.fakeFleet, nil, executor.NewShared())
			e := &comparingExecutor{Embedded: shared, t: t, fleet: f, evaluated: map[executor.Evaluation]bool{}}
			f.instance.source.Executor = e
			for range 2 {
				f.disturb(random, restarts)
				requests := shipped.AlertRequests(rules, f.now)
				for _, file := range files {
					requests = append(requests, refresh(t, file, nodes, f.now)...)
				}
				for _, request := range requests {
					ctx, sent := context.WithCancel(t.Context())
					_, err := f.instance.QueryData(ctx, request)
					sent()
					require.NoError(t, err)
				}
				_, err := f.instance.CheckHealth(t.Context(), &backend.CheckHealthRequest{})
				require.NoError(t, err)
			}
			summary, err := e.Check(t.Context())
			require.NoError(t, err)
			var kept int
			_, err = fmt.Sscan(summary.Suggestions[0], &kept)
			require.NoError(t, err)
			t.Log(len(e.evaluated), e.compared, e.values, kept)
			require.Greater(t, e.compared, 500)
			require.Greater(t, e.values, 300)
			require.Greater(t, kept, len(e.evaluated)+100, "sub-expressions are among the kept values")
		})
	}
}
