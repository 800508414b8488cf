package frames

import (
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/stretchr/testify/require"
)

func TestSize(t *testing.T) {
	instant := Result{Expr: "up", Value: promql.Vector{{F: 1}, {F: 2}}}
	ranged := Result{Expr: "up", Executed: "up{a=\"b\"}", Value: promql.Matrix{{Floats: make([]promql.FPoint, 10)}, {Floats: make([]promql.FPoint, 5)}}}
	require.Equal(t, 2*(SeriesBytes+2*2)+2*pointBytes, Size([]Result{instant}, "", false))
	require.Equal(t, 2*(SeriesBytes+2*9)+15*pointBytes, Size([]Result{ranged}, "", false))
	require.Equal(t, 17*rowBytes, Size([]Result{instant, ranged}, "", true))
	require.Equal(t, SeriesBytes+2*1+pointBytes, Size([]Result{{Expr: "1", Value: promql.Scalar{V: 1}}}, "", false))
}

// Long labels count, as often as the name of a series repeats them.
func TestSizeOfLongLabels(t *testing.T) {
	result := []Result{{Expr: "up", Value: promql.Vector{{Metric: labels.FromStrings("x", strings.Repeat("y", 60_000))}}}}
	for legend, copies := range map[string]float64{"": 2, "a": 1, "{{x}}": 2, strings.Repeat("{{x}}", 200): 201} {
		require.InEpsilon(t, 2*60_000*copies, float64(Size(result, legend, false)-SeriesBytes-pointBytes), 0.02, legend)
		require.InEpsilon(t, 60_000*copies, float64(Size(result, legend, true)-rowBytes), 0.02, legend)
	}
}
