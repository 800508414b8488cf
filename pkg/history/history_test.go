package history

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/stretchr/testify/require"
)

const step = 15_000 // ms between scrapes in these tests

func named(name string, pairs ...string) labels.Labels {
	return labels.FromStrings(append([]string{model.MetricNameLabel, name}, pairs...)...)
}

func queryable(hs ...*History) storage.Queryable { return NewView(hs, nil, "") }

// dump returns what a selector selects, one line per series: its labels and time@value of each sample.
func dump(t *testing.T, q storage.Queryable, mint, maxt int64, matchers ...*labels.Matcher) string {
	t.Helper()
	querier, err := q.Querier(mint, maxt)
	require.NoError(t, err)
	defer querier.Close()
	set := querier.Select(context.Background(), true, nil, matchers...)
	var out strings.Builder
	var it chunkenc.Iterator
	for set.Next() {
		out.WriteString(set.At().Labels().String())
		it = set.At().Iterator(it)
		for it.Next() == chunkenc.ValFloat {
			at, value := it.At()
			fmt.Fprintf(&out, " %d@%v", at, value)
		}
		require.NoError(t, it.Err())
		out.WriteString("\n")
	}
	require.NoError(t, set.Err())
	return out.String()
}

func dumpAll(t *testing.T, hs ...*History) string {
	t.Helper()
	return dump(t, queryable(hs...), math.MinInt64, math.MaxInt64)
}

func appendOne(h *History, at int64, s *Series, v float64) { h.Append(at, []Sample{{s, v}}) }

func TestSamplesComeBackInOrder(t *testing.T) {
	h := New(Options{})
	a, b := h.Series(named("a")), h.Series(named("b", "cpu", "0"))
	h.Append(1000, []Sample{{a, 1}, {b, math.Inf(1)}})
	h.Append(2000, []Sample{{a, 2.5}})
	require.Equal(t, "{__name__=\"a\"} 1000@1 2000@2.5\n{__name__=\"b\", cpu=\"0\"} 1000@+Inf\n", dumpAll(t, h))
	require.Same(t, a, h.Series(named("a")))
}

func TestSamplesNotNewerAreDroppedAndCounted(t *testing.T) {
	h := New(Options{})
	a := h.Series(named("a"))
	appendOne(h, 2000, a, 1)
	appendOne(h, 2000, a, 2)
	appendOne(h, 1000, a, 3)
	h.Append(3000, []Sample{{a, 4}, {a, 5}})
	require.Equal(t, "{__name__=\"a\"} 2000@1 3000@4\n", dumpAll(t, h))
	stats := h.Stats()
	require.Equal(t, Stats{Series: 1, Samples: 2, Dropped: 3, Bytes: stats.Bytes, Encoded: stats.Encoded, MinTime: 2000, MaxTime: 3000}, stats)
}

func TestTruncateDropsWholeChunksAndEmptySeries(t *testing.T) {
	h := New(Options{})
	old, grows := h.Series(named("old")), h.Series(named("grows"))
	const count = 2*chunkSamples + 1
	for i := range int64(count) {
		if i == 0 {
			appendOne(h, 0, old, 1)
		}
		appendOne(h, i*step, grows, 7)
	}
	h.Truncate((chunkSamples - 1) * step) // only the chunk of old ends before it
	require.Equal(t, int64(count), h.Stats().Samples)

	h.Truncate(chunkSamples * step) // the first of three chunks ends one step earlier
	stats := h.Stats()
	require.Equal(t, Stats{
		Series: 1, Samples: count - chunkSamples, Bytes: stats.Bytes, Encoded: stats.Encoded,
		MinTime: chunkSamples * step, MaxTime: (count - 1) * step,
	}, stats)
	require.Equal(t, fmt.Sprintf("{__name__=\"grows\"} %d@7\n", chunkSamples*step), dump(t, queryable(h), 0, chunkSamples*step))

	h.Truncate(math.MaxInt64)
	require.Equal(t, Stats{}, h.Stats())
	require.Empty(t, dumpAll(t, h))
}

func TestADroppedSeriesIsTakenUpAgain(t *testing.T) {
	h := New(Options{})
	s := h.Series(named("a"))
	appendOne(h, 5000, s, 1)
	h.Forget(func(l labels.Labels) bool { return l.Get(model.MetricNameLabel) == "a" })
	require.Equal(t, Stats{}, h.Stats())

	appendOne(h, 1000, s, 2) // its samples are gone, so any time is accepted
	require.Equal(t, "{__name__=\"a\"} 1000@2\n", dumpAll(t, h))
	require.Same(t, s, h.Series(named("a")))

	h.Forget(func(labels.Labels) bool { return true })
	replacement := h.Series(named("a"))
	require.NotSame(t, s, replacement)
	appendOne(h, 2000, s, 3) // the old handle finds the new series
	appendOne(h, 3000, replacement, 4)
	require.Equal(t, "{__name__=\"a\"} 2000@3 3000@4\n", dumpAll(t, h))
	require.Equal(t, 1, h.Stats().Series)
}

