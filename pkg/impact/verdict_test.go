package impact

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestVerdicts(t *testing.T) {
	of := func(low, high float64, change func(*result)) result {
		r := result{figure: figure{unit: "s", worse: "higher"}, estimate: estimate{low: low, high: high, controlled: true, nodes: 20, covered: 2}, block: 5 * time.Minute}
		if change != nil {
			change(&r)
		}
		return r
	}
	share := func(r *result) { r.unit, r.estimate.absolute = "percentunit", true }
	for _, c := range []struct {
		result         result
		verdict, level string
		certain        float64
	}{
		{of(0.041, 0.093, nil), "higher by 4–9 %", "warning", 0.041},
		{of(-0.093, -0.041, nil), "lower by 4–9 %", "ok", -0.041},
		{of(-0.01, 0.02, nil), "no measurable change", "ok", 0},
		{of(0.001, 0.0123, nil), "higher by 0.1–1.2 %", "warning", 0.001},
		{of(0.05, 0.0501, nil), "higher by about 5 %", "warning", 0.05},
		{of(0.041, 0.093, func(r *result) { r.worse = "lower" }), "higher by 4–9 %", "ok", -0.041},
		{of(0.041, 0.093, func(r *result) { r.worse = "" }), "higher by 4–9 %", "info", 0.041},
		{of(0.041, 0.093, func(r *result) { r.controlled = false }), "higher by 4–9 % than before; no unchanged nodes to compare with", "warning", 0.041},
		{of(-0.1, 0.1, func(r *result) { r.controlled = false }), "no change beyond earlier variation; no unchanged nodes to compare with", "ok", 0},
		{of(0.004, 0.009, share), "higher by 0.4–0.9 percentage points", "warning", 0.004},
		{of(0.01, 0.02, func(r *result) { r.estimate.absolute = true }), "higher by 10 ms to 20 ms", "warning", 0.01},
		{of(1, 2, func(r *result) { r.lack, r.nodes = lacksNodes, 3 }), "not enough data: 3 nodes, 10 minutes", "unknown", math.NaN()},
		{of(1, 2, func(r *result) { r.lack, r.nodes = lacksTime, 0 }), "not enough data: 10 minutes", "unknown", math.NaN()},
		{of(1, 2, func(r *result) { r.lack = lacksValues }), "not enough data: no values", "unknown", math.NaN()},
		{of(1, 2, func(r *result) { r.lack = lacksEarlier }), "not enough data: no unchanged nodes, short history", "unknown", math.NaN()},
	} {
		require.Equal(t, c.verdict, c.result.verdict())
		require.Equal(t, c.level, c.result.level(), c.verdict)
		if math.IsNaN(c.certain) {
			require.True(t, math.IsNaN(c.result.certain()), c.verdict)
		} else {
			require.InDelta(t, c.certain, c.result.certain(), 1e-9, c.verdict)
		}
	}
}

func TestIntervals(t *testing.T) {
	r := result{figure: figure{unit: "percentunit"}, estimate: estimate{low: -0.041, high: 0.093}}
	require.Equal(t, "−4.1 % to +9.3 %", r.interval())
	r.estimate.absolute = true
	require.Equal(t, "−4.1 pp to +9.3 pp", r.interval())
	r.low, r.high = -1e-15, 0.001
	require.Equal(t, "0 pp to +0.1 pp", r.interval())
	r.unit = "bytes"
	r.low, r.high = 1<<20, 2<<20
	require.Equal(t, "+1 MiB to +2 MiB", r.interval())
	r.lack = lacksNodes
	require.Empty(t, r.interval())
	require.Empty(t, r.measured(math.NaN()))
	require.Equal(t, "2 MiB", r.measured(2<<20))
}
