package impact

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// steady returns nodes whose figure is 100, 110, … before and after, times a factor after.
func steady(nodes int, factor float64) (out []blocks) {
	for i := range nodes {
		b := blocks{before: make([]float64, 12), after: make([]float64, 12)}
		for k := range b.before {
			wobble := 1 + 0.01*math.Sin(float64(7*i+3*k))
			b.before[k], b.after[k] = (100+10*float64(i))*wobble, (100+10*float64(i))*wobble*factor*(1+0.002*float64(i%3))
		}
		out = append(out, b)
	}
	return out
}

func estimateOf(t *testing.T, p panel, load panel) estimate {
	t.Helper()
	out, err := trial{figures: []panel{p}, load: load}.run(t.Context())
	require.NoError(t, err)
	return out[0]
}

func TestChangeIsThatOfTheOthersLess(t *testing.T) {
	e := estimateOf(t, panel{changed: steady(6, 1.32), others: steady(6, 1.1)}, panel{})
	require.Equal(t, lacksNothing, e.lack)
	require.InDelta(t, 0.2, e.change, 0.001)
	require.InDelta(t, 0.102, e.otherChange, 0.001)
	require.InDelta(t, 125, e.before, 1)
	require.InDelta(t, 165, e.after, 1)
	require.True(t, e.controlled)
	require.False(t, e.normalised)
	require.Less(t, e.low, 0.2)
	require.Greater(t, e.high, 0.2)
}

// A figure that follows the load does not change with it.
func TestLoadIsTakenOut(t *testing.T) {
	load := panel{changed: steady(6, 1.5), others: steady(6, 1)}
	e := estimateOf(t, panel{changed: steady(6, 1.5), others: steady(6, 1)}, load)
	require.True(t, e.normalised)
	require.InDelta(t, 0, e.change, 0.001)
	e = estimateOf(t, panel{changed: steady(6, 1.5), others: steady(6, 1), raw: true}, load)
	require.InDelta(t, 0.5, e.change, 0.001)
	load.others[2].after = make([]float64, 12) // nothing is known about the load of a node
	require.False(t, estimateOf(t, panel{changed: steady(6, 1.5), others: steady(6, 1)}, load).normalised)
}

// What can be 0 has no ratio.
func TestDifferences(t *testing.T) {
	changed, others := steady(6, 1), steady(6, 1)
	for i := range changed {
		changed[i].before = make([]float64, 12)
		for k := range changed[i].after {
			changed[i].after[k] = 0.01 + 0.001*float64(i)
		}
	}
	e := estimateOf(t, panel{changed: changed, others: others}, panel{})
	require.True(t, e.absolute)
	require.InDelta(t, 0.0125, estimateOf(t, panel{changed: changed, absolute: true}, panel{}).change, 1e-9)
	nothing := panel{changed: make([]blocks, 5), others: make([]blocks, 5)}
	for i := range 5 {
		nothing.changed[i] = blocks{before: make([]float64, 12), after: make([]float64, 12)}
		nothing.others[i] = nothing.changed[i]
	}
	e = estimateOf(t, nothing, panel{})
	require.Equal(t, [3]float64{0, 0, 0}, [3]float64{e.change, e.low, e.high}, "0 everywhere is no change")
}

func TestLacks(t *testing.T) {
	missing := func(n int) []blocks {
		out := steady(6, 1)
		for i := range out {
			for k := range n {
				out[i].after[11-k] = math.NaN()
			}
		}
		return out
	}
	require.Equal(t, lacksNothing, estimateOf(t, panel{changed: missing(6), others: steady(6, 1)}, panel{}).lack)
	short := estimateOf(t, panel{changed: missing(7), others: steady(6, 1)}, panel{})
	require.Equal(t, lacksTime, short.lack)
	require.Equal(t, 5, short.covered)
	require.Equal(t, lacksValues, estimateOf(t, panel{changed: missing(12), others: steady(6, 1)}, panel{}).lack)
	require.Equal(t, lacksNodes, estimateOf(t, panel{changed: steady(3, 1), others: steady(6, 1)}, panel{}).lack)
	require.Equal(t, lacksEarlier, estimateOf(t, panel{changed: steady(4, 1), others: steady(3, 1)}, panel{}).lack)
}

// Without other nodes, what a figure does anyway is no verdict.
func TestEarlierVariationWidensTheInterval(t *testing.T) {
	changed := steady(6, 1.2)
	for i, b := range changed {
		for window := range earlierWindows {
			for _, v := range b.before {
				changed[i].earlier = append(changed[i].earlier, v*(1+0.1*float64(window%2)))
			}
		}
	}
	e := estimateOf(t, panel{changed: changed}, panel{})
	require.Equal(t, lacksNothing, e.lack)
	require.False(t, e.controlled)
	require.InDelta(t, 0.2, e.change, 0.005)
	require.Less(t, e.low, 0.0)
	require.Greater(t, e.high, 0.4)
	for i, b := range changed {
		changed[i].earlier = nil
		for range earlierWindows {
			changed[i].earlier = append(changed[i].earlier, b.before...)
		}
	}
	require.Greater(t, estimateOf(t, panel{changed: changed}, panel{}).low, 0.15)
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := trial{figures: []panel{{changed: steady(6, 1), others: steady(6, 1)}}}.run(ctx)
	require.ErrorIs(t, err, context.Canceled)
}
