package receiver

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSummary(t *testing.T) {
	r := newTest(t, func(c *Config) { c.MaxSeries = 4 })
	post(r, fromFalco("punctual", -time.Second))
	post(r, fromFalco("ahead", -3*time.Second))
	post(r, fromSidekick("a", "ahead", -2*time.Second))
	post(r, fromFalco("far ahead", -time.Minute))
	post(r, fromFalco("one too many", time.Second))
	post(r, "text")
	got, err := r.Summary()
	require.NoError(t, err)
	require.Equal(t, Summary{
		Alerts: 4, Nodes: 3, Refused: map[string]int{"format": 1}, Uncounted: 1, MaxRate: 1000, MaxSeries: 4,
		Ahead: []ClockDifference{{"far ahead", time.Minute}, {"ahead", 3 * time.Second}},
	}, got, "a clock that is one second ahead is tolerated, and of two paths the larger difference counts")
}
