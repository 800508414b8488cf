package datasource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/dev/bench/mix"
	"github.com/falco-metrics/falco-metrics-datasource/dev/bench/shipped"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/receiver"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

// BenchmarkDashboards asks what each shipped dashboard asks in one refresh, panel by panel as Grafana does, of fleets of
// several sizes with an hour of history, at the time range that the dashboard opens with. cpu-ms/op is the CPU time of the
// process: `npm run bench` shows it, and the time that passed. A cold refresh is the first one of a data source, a warm
// one follows another after one scrape of all nodes, and ten viewers refresh within ten seconds after a scrape.
func BenchmarkDashboards(b *testing.B) {
	files, err := filepath.Glob("../../src/dashboards/*.json")
	require.NoError(b, err)
	for _, nodes := range []int{10, 100, 200, 1000} {
		b.Run(fmt.Sprintf("%d-nodes", nodes), func(b *testing.B) {
			f := newBenchFleet(b, nodes, 241)
			for _, file := range files {
				b.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(b *testing.B) {
					b.Run("cold", func(b *testing.B) {
						measure(b, f.restart, func() { f.ask(b, refresh(b, file, nodes, f.now)) })
					})
					f.ask(b, refresh(b, file, nodes, f.now))
					b.Run("warm", func(b *testing.B) {
						measure(b, f.scrape, func() { f.ask(b, refresh(b, file, nodes, f.now)) })
					})
					b.Run("ten-viewers", func(b *testing.B) {
						measure(b, f.scrape, func() {
							for viewer := range 10 {
								f.ask(b, refresh(b, file, nodes, f.now.Add(time.Duration(viewer)*time.Second)))
							}
						})
					})
				})
			}
		})
	}
}

// BenchmarkAlertRules evaluates the shipped alert rules once a minute.
func BenchmarkAlertRules(b *testing.B) {
	f := newBenchFleet(b, 1000, 241)
	rules := alertQueries(b)
	measure(b, func() {
		for range 4 {
			f.scrape()
		}
	}, func() { f.ask(b, shipped.AlertRequests(rules, f.now)) })
}

// measure reports the CPU time of what is done after each preparation.
func measure(b *testing.B, prepare, do func()) {
	b.Helper()
	var cpu time.Duration
	for b.Loop() {
		b.StopTimer()
		prepare()
		runtime.GC()
		before := cpuTime(b)
		b.StartTimer()
		do()
		cpu += cpuTime(b) - before
	}
	b.ReportMetric(float64(cpu.Milliseconds())/float64(b.N), "cpu-ms/op")
}

func cpuTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// benchFleet is a fleet that the test scrapes.
type benchFleet struct {
	*fakeFleet
	instance *Instance
	now      time.Time
	restart  func() // opens the data source anew, so that it has kept no result
	nodes    []*mix.Node
	samples  [][]history.Sample
}

// newBenchFleet returns so many nodes that have been scraped so many times.
func newBenchFleet(b testing.TB, count, scrapes int) *benchFleet {
	f := &benchFleet{fakeFleet: &fakeFleet{history: history.New(history.Options{})}, now: time.Now().Truncate(mix.IntervalMillis * time.Millisecond).Add(-time.Hour)}
	f.since = f.now.Add(mix.IntervalMillis * time.Millisecond)
	for i := range count {
		node := mix.New(i)
		f.nodes = append(f.nodes, node)
		metrics := map[string]bool{}
		var samples []history.Sample
		for _, l := range node.Series {
			metrics[l.Get(model.MetricNameLabel)] = true
			samples = append(samples, history.Sample{Series: f.history.Series(l)})
		}
		f.samples = append(f.samples, samples)
		f.statuses = append(f.statuses, scrape.Status{
			Address: fmt.Sprintf("http://node-%d:8765/metrics", i), Kind: scrape.KindFalco, State: scrape.Up,
			Labels: labels.FromStrings("cluster", "bench", "node", fmt.Sprintf("node-%d", i)),
			Facts:  map[string]string{"version": "0.41.0", "engine": "modern_bpf", "kernel": "6.8.0-60-generic"},
			Since:  f.since, FirstScrape: f.since, Samples: len(metrics), Metrics: metrics,
		})
	}
	for range scrapes {
		f.scrape()
	}
	settings := backend.DataSourceInstanceSettings{JSONData: json.RawMessage(`{"targets": [{"url": "falco:8765"}], "limits": {"queryTimeout": "10m"}}`)}
	f.restart = func() {
		f.instance = newInstance(b.Context(), settings, func(scrape.Config) (executor.Fleet, error) { return f.fakeFleet, nil }, receiver.NewRecorder(), executor.NewShared())
		f.instance.source.Now = func() time.Time { return f.now }
	}
	f.restart()
	return f
}

// scrape scrapes all nodes once, an interval after the last time.
func (f *benchFleet) scrape() {
	f.now = f.now.Add(mix.IntervalMillis * time.Millisecond)
	values := make([]float64, len(f.samples[0]))
	for i, node := range f.nodes {
		node.Scrape(values)
		for k := range f.samples[i] {
			f.samples[i][k].Value = values[k]
		}
		f.history.Append(f.now.UnixMilli(), f.samples[i])
		s := &f.statuses[i]
		s.LastScrape, s.LastUp, s.Scrapes = f.now, f.now, s.Scrapes+1
	}
}

// ask sends requests one after the other.
func (f *benchFleet) ask(b *testing.B, requests []*backend.QueryDataRequest) {
	for _, request := range requests {
		require.NoError(b, f.askOne(b.Context(), request))
	}
}

// askOne sends a request. Its context ends when the response has been written.
func (f *benchFleet) askOne(ctx context.Context, request *backend.QueryDataRequest) error {
	ctx, sent := context.WithCancel(ctx)
	defer sent()
	res, err := f.instance.QueryData(ctx, request)
	if err != nil {
		return err
	}
	for _, answer := range res.Responses {
		err = errors.Join(err, answer.Error)
	}
	return err
}

func alertQueries(b testing.TB) []shipped.AlertQuery {
	rules, err := shipped.AlertQueries("../../provisioning/alerting/falco.yaml")
	require.NoError(b, err)
	return rules
}

// refresh is one request for each panel of a dashboard, and one for its annotations.
func refresh(b testing.TB, file string, nodes int, now time.Time) []*backend.QueryDataRequest {
	requests, err := shipped.Refresh(file, nodes, now)
	require.NoError(b, err)
	return requests
}
