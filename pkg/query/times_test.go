package query

import (
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"
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
	fine := NewTimes(backend.DataQuery{Interval: 15 * time.Second, TimeRange: backend.TimeRange{From: from, To: from.Add(time.Hour)}}, 15*time.Second)
	require.Equal(t, fine, fine.Coarsen(240))
	coarse := fine.Coarsen(100)
	require.Equal(t, 36*time.Second, coarse.Step)
	require.Zero(t, coarse.Start.UnixMilli()%36_000)
	require.Zero(t, coarse.End.UnixMilli()%36_000)
	require.LessOrEqual(t, coarse.End.Sub(coarse.Start)/coarse.Step, time.Duration(101))
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
			got := NewTimes(test.query, 15*time.Second)
			require.Equal(t, test.step, got.Step)
			require.Zero(t, got.Start.Unix()%int64(test.step.Seconds()), "aligned")
			require.Zero(t, got.End.Unix()%int64(test.step.Seconds()), "aligned")
			require.False(t, got.End.After(noon))
			require.Less(t, noon.Sub(got.End), test.step)
			require.Equal(t, noon, got.AtEnd(test.query).End, "an instant is not aligned")
		})
	}
}

func TestWithin(t *testing.T) {
	month := ask(30*24*time.Hour, time.Second, 1000)
	whole := NewTimes(month, 15*time.Second)
	require.Equal(t, 2592*time.Second, whole.Step)
	for _, test := range []struct {
		name    string
		history time.Duration
		step    time.Duration
	}{
		{"a history of minutes, where the range has no step at all", 10 * time.Minute, 15 * time.Second},
		{"a history of hours", 6 * time.Hour, 324 * time.Second},
		{"a history of days", 10 * 24 * time.Hour, 2592 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			since := noon.Add(-test.history)
			got := whole.Within(since, noon)
			require.Equal(t, test.step, got.Step)
			require.Equal(t, Align(since, test.step), got.Start)
			require.Equal(t, Align(noon, test.step), got.End)
			require.Equal(t, whole.Length, got.Length, "macros and notices are about the requested range")
		})
	}
	require.Equal(t, whole, whole.Within(time.Time{}, noon), "nothing is known about the history")
	require.Equal(t, whole, whole.Within(noon.Add(-60*24*time.Hour), noon), "the history is longer than the range")
	require.Equal(t, whole, whole.Within(noon.Add(time.Minute), noon), "the history starts after the range")
	short := NewTimes(ask(time.Hour, 15*time.Second, 1000), 15*time.Second).Within(noon.Add(-29*time.Second), noon.Add(time.Second/2))
	require.Equal(t, noon.Add(time.Second/2), short.Start, "two scrapes may lie between two steps")
	require.Equal(t, short.Start, short.End)
	fractions := NewTimes(ask(time.Hour, time.Second, 10), 1500*time.Millisecond)
	require.Equal(t, 2*time.Second, fractions.Within(noon.Add(-30*time.Second), noon).Step, "whole seconds, not below the scrape interval")
}

func TestMacros(t *testing.T) {
	around := NewTimes(ask(time.Hour, 30*time.Second, 1000), 15*time.Second)
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
		require.Equal(t, want, around.ExpandMacros(text), text)
	}
	require.Equal(t, "1s", NewTimes(ask(0, 0, 0), time.Second).ExpandMacros("$__range"))
}
