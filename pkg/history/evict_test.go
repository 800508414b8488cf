package history

import (
	"fmt"
	"math"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/stretchr/testify/require"
)

func oneOf(name string) labels.Labels { return labels.FromStrings(model.MetricNameLabel, name) }

func held(h *History) (all []string) {
	for name := range h.index.byName {
		all = append(all, name)
	}
	return all
}

// Over two histories, series that ended first are evicted first. Active series are only evicted on request.
func TestEvictSeries(t *testing.T) {
	a, b := New(Options{}), New(Options{})
	end := math.Float64frombits(value.StaleNaN)
	for i, h := range []*History{a, b, a, b} {
		s := h.Series(oneOf(fmt.Sprintf("ended_%d", i)))
		h.Append(1, []Sample{{s, 1}})
		h.Append(int64(10-i), []Sample{{s, end}}) // ended_3 first
	}
	a.Append(2, []Sample{{a.Series(oneOf("old")), 1}})
	b.Append(20, []Sample{{b.Series(oneOf("new")), 1}})
	both := []*History{a, b}

	EvictSeries(both, a.Bytes()+b.Bytes(), true)
	require.ElementsMatch(t, []string{"ended_0", "ended_2", "old"}, held(a))
	EvictSeries(both, a.Bytes()+b.Bytes()-1, true)
	require.ElementsMatch(t, []string{"ended_0", "ended_2", "old"}, held(a))
	require.ElementsMatch(t, []string{"ended_1", "new"}, held(b))
	EvictSeries(both, 0, false)
	require.Equal(t, []string{"old"}, held(a))
	require.Equal(t, []string{"new"}, held(b))
	require.Equal(t, a.Stats().Bytes, a.Bytes())
	EvictSeries(both, a.Bytes()+b.Bytes()-1, true)
	require.Empty(t, held(a))
	require.Zero(t, a.Bytes())
	require.Equal(t, []string{"new"}, held(b))
}

// AppendWithin refuses new series when there is no room, and continues existing ones.
func TestAppendWithin(t *testing.T) {
	h := New(Options{})
	known := h.Series(oneOf("known"))
	h.Append(1, []Sample{{known, 1}})
	fresh := h.Lookup(oneOf("fresh"))
	require.Equal(t, []string{"known"}, held(h))
	batch := []Sample{{known, 2}, {fresh, 2}}
	require.Equal(t, batch[1:], h.AppendWithin(2, batch, 100))
	require.EqualValues(t, 2, h.Stats().Samples)
	h.Append(3, []Sample{{fresh, math.Float64frombits(value.StaleNaN)}}) // no series to end
	require.Equal(t, []string{"known"}, held(h))

	before := h.Bytes()
	require.Empty(t, h.AppendWithin(3, batch, bytesWithFirstSample(fresh)))
	require.Equal(t, bytesWithFirstSample(fresh), h.Bytes()-before)
	require.Same(t, fresh, h.Lookup(oneOf("fresh")))
	require.Equal(t, Stats{Series: 2, Samples: 4, Bytes: h.Bytes(), Encoded: h.Stats().Encoded, MinTime: 1, MaxTime: 3}, h.Stats())
}
