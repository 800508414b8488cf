package promapi

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi/promapitest"
)

// raw reads all samples of a metric as `seconds value`, staleness markers as `seconds end`.
func raw(t *testing.T, s *Client, metric string, from, to time.Duration) (series []string, notes []string) {
	t.Helper()
	set, release := s.Samples(t.Context(), fmt.Sprintf("{__name__=%q}", metric), 1, from.Milliseconds(), to.Milliseconds())
	defer release()
	for set.Next() {
		var samples []string
		it := set.At().Iterator(nil)
		for it.Next() == chunkenc.ValFloat {
			at, v := it.At()
			text := fmt.Sprintf("%g %g", float64(at)/1000, v)
			if value.IsStaleNaN(v) {
				text = fmt.Sprintf("%g end", float64(at)/1000)
			}
			samples = append(samples, text)
		}
		series = append(series, set.At().Labels().String()+": "+strings.Join(samples, ", "))
	}
	require.NoError(t, set.Err())
	for _, w := range set.Warnings() {
		notes = append(notes, w.Error())
	}
	return series, notes
}

// The API returns no staleness markers. The querier adds them where a sample is missing.
func TestRawSamples(t *testing.T) {
	s := newEngine(t, `
load 15s
  m{instance="a", v="1"} 1x3 _ _ 2x3
  m{instance="a", v="2"} _ _ _ _ 5x4 _ _ _
  m{instance="b"} 7x9
`, nil).client(t)
	s.config.Now = func() time.Time { return promapitest.TimeAt(140 * time.Second) }
	series, notes := raw(t, s, "m", 0, time.Hour)
	require.Equal(t, []string{
		`{__name__="m", instance="a", v="1"}: 15 1, 30 1, 45 1, 60 end, 90 2, 105 2, 120 2, 135 2`,
		`{__name__="m", instance="a", v="2"}: 60 5, 75 5, 90 5, 105 5, 120 5`,
		`{__name__="m", instance="b"}: 15 7, 30 7, 45 7, 60 7, 75 7, 90 7, 105 7, 120 7, 135 7`,
	}, series)
	require.Empty(t, notes)
	s.config.Now = func() time.Time { return promapitest.TimeAt(200 * time.Second) }
	series, _ = raw(t, s, "m", 60*time.Second, time.Hour)
	require.Equal(t, `{__name__="m", instance="a", v="2"}: 75 5, 90 5, 105 5, 120 5, 135 end`, series[1], "the series ended before the end of the range")
}

// Long ranges are read in chunks, without duplicate samples.
func TestRawSamplesInChunks(t *testing.T) {
	f := newEngine(t, "load 15s\n  m 0+1x2000\n", nil)
	s := f.client(t)
	s.config.Now = func() time.Time { return promapitest.TimeAt(30000 * time.Second) }
	series, _ := raw(t, s, "m", 0, 24*time.Hour)
	require.Len(t, strings.Split(series[0], ","), 2000)
	var chunks []string
	for _, a := range f.Requests {
		chunks = append(chunks, a.Parameters.Get("query"))
	}
	require.Equal(t, []string{`{__name__="m"}[3600000ms]`, `{__name__="m"}[7200000ms]`, `{__name__="m"}[14400000ms]`, `{__name__="m"}[4800000ms]`}, chunks)
}

// If there are too many samples, the series are read in steps and a warning says so.
func TestRawSamplesDownsampled(t *testing.T) {
	f := newFakeServer(t, nil)
	f.Respond = func(path string, p url.Values) (int, string) {
		var out []string
		if path == "query" { // an hour of a thousand series
			for i := range 1000 {
				var points []string
				for k := range 240 {
					points = append(points, fmt.Sprintf(`[%d, "1"]`, k*15))
				}
				out = append(out, fmt.Sprintf(`{"metric": {"instance": "%d"}, "values": [%s]}`, i, strings.Join(points, ",")))
			}
		} else {
			out = []string{fmt.Sprintf(`{"metric": {"instance": "a"}, "values": [[%s, "1"]]}`, p.Get("end"))}
		}
		return 200, `{"status": "success", "data": {"resultType": "matrix", "result": [` + strings.Join(out, ",") + `]}}`
	}
	s := f.client(t)
	s.config.Now = func() time.Time { return promapitest.TimeAt(24 * time.Hour) }
	series, notes := raw(t, s, "m", 0, 24*time.Hour)
	require.Len(t, series, 1)
	require.Equal(t, []string{"The range contains about 6 million samples, so the plugin read one value every 22s. Changes between two of these values are not visible. Narrow the range or the filters to see all of them."}, notes)
	last := f.Requests[len(f.Requests)-1]
	require.Equal(t, "query_range", last.Path)
	require.Equal(t, "22.000", last.Parameters.Get("step"))
}

// Several metrics that have too many samples together are read one by one by the caller.
func TestRawSamplesOfSeveralMetrics(t *testing.T) {
	f := newEngine(t, "load 15s\n  a 0+1x200\n  b 0+1x200\n", nil)
	s := f.client(t)
	s.config.Now = func() time.Time { return promapitest.TimeAt(3000 * time.Second) }
	set, release := s.Samples(t.Context(), `{__name__=~"a|b"}`, 2, 0, 3000_000)
	defer release()
	for _, name := range []string{"a", "b"} {
		require.True(t, set.Next())
		require.Equal(t, name, set.At().Labels().Get("__name__"))
	}
	require.Equal(t, "{__name__=~\"a|b\"}[1800000ms]", f.Requests[0].Parameters.Get("query"), "half of what one metric gets")

	many := newFakeServer(t, func(string, url.Values) (int, string) {
		var points, series []string
		for at := range 120 { // half an hour
			points = append(points, fmt.Sprintf(`[%d,"1"]`, 15*at))
		}
		for i := range 100 {
			series = append(series, fmt.Sprintf(`{"metric": {"instance": "%d"}, "values": [%s]}`, i, strings.Join(points, ",")))
		}
		return 200, `{"status": "success", "data": {"resultType": "matrix", "result": [` + strings.Join(series, ",") + `]}}`
	}).client(t)
	many.config.Now = func() time.Time { return promapitest.TimeAt(30 * 24 * time.Hour) }
	set, _ = many.Samples(t.Context(), `{__name__=~"a|b"}`, 2, 0, (30 * 24 * time.Hour).Milliseconds())
	require.False(t, set.Next())
	require.ErrorIs(t, set.Err(), ErrTooManyTogether)
}
