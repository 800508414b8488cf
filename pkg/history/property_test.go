package history

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/util/teststorage"
	"github.com/stretchr/testify/require"
)

// The same random scrapes go to Prometheus's own storage and to histories. Every select and lookup must agree.
func TestAgreesWithPrometheus(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			peer := teststorage.New(t)
			ours := []*History{New(Options{}), New(Options{})}
			newest := fill(t, random, peer, ours)
			for range 60 {
				mint := random.Int64N(newest+2*step) - step
				maxt := mint + random.Int64N(newest)
				compare(t, peer, NewView(ours, nil, ""), mint, maxt, randomMatchers(random), random)
			}
		})
	}
}

var (
	names = []string{"up", "events", "drops"}
	nodes = []string{"n1", "n2", "n10", ""}
)

// fill appends some hundreds of scrapes. From the middle on, the second history continues the same series.
func fill(t *testing.T, random *rand.Rand, peer storage.Storage, ours []*History) (newest int64) {
	t.Helper()
	all := make([]labels.Labels, 0, len(names)*len(nodes)*2)
	for _, name := range names {
		for _, node := range nodes {
			for cpu := range 2 {
				builder := labels.NewBuilder(named(name, "cpu", fmt.Sprint(cpu)))
				all = append(all, builder.Set("node", node).Labels()) // "" omits the label
			}
		}
	}
	scrapes, at := 400+random.IntN(800), int64(0)
	totals := make([]float64, len(all))
	for i := range scrapes {
		at += step + random.Int64N(3)*random.Int64N(50)
		h := ours[2*i/scrapes]
		app := peer.Appender(context.Background())
		samples := []Sample{}
		for k, l := range all {
			v := sampleValue(random, k, &totals[k])
			if random.IntN(50) == 0 || k%5 == 4 && i > scrapes/3 { // a gap; a series that ends early
				continue
			}
			samples = append(samples, Sample{h.Series(l), v})
			_, err := app.Append(0, l, at, v)
			require.NoError(t, err)
		}
		h.Append(at, samples)
		require.NoError(t, app.Commit())
	}
	return at
}

func sampleValue(random *rand.Rand, kind int, total *float64) float64 {
	switch kind % 4 {
	case 0:
		return 1
	case 1:
		*total += float64(random.IntN(1e6))
		return *total
	case 2:
		return random.NormFloat64()
	default:
		odd := []float64{0, math.Inf(1), math.Inf(-1), math.NaN(), math.Float64frombits(value.StaleNaN), math.Copysign(0, -1)}
		return odd[random.IntN(len(odd))]
	}
}

func randomMatchers(random *rand.Rand) []*labels.Matcher {
	some := func(of ...string) string { return of[random.IntN(len(of))] }
	kinds := []labels.MatchType{labels.MatchEqual, labels.MatchNotEqual, labels.MatchRegexp, labels.MatchNotRegexp}
	// PromQL rejects selectors without a matcher that rejects the empty value.
	matchers := []*labels.Matcher{labels.MustNewMatcher(labels.MatchRegexp, model.MetricNameLabel, some("up", ".+", "up|drops", "nothing"))}
	for range random.IntN(3) {
		kind := kinds[random.IntN(len(kinds))]
		switch random.IntN(4) {
		case 0:
			matchers = append(matchers, labels.MustNewMatcher(kind, model.MetricNameLabel, some(names...)))
		case 1:
			matchers = append(matchers, labels.MustNewMatcher(kind, "node", some("n1", "n1.*", "", "n2|n10", "n.")))
		case 2:
			matchers = append(matchers, labels.MustNewMatcher(kind, "cpu", some("0", "1", "2", "[01]")))
		case 3:
			matchers = append(matchers, labels.MustNewMatcher(kind, "absent", some("", "x")))
		}
	}
	random.Shuffle(len(matchers), func(i, j int) { matchers[i], matchers[j] = matchers[j], matchers[i] })
	return matchers
}

