package history

import (
	"context"
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/dev/bench/mix"
)

const benchStart = 1_760_000_000_000 // ms, on the grid

// scrapeMix fills a history with about an hour of scrapes of simulated Falcos.
func scrapeMix(nodes, scrapes int) *History {
	h := New(Options{Retention: 24 * time.Hour})
	for i := range nodes {
		node := mix.New(i)
		samples, values := make([]Sample, len(node.Series)), make([]float64, len(node.Series))
		for k, l := range node.Series {
			samples[k].Series = h.Series(l)
		}
		for at := range int64(scrapes) {
			node.Scrape(values)
			for k := range samples {
				samples[k].Value = values[k]
			}
			h.Append(benchStart+at*mix.IntervalMillis, samples)
		}
	}
	return h
}

// Stats.Bytes decides when samples are evicted, so it must match the heap.
func TestBytesAreThoseOfTheHeap(t *testing.T) {
	for _, c := range []struct {
		name           string
		nodes, scrapes int
	}{{"one scrape", 100, 1}, {"an hour", 15, 240}, {"a day", 1, 5760}} {
		t.Run(c.name, func(t *testing.T) {
			before := heap()
			h := scrapeMix(c.nodes, c.scrapes)
			stats := h.Stats()
			require.InEpsilon(t, heap()-before, stats.Bytes, 0.1)
			t.Logf("%d bytes a series", stats.Bytes/int64(stats.Series))

			h.Truncate(benchStart + int64(c.scrapes/2)*mix.IntervalMillis)
			require.InEpsilon(t, heap()-before, h.Stats().Bytes, 0.1)
			runtime.KeepAlive(h)
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	h := New(Options{Retention: time.Hour})
	node := mix.New(0)
	samples, values := make([]Sample, len(node.Series)), make([]float64, len(node.Series))
	for k, l := range node.Series {
		samples[k].Series = h.Series(l)
	}
	b.ReportAllocs()
	for at := int64(0); b.Loop(); at++ {
		node.Scrape(values)
		for k := range samples {
			samples[k].Value = values[k]
		}
		h.Append(at*mix.IntervalMillis, samples)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(samples)), "ns/sample")
}

func BenchmarkSelect(b *testing.B) {
	h := scrapeMix(100, 240)
	b.ReportAllocs()
	for b.Loop() {
		q, _ := queryable(h).Querier(math.MinInt64, math.MaxInt64)
		set := q.Select(context.Background(), false, nil, labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, "falcosecurity_scap_n_evts_total"))
		for set.Next() {
			it := set.At().Iterator(nil)
			for it.Next() != 0 {
			}
		}
	}
}

func BenchmarkDropRatio(b *testing.B) {
	h := scrapeMix(100, 730)
	engine := NewEngine(EngineOptions{MaxSamples: 50_000_000, Timeout: time.Minute})
	start := time.UnixMilli(benchStart).Add(2 * time.Minute)
	b.ReportAllocs()
	for b.Loop() {
		query, err := engine.NewRangeQuery(context.Background(), queryable(h), nil,
			"sum by (cluster, node) (rate(falcosecurity_scap_n_drops_total[1m]))"+
				" / (sum by (cluster, node) (rate(falcosecurity_scap_n_evts_total[1m])) > 0)",
			start, start.Add(719*mix.IntervalMillis*time.Millisecond), mix.IntervalMillis*time.Millisecond)
		require.NoError(b, err)
		result := query.Exec(context.Background())
		require.NoError(b, result.Err)
		require.Len(b, result.Value.(promql.Matrix), 100)
		query.Close()
	}
}
