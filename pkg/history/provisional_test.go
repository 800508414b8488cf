package history

import (
	"math"
	"testing"

	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/stretchr/testify/require"
)

// A provisional sample is seen until the next sample replaces it.
func TestProvisionalSamples(t *testing.T) {
	h := New(Options{})
	a := h.Series(named("a"))
	all := func() string { return dump(t, queryable(h), 0, math.MaxInt64) }
	h.SetProvisional(5, []Sample{{a, 1}})
	require.Empty(t, all(), "it needs a sample before it")
	h.Append(10, []Sample{{a, 1}})
	h.SetProvisional(10, []Sample{{a, 7}})
	require.Equal(t, "{__name__=\"a\"} 10@1\n", all(), "it is after the last sample")
	h.SetProvisional(20, []Sample{{a, 2}})
	h.SetProvisional(30, []Sample{{a, 3}})
	require.Equal(t, "{__name__=\"a\"} 10@1 30@3\n", all(), "there is one at a time")
	require.Equal(t, "{__name__=\"a\"} 30@3\n", dump(t, queryable(h), 11, 30))
	require.Empty(t, dump(t, queryable(h), 31, 40))
	require.Equal(t, "{__name__=\"a\"} 10@1\n", dump(t, queryable(h), 0, 29))
	require.Equal(t, int64(1), h.Stats().Samples)

	h.Append(20, []Sample{{a, 2.5}})
	h.Append(30, []Sample{{a, 4}})
	require.Equal(t, "{__name__=\"a\"} 10@1 20@2.5 30@4\n", all())
	require.Zero(t, h.Stats().Dropped)
}

func TestSeekReachesProvisionalSamples(t *testing.T) {
	h := New(Options{})
	a := h.Series(named("a"))
	for i := range int64(3 * chunkSamples) {
		h.Append(i*step+1, []Sample{{a, float64(i)}})
	}
	last := int64(3*chunkSamples-1)*step + 1
	h.SetProvisional(last+step, []Sample{{a, -1}})
	for _, from := range []int64{0, last - step, last} {
		it := a.iterator(nil, 0, math.MaxInt64)
		require.Equal(t, chunkenc.ValFloat, it.Seek(from))
		require.Equal(t, chunkenc.ValFloat, it.Seek(last+1), "from %d", from)
		at, v := it.At()
		require.Equal(t, last+step, at)
		require.InDelta(t, -1, v, 0)
		require.Equal(t, chunkenc.ValNone, it.Next())
	}
}
