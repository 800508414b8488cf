package datasource

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

// countingExecutor counts evaluations.
type countingExecutor struct {
	*executor.Embedded
	count atomic.Int32
}

func (e *countingExecutor) Evaluate(ctx context.Context, what executor.Evaluation) (executor.Value, error) {
	e.count.Add(1)
	return e.Embedded.Evaluate(ctx, what)
}

// countedFleet returns an instance with so many nodes, of which the first has samples, and what counts its evaluations.
func countedFleet(t *testing.T, nodes int) (*Instance, *fakeFleet, *countingExecutor) {
	var statuses []scrape.Status
	for i := range nodes {
		statuses = append(statuses, falco(fmt.Sprintf("node-%d", i), kernelCounters...))
	}
	d, f := newTest(t, statuses...)
	f.count("node-0", 5)
	e := &countingExecutor{Embedded: d.source.Executor.(*executor.Embedded)}
	d.source.Executor = e
	return d, f, e
}

func TestViewersShareAnswers(t *testing.T) {
	const query = `{"signals": ["kernel-drop-ratio"], "format": "table", "instant": true}`
	d, f, e := countedFleet(t, manyTargets)
	ask := func() int32 {
		e.count.Store(0)
		require.InDelta(t, 0.05, figure(t, queryOne(t, d, query).Frames[0], 0), 1e-9)
		return e.count.Load()
	}
	require.Positive(t, ask())
	require.Zero(t, ask(), "nothing has changed")
	check, err := d.CheckHealth(t.Context(), nil)
	require.NoError(t, err)
	require.Contains(t, string(check.JSONDetails), "1 response kept for other viewers: ")
	d.source.Now = func() time.Time { return noon.Truncate(15 * time.Second).Add(14 * time.Second) }
	require.Zero(t, ask(), "until the next tick")
	f.setAt(noon.Add(time.Second), 1, "__name__", "up", "node", "new")
	require.Zero(t, ask(), "a sample after the time of the evaluation")
	f.setAt(noon.Truncate(15*time.Second), 1, "__name__", "up", "node", "late")
	require.Positive(t, ask(), "a late sample")
	require.Zero(t, ask())
	d.source.Now = func() time.Time { return noon.Add(15 * time.Second) }
	require.Positive(t, ask(), "the next tick")

	e.count.Store(0)
	queryOne(t, d, `{"signals": ["kernel-drop-ratio"], "format": "table"}`)
	require.Positive(t, e.count.Load(), "another query")
	e.count.Store(0)
	require.NoError(t, queries(t, d, map[string]string{"FromAlert": "true"}, query)["A"].Error)
	require.Positive(t, e.count.Load(), "alert rules get series instead of tables")
}

func TestAnswersAreComputedOnce(t *testing.T) {
	d, _, e := countedFleet(t, manyTargets)
	ask := func() {
		require.NoError(t, queryOne(t, d, `{"queryType": "health"}`).Error)
	}
	ask()
	once := e.count.Load()
	require.Positive(t, once)
	d, _, e = countedFleet(t, manyTargets)
	var all sync.WaitGroup
	for range 10 {
		all.Go(ask)
	}
	all.Wait()
	require.Equal(t, once, e.count.Load())
}

// An error is not shared: it may come from a client that left.
func TestErrorsAreNotShared(t *testing.T) {
	d, _, e := countedFleet(t, manyTargets)
	left, leave := context.WithCancel(t.Context())
	leave()
	asked := &backend.QueryDataRequest{Queries: []backend.DataQuery{{
		RefID: "A", JSON: []byte(`{"queryType": "health"}`), Interval: 15 * time.Second, MaxDataPoints: 1000,
		TimeRange: backend.TimeRange{From: noon.Add(-time.Hour), To: noon},
	}}}
	res, err := d.QueryData(left, asked)
	require.NoError(t, err)
	require.Error(t, res.Responses["A"].Error)
	res, err = d.QueryData(t.Context(), asked)
	require.NoError(t, err)
	require.NoError(t, res.Responses["A"].Error)
	require.Positive(t, e.count.Load())
}

func TestSmallFleetsShareNothing(t *testing.T) {
	d, _, e := countedFleet(t, manyTargets-1)
	for range 2 {
		e.count.Store(0)
		require.NoError(t, queryOne(t, d, `{"signals": ["kernel-drop-ratio"]}`).Error)
		require.Positive(t, e.count.Load())
	}
}
