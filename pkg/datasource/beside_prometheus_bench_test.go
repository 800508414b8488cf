package datasource

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/falco-metrics/falco-metrics-datasource/dev/bench/mix"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/tests/conformance/server"
)

// BenchmarkBesidePrometheus reports the CPU time of a real Prometheus with the same samples for the different expressions
// behind the first refresh of a dashboard, beside that of the whole refresh in this process. Neither has recorded rules.
// Both do more than evaluate: Prometheus encodes values as JSON, and this process makes frames.
func BenchmarkBesidePrometheus(b *testing.B) {
	files, err := filepath.Glob("../../src/dashboards/*.json")
	require.NoError(b, err)
	for _, nodes := range []int{200, 1000} {
		b.Run(fmt.Sprintf("%d-nodes", nodes), func(b *testing.B) {
			f := newBenchFleet(b, nodes, 241)
			peer, err := server.StartPrometheus("")
			require.NoError(b, err)
			b.Cleanup(peer.Stop)
			fillPeer(b, peer, nodes, f.since)
			for _, file := range files {
				b.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(b *testing.B) {
					var ours, theirs time.Duration
					count := 0
					for b.Loop() {
						f.restart()
						recorded := &recordedExecutor{Executor: f.instance.source.Executor, seen: map[executor.Evaluation]bool{}}
						f.instance.source.Executor = recorded
						before := cpuTime(b)
						f.ask(b, refresh(b, file, nodes, f.now))
						ours += cpuTime(b) - before
						theirs += recorded.replay(b, peer)
						count += len(recorded.seen)
					}
					b.ReportMetric(float64(ours.Milliseconds())/float64(b.N), "cpu-ms/op")
					b.ReportMetric(float64(theirs.Milliseconds())/float64(b.N), "peer-cpu-ms/op")
					b.ReportMetric(float64(count)/float64(b.N), "expressions")
				})
			}
		})
	}
}

// BenchmarkRequestsToPrometheus reports how many requests a data source in Prometheus mode sends for a refresh of a
// dashboard: for the first one (cold), and for one after each further scrape (warm).
func BenchmarkRequestsToPrometheus(b *testing.B) {
	const nodes = 20
	peer, err := server.StartPrometheus("")
	require.NoError(b, err)
	b.Cleanup(peer.Stop)
	first := time.Now().Truncate(mix.IntervalMillis * time.Millisecond).Add(-50 * time.Minute) // the samples go on for ten minutes
	fillPeer(b, peer, nodes, first)
	address, err := url.Parse(peer.URL)
	require.NoError(b, err)
	var requests atomic.Int64
	proxy := httputil.NewSingleHostReverseProxy(address)
	counting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		body, _ := io.ReadAll(r.Body) // a proxied response may end before a body that is still being copied
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r)
	}))
	b.Cleanup(counting.Close)
	settings := backend.DataSourceInstanceSettings{JSONData: json.RawMessage(fmt.Sprintf(`{"mode": "prometheus", "prometheus": {"url": %q, "identityLabels": ["cluster", "node"]}, "scrapeInterval": "15s"}`, counting.URL))}
	files, err := filepath.Glob("../../src/dashboards/*.json")
	require.NoError(b, err)
	for _, file := range files {
		b.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(b *testing.B) {
			cold, warm := int64(0), int64(0)
			for b.Loop() {
				f := &benchFleet{now: first.Add(50 * time.Minute)}
				f.useStore(b, settings)
				before := requests.Load()
				f.askAtOnce(b, refresh(b, file, nodes, f.now))
				cold += requests.Load() - before
				before = requests.Load()
				for range 10 {
					f.now = f.now.Add(mix.IntervalMillis * time.Millisecond)
					f.askAtOnce(b, refresh(b, file, nodes, f.now))
				}
				warm += requests.Load() - before
				f.instance.Dispose()
			}
			b.ReportMetric(float64(cold)/float64(b.N), "cold-requests")
			b.ReportMetric(float64(warm)/float64(10*b.N), "warm-requests")
		})
	}
}

// askAtOnce sends requests as a browser does that opens a dashboard: six at a time.
func (f *benchFleet) askAtOnce(b testing.TB, requests []*backend.QueryDataRequest) {
	var all errgroup.Group
	all.SetLimit(6)
	for _, request := range requests {
		all.Go(func() error { return f.askOne(b.Context(), request) })
	}
	require.NoError(b, all.Wait())
}

// fillPeer writes the samples that newBenchFleet has at first.
func fillPeer(b *testing.B, peer *server.Prometheus, nodes int, first time.Time) {
	for begin := 0; begin < nodes; begin += 50 {
		var all []server.Series
		for i := begin; i < min(begin+50, nodes); i++ {
			node := mix.New(i)
			series := make([]server.Series, len(node.Series))
			for k, l := range node.Series {
				series[k].Labels = l
			}
			values := make([]float64, len(series))
			for n := range 241 {
				node.Scrape(values)
				for k := range series {
					series[k].Times = append(series[k].Times, first.UnixMilli()+int64(n)*mix.IntervalMillis)
					series[k].Values = append(series[k].Values, values[k])
				}
			}
			all = append(all, series...)
		}
		require.NoError(b, peer.Write(all))
	}
}

// recordedExecutor remembers the different evaluations.
type recordedExecutor struct {
	executor.Executor

	mu   sync.Mutex
	seen map[executor.Evaluation]bool
}

// Evaluate implements [executor.Executor].
func (r *recordedExecutor) Evaluate(ctx context.Context, e executor.Evaluation) (executor.Value, error) {
	r.mu.Lock()
	r.seen[e] = true
	r.mu.Unlock()
	return r.Executor.Evaluate(ctx, e)
}

// replay sends the evaluations to a Prometheus and returns the CPU time that it takes for them.
func (r *recordedExecutor) replay(b *testing.B, peer *server.Prometheus) time.Duration {
	before, err := peer.CPU()
	require.NoError(b, err)
	seconds := func(millis int64) string { return strconv.FormatFloat(float64(millis)/1000, 'f', 3, 64) }
	for e := range r.seen {
		expr := withoutDurations(b, e.Expr)
		path, form := "/api/v1/query", url.Values{"query": {expr}, "time": {seconds(e.End)}}
		if e.Step > 0 {
			path, form = "/api/v1/query_range", url.Values{
				"query": {expr}, "start": {seconds(e.Start)}, "end": {seconds(e.End)}, "step": {seconds(e.Step.Milliseconds())},
			}
		}
		res, err := http.PostForm(peer.URL+path, form)
		require.NoError(b, err)
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		require.NoError(b, err)
		require.Equal(b, http.StatusOK, res.StatusCode, "%.300s: %.500s", text, expr)
	}
	after, err := peer.CPU()
	require.NoError(b, err)
	return after - before
}

// withoutDurations writes durations that serve as numbers as numbers: Prometheus before 3.0 does not know them.
func withoutDurations(b *testing.B, expr string) string {
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	require.NoError(b, err)
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		if number, ok := node.(*parser.NumberLiteral); ok {
			number.Duration = false
		}
		return nil
	})
	return parsed.String()
}
