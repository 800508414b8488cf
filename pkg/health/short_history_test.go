package health

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// A check whose window begins before the history is not ok because of what the history holds, but bad if that is bad.
func TestVerdictOfAShortHistory(t *testing.T) {
	critical := 1.0
	at := time.Unix(1_795_600_000, 0)
	node := target.Node{Name: "a"}
	verdict := func(window string, history time.Duration, value float64) string {
		f := checkResult{node: node, evaluatedCheck: &evaluatedCheck{
			Check:  &signals.Check{Window: window},
			signal: &signals.Signal{Thresholds: &signals.Thresholds{Direction: "above", Critical: &critical}},
			window: 15 * time.Minute, since: at.Add(-history), slack: 30 * time.Second,
			values: map[target.Node][]request.Point{node: {{Value: value}}},
			alive:  map[target.Node][]request.Point{node: {{Value: 1}}},
		}}
		judge(&f, at)
		return f.verdict
	}
	require.Equal(t, "unknown", verdict("15m", time.Minute, 0))
	require.Equal(t, "critical", verdict("15m", time.Minute, 1))
	require.Equal(t, "ok", verdict("15m", 15*time.Minute, 0))
	require.Equal(t, "ok", verdict("15m", 14*time.Minute+30*time.Second, 0), "two scrapes are missing at most")
	require.Equal(t, "ok", verdict("", time.Minute, 0), "the check promises no window")
}