// Truncate finds empty series under one lock and drops them under another. This is what may happen in between.
func TestASeriesFoundEmptyMayHaveChanged(t *testing.T) {
	h := New(Options{})
	empty, filled, dropped := h.Series(named("empty")), h.Series(named("filled")), h.Series(named("dropped"))
	appendOne(h, 1000, filled, 1)
	h.Forget(func(l labels.Labels) bool { return l.Get(model.MetricNameLabel) == "dropped" })
	h.dropEmpty([]*Series{empty, filled, dropped})
	require.Equal(t, "{__name__=\"filled\"} 1000@1\n", dumpAll(t, h))
	require.Equal(t, 1, h.Stats().Series)
}

func TestForgetSparesTheRest(t *testing.T) {
	h := New(Options{})
	for _, node := range []string{"n1", "n2"} {
		h.Append(1000, []Sample{{h.Series(named("up", "node", node)), 1}, {h.Series(named("x", "node", node)), 2}})
	}
	h.Forget(func(l labels.Labels) bool { return l.Get("node") == "n1" })
	require.Equal(t, "{__name__=\"up\", node=\"n2\"} 1000@1\n{__name__=\"x\", node=\"n2\"} 1000@2\n", dumpAll(t, h))
}

func TestSeriesWithTheSameHashAreKeptApart(t *testing.T) {
	x := newIndex()
	all := make([]*Series, 3)
	for i := range all {
		all[i] = &Series{labels: named("a", "i", fmt.Sprint(i)), hash: 1}
		x.add(all[i])
	}
	for range all {
		for _, s := range all {
			if s.indexed {
				require.Same(t, s, x.find(1, s.labels))
			}
		}
		for _, s := range []*Series{all[1], all[0], all[2]} { // in the middle, at the end, alone
			if s.indexed {
				x.remove([]*Series{s})
				require.Nil(t, x.find(1, s.labels))
				break
			}
		}
	}
	require.Empty(t, x.byHash)
	require.Empty(t, x.byName)
}

// A pod that moves leaves its series behind. Ten thousand moves must not cost more than the few within the retention.
func TestMovedPodsDoNotGrowTheHistory(t *testing.T) {
	const perPod, warm = 10, 500
	h := New(Options{Retention: 10 * time.Minute})
	move := func(from, to int) {
		for generation := from; generation < to; generation++ {
			samples := make([]Sample, perPod)
			for i := range samples {
				l := named(fmt.Sprintf("falco_metric_%d", i), "pod", fmt.Sprintf("falco-%d", generation))
				samples[i] = Sample{h.Series(l), float64(generation)}
			}
			h.Append(int64(generation)*step, samples)
		}
	}
	move(0, warm)
	before, heapBefore := h.Stats(), heap()
	move(warm, 10_000)
	after, heapAfter := h.Stats(), heap()

	// 40 generations are younger than ten minutes. One or two more accumulate between two sweeps.
	require.InDelta(t, 42*perPod, after.Series, 2*perPod)
	require.InDelta(t, before.Bytes, after.Bytes, float64(before.Bytes)/10)
	require.Less(t, heapAfter, heapBefore+1<<20)
	runtime.KeepAlive(h)
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // the second run frees what finalizers and pools held
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestManyAtOnce(t *testing.T) {
	const targets, scrapes = 8, 400
	h := New(Options{Retention: time.Hour})
	var writers, others sync.WaitGroup
	done := make(chan struct{})
	for target := range targets {
		writers.Go(func() {
			samples := make([]Sample, 30)
			for i := range samples {
				l := named(fmt.Sprintf("m%d", i%5), "node", fmt.Sprint(target), "i", fmt.Sprint(i))
				samples[i] = Sample{h.Series(l), 0}
			}
			for at := range int64(scrapes) {
				for i := range samples {
					samples[i].Value = float64(at * int64(i))
				}
				h.Append(at*step, samples)
			}
		})
	}
	background := func(work func()) {
		others.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					work()
				}
			}
		})
	}
	background(func() { dumpAll(t, h) })
	background(func() { h.Truncate(h.Stats().MaxTime - 100*step) })
	background(func() { h.Forget(func(l labels.Labels) bool { return l.Get("node") == "3" && l.Get("i") == "7" }) })
	writers.Wait()
	close(done)
	others.Wait()

	h.Truncate(math.MaxInt64)
	require.Equal(t, Stats{}, h.Stats())
}
