package history

import (
	"context"
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/util/teststorage"
	"github.com/stretchr/testify/require"
)

//go:embed testdata/engine.test
var engineScript string

func testEngine() *promql.Engine {
	return NewEngine(EngineOptions{MaxSamples: 10_000, Timeout: time.Minute})
}

// The promises of the engine's contract, in the notation of Prometheus's own tests.
func TestEngine(t *testing.T) {
	promqltest.RunTestWithStorage(t, engineScript, testEngine(), openStorage)
}

// Prometheus's acceptance tests on this storage.
func TestPrometheusAcceptance(t *testing.T) {
	engine := promqltest.NewTestEngine(t, false, 0, promqltest.DefaultMaxSamplesPerQuery)
	promqltest.RunBuiltinTestsWithStorage(t, engine, openStorage)
}

// testStorage loads the scripts into a history. Histograms and start times, which a history cannot store, go to
// Prometheus's storage, and queries see both.
type testStorage struct {
	storage.Storage
	history *History
}

func openStorage(t testing.TB) storage.Storage {
	peer := teststorage.New(t, func(o *tsdb.Options) {
		o.EnableSTStorage, o.EnableHistogramSTEncoding, o.FloatChunkEncoding = true, true, chunkenc.EncXOR2
	})
	return testStorage{peer, New(Options{})}
}

func (s testStorage) Querier(mint, maxt int64) (storage.Querier, error) {
	theirs, err := s.Storage.Querier(mint, maxt)
	if err != nil {
		return nil, err
	}
	ours, err := queryable(s.history).Querier(mint, maxt)
	return storage.NewMergeQuerier([]storage.Querier{ours, theirs}, nil, storage.ChainedSeriesMerge), err
}

func (s testStorage) AppenderV2(ctx context.Context) storage.AppenderV2 {
	return testAppender{s.Storage.AppenderV2(ctx), s.history}
}

type testAppender struct {
	storage.AppenderV2
	history *History
}

func (a testAppender) Append(
	ref storage.SeriesRef, l labels.Labels, start, t int64, v float64,
	h *histogram.Histogram, fh *histogram.FloatHistogram, o storage.AppendV2Options,
) (storage.SeriesRef, error) {
	if h != nil || fh != nil || start != 0 {
		return a.AppenderV2.Append(ref, l, start, t, v, h, fh, o)
	}
	appendOne(a.history, t, a.history.Series(l), v)
	return 0, nil
}

func run(t *testing.T, engine *promql.Engine, q storage.Queryable, expr string, at time.Duration) *promql.Result {
	t.Helper()
	query, err := engine.NewInstantQuery(context.Background(), q, nil, expr, time.UnixMilli(0).Add(at))
	require.NoError(t, err)
	t.Cleanup(query.Close)
	return query.Exec(context.Background())
}

func TestSampleLimit(t *testing.T) {
	h := New(Options{})
	for i := range 5 {
		appendOne(h, 0, h.Series(named("a", "i", fmt.Sprint(i))), 1)
	}
	engine := NewEngine(EngineOptions{MaxSamples: 4, Timeout: time.Minute})
	require.EqualError(t, run(t, engine, queryable(h), "a", 0).Err,
		"query processing would load too many samples into memory in query execution")
	require.NoError(t, run(t, engine, queryable(h), `a{i!="4"}`, 0).Err)
}

// patient returns from a select when the query has timed out.
type patient struct{ storage.Querier }

func (p patient) Select(ctx context.Context, sorted bool, h *storage.SelectHints, m ...*labels.Matcher) storage.SeriesSet {
	<-ctx.Done()
	return p.Querier.Select(ctx, sorted, h, m...)
}

func TestTimeout(t *testing.T) {
	slow := storage.QueryableFunc(func(mint, maxt int64) (storage.Querier, error) {
		q, err := queryable(New(Options{})).Querier(mint, maxt)
		return patient{q}, err
	})
	engine := NewEngine(EngineOptions{MaxSamples: 10, Timeout: 100 * time.Millisecond})
	require.EqualError(t, run(t, engine, slow, "a", 0).Err, "query timed out in expression evaluation")
}

func TestExperimentalIsRefused(t *testing.T) {
	for expr, want := range map[string]string{
		"mad_over_time(a[1m])": `1:1: parse error: function "mad_over_time" is not enabled`,
		"limitk(1, a)":         `1:1: parse error: limitk() is experimental and must be enabled with --enable-feature=promql-experimental-functions`,
	} {
		_, err := testEngine().NewInstantQuery(context.Background(), queryable(), nil, expr, time.UnixMilli(0))
		require.EqualError(t, err, want)
	}
}

// A series that is first in one history and then in another is one series with one rate.
func TestHistoriesAreChained(t *testing.T) {
	first, second := New(Options{}), New(Options{})
	for at := range int64(8) {
		h := []*History{first, second}[at/4]
		appendOne(h, at*step, h.Series(named("a", "node", "n1")), float64(at*150))
	}
	appendOne(second, 0, second.Series(named("a", "node", "n2")), 5)

	both := queryable(first, second)
	result := run(t, testEngine(), both, "rate(a[2m])", 7*15*time.Second)
	require.NoError(t, result.Err)
	require.Equal(t, `{node="n1"} => 8.75 @[105000]`, result.String())
	require.Equal(t, 2, strings.Count(dump(t, both, math.MinInt64, math.MaxInt64), "\n"))

	nodes := []string{}
	result = run(t, testEngine(), both, "count_over_time(a[1h])", 7*15*time.Second)
	vector, err := result.Vector()
	require.NoError(t, err)
	for _, s := range vector {
		nodes = append(nodes, fmt.Sprint(s.Metric.Get("node"), "=", s.F))
	}
	slices.Sort(nodes)
	require.Equal(t, []string{"n1=8", "n2=1"}, nodes)
}
