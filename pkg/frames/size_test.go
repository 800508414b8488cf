package frames

import (
	"testing"

	"github.com/prometheus/prometheus/promql"
	"github.com/stretchr/testify/require"
)

func TestSize(t *testing.T) {
	instant := Result{Expr: "up", Value: promql.Vector{{F: 1}, {F: 2}}}
	ranged := Result{Expr: "up", Executed: "up{a=\"b\"}", Value: promql.Matrix{{Floats: make([]promql.FPoint, 10)}, {Floats: make([]promql.FPoint, 5)}}}
	require.Equal(t, 2*(SeriesBytes+2*2)+2*pointBytes, Size([]Result{instant}, false))
	require.Equal(t, 2*(SeriesBytes+2*9)+15*pointBytes, Size([]Result{ranged}, false))
	require.Equal(t, 17*rowBytes, Size([]Result{instant, ranged}, true))
	require.Equal(t, SeriesBytes+2*1+pointBytes, Size([]Result{{Expr: "1", Value: promql.Scalar{V: 1}}}, false))
}
