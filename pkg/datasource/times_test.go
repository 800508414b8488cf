package datasource

import (
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

var noon = time.Date(2026, 11, 23, 12, 0, 7, 0, time.UTC)

func ask(length, interval time.Duration, points int64) backend.DataQuery {
	return backend.DataQuery{
		RefID: "A", Interval: interval, MaxDataPoints: points,
		TimeRange: backend.TimeRange{From: noon.Add(-length), To: noon},
	}
}

func TestCoarse(t *testing.T) {
	from := time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC)
	fine := timesOf(backend.DataQuery{Interval: 15 * time.Second, TimeRange: backend.TimeRange{From: from, To: from.Add(time.Hour)}}, 15*time.Second)
	require.Equal(t, fine, fine.coarse(240))
	coarse := fine.coarse(100)
	require.Equal(t, 36*time.Second, coarse.step)
	require.Zero(t, coarse.start.UnixMilli()%36_000)
	require.Zero(t, coarse.end.UnixMilli()%36_000)
	require.LessOrEqual(t, coarse.end.Sub(coarse.start)/coarse.step, time.Duration(101))
}

func TestTimes(t *testing.T) {
	tests := []struct {
		name  string
		query backend.DataQuery
		step  time.Duration
	}{
		{"the panel's interval", ask(time.Hour, 30*time.Second, 1000), 30 * time.Second},
		{"never below the scrape interval", ask(time.Hour, time.Second, 43_200), 15 * time.Second},
		{"few points", ask(time.Hour, time.Second, 10), 6 * time.Minute},
		{"no interval, no points", ask(time.Hour, 0, 0), 15 * time.Second},
		{"never more than 11 000 points", ask(30*24*time.Hour, time.Second, 1_000_000), 236 * time.Second},
		{"whole seconds", ask(time.Hour, 20500*time.Millisecond, 1000), 21 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := timesOf(test.query, 15*time.Second)
			require.Equal(t, test.step, got.step)
			require.Zero(t, got.start.Unix()%int64(test.step.Seconds()), "aligned")
			require.Zero(t, got.end.Unix()%int64(test.step.Seconds()), "aligned")
			require.False(t, got.end.After(noon))
			require.Less(t, noon.Sub(got.end), test.step)
			require.Equal(t, noon, got.at(test.query).end, "an instant is not aligned")
		})
	}
}

func TestMacros(t *testing.T) {
	around := timesOf(ask(time.Hour, 30*time.Second, 1000), 15*time.Second)
	for text, want := range map[string]string{
		"rate(x[$__rate_interval])":       "rate(x[60s])",
		"rate(x[${__rate_interval}])":     "rate(x[60s])",
		"x[$__range] x[${__range}]":       "x[3600s] x[3600s]",
		"x[$__live] x[${__live}]":         "x[3600s] x[3600s]",
		"$__range_s $__range_ms":          "3600 3600000",
		"${__range_s} ${__range_ms}":      "3600 3600000",
		"$__interval $__interval_ms":      "30s 30000",
		"${__interval} ${__interval_ms}":  "30s 30000",
		"$__unknown ${__unknown} $1 $var": "$__unknown ${__unknown} $1 $var",
	} {
		require.Equal(t, want, around.expand(text), text)
	}
	require.Equal(t, "1s", timesOf(ask(0, 0, 0), time.Second).expand("$__range"))
}

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
