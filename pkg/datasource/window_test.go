package datasource

import (
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

// Rates over more than there is of the history would be too low by the part that is missing.
func TestWindowsEndWhereTheHistoryBegins(t *testing.T) {
	d, f := newTest(t, falco("node-1", kernelCounters...))
	begin := noon.Truncate(15 * time.Second).Add(-45 * time.Second)
	f.since = begin
	evts := f.history.Series(labels.FromStrings("__name__", "falcosecurity_scap_n_evts_total", "cluster", "demo", "node", "node-1"))
	for i := range 4 {
		at := begin.Add(time.Duration(i) * 15 * time.Second)
		f.history.Append(at.UnixMilli(), []history.Sample{{Series: evts, Value: 1e6 + 1000*at.Sub(begin).Seconds()}})
	}
	value := func(query string) float64 {
		t.Helper()
		res := queryOne(t, d, query)
		require.NoError(t, res.Error)
		numbers := res.Frames[0].Fields[len(res.Frames[0].Fields)-1]
		last, err := numbers.FloatAt(numbers.Len() - 1)
		require.NoError(t, err)
		return last
	}
	for _, window := range []string{"5m", "$__range", "46s"} {
		require.InEpsilon(t, 1000, value(`{"signals": ["kernel-event-rate"], "instant": true, "window": "`+window+`"}`), 0.02, window)
	}
	require.Less(t, value(`{"signals": ["kernel-event-rate"], "window": "5m"}`), 500.0, "each point of a range has a history of its own")
	require.InEpsilon(t, 1000, value(`{"signals": ["kernel-event-rate"], "instant": true, "window": "5m", "compare": "15s", "format": "table"}`)+1000, 0.1, "no change")
	f.since = time.Time{}
	require.Less(t, value(`{"signals": ["kernel-event-rate"], "instant": true, "window": "5m"}`), 500.0, "a store's beginning is not known")
}
