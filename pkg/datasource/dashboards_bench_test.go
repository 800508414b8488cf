package datasource

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/dev/bench/mix"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/receiver"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

// BenchmarkDashboards asks what each shipped dashboard asks in one refresh, panel by panel as Grafana does, of fleets of
// several sizes with an hour of history, at the time range that the dashboard opens with. cpu-ms/op is the CPU time of the
// process: `npm run bench` shows it, and the time that passed.
func BenchmarkDashboards(b *testing.B) {
	files, err := filepath.Glob("../../src/dashboards/*.json")
	require.NoError(b, err)
	for _, nodes := range []int{10, 100, 200, 1000} {
		b.Run(fmt.Sprintf("%d-nodes", nodes), func(b *testing.B) {
			d := benchFleet(b, nodes)
			for _, file := range files {
				b.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(b *testing.B) { askAll(b, d, refresh(b, file, nodes, d.source.Now())) })
			}
		})
	}
}

func askAll(b *testing.B, d *Instance, requests []*backend.QueryDataRequest) {
	before := cpuTime(b)
	for b.Loop() {
		for _, request := range requests {
			res, err := d.QueryData(b.Context(), request)
			require.NoError(b, err)
			for ref, answer := range res.Responses {
				require.NoError(b, answer.Error, ref)
			}
		}
	}
	b.ReportMetric(float64((cpuTime(b)-before).Milliseconds())/float64(b.N), "cpu-ms/op")
}

func cpuTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// benchFleet is so many nodes that have been scraped for an hour.
func benchFleet(b *testing.B, count int) *Instance {
	f := &fakeFleet{history: history.New(history.Options{})}
	end := time.Now().Truncate(mix.IntervalMillis * time.Millisecond)
	f.since = end.Add(-time.Hour)
	nodes := make([]*mix.Node, count)
	samples := make([][]history.Sample, count)
	for i := range nodes {
		nodes[i] = mix.New(i)
		metrics := map[string]bool{}
		for _, l := range nodes[i].Series {
			metrics[l.Get(model.MetricNameLabel)] = true
			samples[i] = append(samples[i], history.Sample{Series: f.history.Series(l)})
		}
		f.statuses = append(f.statuses, scrape.Status{
			Address: fmt.Sprintf("http://node-%d:8765/metrics", i), Kind: scrape.KindFalco, State: scrape.Up,
			Labels: labels.FromStrings("cluster", "bench", "node", fmt.Sprintf("node-%d", i)),
			Facts:  map[string]string{"version": "0.41.0", "engine": "modern_bpf", "kernel": "6.8.0-60-generic"},
			Since:  f.since, FirstScrape: f.since, LastScrape: end, LastUp: end, Scrapes: 241, Samples: len(metrics), Metrics: metrics,
		})
	}
	values := make([]float64, len(samples[0]))
	for at := f.since; !at.After(end); at = at.Add(mix.IntervalMillis * time.Millisecond) {
		for i, node := range nodes {
			node.Scrape(values)
			for k := range samples[i] {
				samples[i][k].Value = values[k]
			}
			f.history.Append(at.UnixMilli(), samples[i])
		}
	}
	settings := backend.DataSourceInstanceSettings{JSONData: json.RawMessage(`{"targets": [{"url": "falco:8765"}]}`)}
	d := newInstance(b.Context(), settings, func(scrape.Config) (executor.Fleet, error) { return f, nil }, receiver.NewRecorder(), executor.NewShared())
	d.source.Now = func() time.Time { return end }
	return d
}

// refresh is one request for each panel of a dashboard, and one for its annotations.
func refresh(b testing.TB, file string, nodes int, now time.Time) (out []*backend.QueryDataRequest) {
	text, err := os.ReadFile(file)
	require.NoError(b, err)
	var names []string
	for i := range nodes {
		names = append(names, fmt.Sprintf("node-%d", i))
	}
	every := "(" + strings.Join(names, "|") + ")"
	if strings.HasSuffix(file, "node.json") {
		every = names[9] // which loses events
	}
	filled := strings.NewReplacer("${cluster:regex}", "bench", "${node:regex}", every, "${destination:regex}", ".*", "${rule:regex}", ".*").Replace(string(text))
	var dashboard struct {
		Time   struct{ From string }
		Panels []struct {
			Interval      string
			MaxDataPoints int64
			Targets       []json.RawMessage
		}
		Annotations struct {
			List []struct{ Target json.RawMessage }
		}
	}
	require.NoError(b, json.Unmarshal([]byte(filled), &dashboard))
	length, err := model.ParseDuration(strings.TrimPrefix(dashboard.Time.From, "now-"))
	require.NoError(b, err)
	ask := func(points int64, least string, targets ...json.RawMessage) {
		request := &backend.QueryDataRequest{}
		interval, _ := model.ParseDuration(least)
		for i, target := range targets {
			request.Queries = append(request.Queries, backend.DataQuery{
				RefID: string(rune('A' + i)), JSON: target, MaxDataPoints: points,
				Interval:  max(time.Duration(interval), time.Duration(length)/time.Duration(points)),
				TimeRange: backend.TimeRange{From: now.Add(-time.Duration(length)), To: now},
			})
		}
		out = append(out, request)
	}
	for _, panel := range dashboard.Panels {
		if len(panel.Targets) > 0 {
			ask(max(panel.MaxDataPoints, 1), panel.Interval, panel.Targets...)
		}
	}
	for _, annotation := range dashboard.Annotations.List {
		ask(100, "", annotation.Target)
	}
	return out
}