func compare(t *testing.T, peer, ours storage.Queryable, mint, maxt int64, matchers []*labels.Matcher, random *rand.Rand) {
	t.Helper()
	ctx := context.Background()
	theirs, err := peer.Querier(mint, maxt)
	require.NoError(t, err)
	defer theirs.Close()
	mine, err := ours.Querier(mint, maxt)
	require.NoError(t, err)
	defer mine.Close()

	hints := &storage.SelectHints{Start: mint, End: maxt}
	seek := func() []int64 { // the same on both sides
		var to []int64
		for range random.IntN(4) {
			to = append(to, mint+random.Int64N(maxt-mint+2*step)-step)
		}
		return to
	}()
	expected := walk(t, theirs.Select(ctx, true, hints, matchers...), seek)
	sorted := walk(t, mine.Select(ctx, true, hints, matchers...), seek)
	require.Equal(t, expected, sorted, "%v in [%d, %d], seeking %v", matchers, mint, maxt, seek)
	unsorted := walk(t, mine.Select(ctx, false, nil, matchers...), seek)
	slices.Sort(unsorted)
	slices.Sort(sorted)
	require.Equal(t, sorted, unsorted)
}

// walk prints each series: it seeks each of the times in turn and then iterates over the rest. It omits series without
// samples in the range, because a storage may or may not return them.
func walk(t *testing.T, set storage.SeriesSet, seek []int64) []string {
	t.Helper()
	lines := []string{}
	var it chunkenc.Iterator
	for set.Next() {
		it = set.At().Iterator(it)
		line := ""
		print := func(kind chunkenc.ValueType) bool {
			if kind != chunkenc.ValFloat {
				return false
			}
			at, v := it.At()
			line += fmt.Sprintf(" %d@%x", at, math.Float64bits(v))
			return true
		}
		more := true
		for _, to := range seek {
			more = more && print(it.Seek(to))
		}
		for more && print(it.Next()) {
		}
		require.Equal(t, chunkenc.ValNone, it.Next())
		require.NoError(t, it.Err())
		if line != "" {
			lines = append(lines, set.At().Labels().String()+line)
		}
	}
	require.NoError(t, set.Err())
	return lines
}

func TestLookUps(t *testing.T) {
	a, b := New(Options{}), New(Options{})
	a.Append(1000, []Sample{{a.Series(named("up", "node", "n2")), 1}, {a.Series(named("x", "cpu", "0", "node", "n2")), 1}})
	b.Append(9000, []Sample{{b.Series(named("up", "node", "n1")), 1}, {b.Series(named("secret", "node", "n0")), 1}})
	b.Series(named("empty", "node", "n9")) // never had a sample

	hide := func(i int, l labels.Labels) bool { return i == 1 && l.Get(model.MetricNameLabel) == "secret" }
	look := func(mint, maxt int64) (names, nodes []string) {
		q, err := NewView([]*History{a, b}, hide, "").Querier(mint, maxt)
		require.NoError(t, err)
		names, _, err = q.LabelNames(context.Background(), nil)
		require.NoError(t, err)
		nodes, _, err = q.LabelValues(context.Background(), "node", nil, labels.MustNewMatcher(labels.MatchRegexp, "node", "n[0-9]"))
		require.NoError(t, err)
		return names, nodes
	}
	names, nodes := look(math.MinInt64, math.MaxInt64)
	require.Equal(t, []string{model.MetricNameLabel, "cpu", "node"}, names)
	require.Equal(t, []string{"n1", "n2"}, nodes)

	names, nodes = look(8000, 9000)
	require.Equal(t, []string{model.MetricNameLabel, "node"}, names)
	require.Equal(t, []string{"n1"}, nodes)
}

func TestAnEndedContextEndsASelect(t *testing.T) {
	h := New(Options{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	q, err := queryable(h).Querier(0, time.Now().UnixMilli())
	require.NoError(t, err)
	set := q.Select(ctx, false, nil)
	require.False(t, set.Next())
	require.ErrorIs(t, set.Err(), context.Canceled)
}

// An iterator stays readable while the series grows, is truncated, or is dropped.
func TestIteratorsSurviveChanges(t *testing.T) {
	h := New(Options{})
	s := h.Series(named("a"))
	for at := range int64(chunkSamples + 10) {
		appendOne(h, at*step, s, float64(at))
	}
	it := s.iterator(nil, 0, math.MaxInt64)
	require.Equal(t, chunkenc.ValFloat, it.Next())
	for at := int64(chunkSamples + 10); at < 3*chunkSamples; at++ {
		appendOne(h, at*step, s, float64(at))
	}
	h.Forget(func(labels.Labels) bool { return true })

	seen := 1
	for ; it.Next() == chunkenc.ValFloat; seen++ {
		at, v := it.At()
		require.Equal(t, float64(at/step), v)
	}
	require.NoError(t, it.Err())
	require.Equal(t, chunkSamples+10, seen)
}
