package datasource

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

// youngFleet has one Falco that has been scraped for ten minutes: it handles 100 events per second and drops 5 of them. It
// restarted five minutes ago, and a rule matched four minutes ago for the first time.
func youngFleet(t *testing.T) *Instance {
	d, f := newTest(t, change(falco("node-1", kernelCounters...), func(s *scrape.Status) {
		s.FirstScrape, s.Since, s.Scrapes = noon.Add(-10*time.Minute), noon.Add(-10*time.Minute), 40
	}))
	f.since = noon.Add(-10 * time.Minute).Truncate(15 * time.Second)
	series := func(name string, pairs ...string) *history.Series {
		pairs = append([]string{"__name__", name, "cluster", "demo", "node", "node-1", "zone", "a"}, pairs...)
		return f.history.Series(labels.FromStrings(pairs...))
	}
	restarted, matched := noon.Add(-5*time.Minute).Truncate(15*time.Second), noon.Add(-4*time.Minute)
	for at := f.since; !at.After(noon); at = at.Add(15 * time.Second) {
		begin := noon.Add(-time.Hour)
		if !at.Before(restarted) {
			begin = restarted.Add(-10 * time.Second)
		}
		lived := at.Sub(begin).Seconds()
		samples := []history.Sample{
			{Series: series("up"), Value: 1},
			{Series: series("falcosecurity_scap_n_evts_total"), Value: 100 * lived},
			{Series: series("falcosecurity_scap_n_drops_total"), Value: 5 * lived},
			{Series: series("falcosecurity_falco_version_info", "version", "0.44.1"), Value: 1},
			{Series: series("falcosecurity_scap_engine_name_info", "engine_name", "modern_bpf"), Value: 1},
			{Series: series("falcosecurity_falco_host_num_cpus_total"), Value: 4},
			{Series: series("falcosecurity_falco_duration_seconds_total"), Value: lived},
			{Series: series("falcosecurity_falco_start_timestamp_nanoseconds"), Value: float64(begin.UnixNano())},
		}
		if !at.Before(matched) {
			samples = append(samples, history.Sample{Series: series("falcosecurity_falco_rules_matches_total", "rule_name", "Shell", "priority", "5", "source", "syscall"), Value: 1})
		}
		f.history.Append(at.UnixMilli(), samples)
	}
	return d
}

// overAMonth sends a query over 30 days, as a panel with a thousand points does.
func overAMonth(t *testing.T, d *Instance, query string) backend.DataResponse {
	t.Helper()
	res, err := d.QueryData(t.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{{
		RefID: "A", JSON: json.RawMessage(query), Interval: 43 * time.Minute, MaxDataPoints: 1000,
		TimeRange: backend.TimeRange{From: noon.Add(-30 * 24 * time.Hour), To: noon},
	}}})
	require.NoError(t, err)
	return res.Responses["A"]
}

const dataStarts = "info: Data starts at 11:50 UTC. The history is kept in memory: it starts when the data source is first used, and again when Grafana or the plugin restarts."

// startOfData is the text of the event that marks it.
const startOfData = "Earlier values are unknown: the history is kept in memory and starts here."

// A range that is far longer than the history shows what there is, of every query type.
func TestRangesFarLongerThanTheHistory(t *testing.T) {
	d := youngFleet(t)

	for name, query := range map[string]string{
		"signal": `{"queryType": "signal", "signals": ["kernel-drop-ratio"]}`,
		"promql": `{"queryType": "promql", "expr": "rate(falcosecurity_scap_n_drops_total[$__rate_interval]) / rate(falcosecurity_scap_n_evts_total[$__rate_interval])"}`,
	} {
		t.Run(name+" over time", func(t *testing.T) {
			res := overAMonth(t, d, query)
			require.Contains(t, texts(t, res), dataStarts)
			points := res.Frames[0]
			require.Equal(t, 40, points.Rows(), "one for each scrape but the first")
			for i := range points.Rows() {
				require.InDelta(t, 0.05, figure(t, points, i), 1e-9)
			}
		})
	}

	t.Run("signal at an instant", func(t *testing.T) {
		res := overAMonth(t, d, `{"queryType": "signal", "signals": ["kernel-drop-ratio"], "instant": true, "window": "$__range"}`)
		require.InDelta(t, 0.05, figure(t, res.Frames[0], 0), 1e-9)
		require.Contains(t, texts(t, res), dataStarts)
	})

	t.Run("first matches at an instant", func(t *testing.T) {
		res := overAMonth(t, d, `{"queryType": "signal", "signals": ["matches-by-rule"], "instant": true, "window": "$__range"}`)
		require.InDelta(t, 1, figure(t, res.Frames[0], 0), 1e-9)
	})

	t.Run("health", func(t *testing.T) {
		res := overAMonth(t, d, `{"queryType": "health", "window": "$__range"}`)
		require.Contains(t, texts(t, res), dataStarts)
		found := rows(t, res, "node", "check", "verdict")
		require.Contains(t, found, "node-1 | Kernel drops | warning")
		for _, row := range found {
			if check, ok := strings.CutSuffix(strings.TrimPrefix(row, "node-1 | "), " | ok"); ok {
				require.Contains(t, []string{"Stalled", "Falco up", "Clock difference", "Version drift", "Source up"}, check, "ten minutes cover this check")
			}
		}
	})

	t.Run("health over time", func(t *testing.T) {
		res := overAMonth(t, d, `{"queryType": "health", "signals": ["kernel-drops"], "format": "timeseries", "instant": false}`)
		require.Contains(t, texts(t, res), dataStarts)
		points := res.Frames[0]
		require.Greater(t, points.Rows(), 30)
		require.InDelta(t, 1, figure(t, points, points.Rows()-1), 0, "a warning")
	})

	t.Run("events", func(t *testing.T) {
		res := overAMonth(t, d, `{"queryType": "events"}`)
		require.NotContains(t, texts(t, res), dataStarts, "one of the rows tells it")
		require.Equal(t, []string{"11:54:50.000 | Falco restarted on node-1.", "11:50:00.000 | " + startOfData}, rows(t, res, "time", "text"))
	})

	t.Run("an outage of half a minute", func(t *testing.T) {
		d, f := newTest(t, falco("node-1"))
		f.since = noon.Add(-10 * time.Minute)
		f.write(t, "-10m 1, -7m 1, -3m 0, -165s 0, -150s 1, -1m 1", "__name__", "up", "cluster", "demo", "node", "node-1")
		require.Equal(t, []string{"11:57:45.000 | Falco on node-1 responds again.", "11:57:15.000 | Falco on node-1 does not respond.", "11:50:07.000 | " + startOfData},
			rows(t, overAMonth(t, d, `{"queryType": "events"}`), "time", "text"))
	})

	t.Run("inventory", func(t *testing.T) {
		res := overAMonth(t, d, `{"queryType": "inventory"}`)
		require.Equal(t, []string{"node-1 | 0.44.1"}, rows(t, res, "node", "version"))
	})

	t.Run("rules", func(t *testing.T) {
		res := overAMonth(t, d, `{"queryType": "rules"}`)
		require.Contains(t, texts(t, res), dataStarts)
		require.Equal(t, []string{"Shell | notice | 1"}, rows(t, res, "rule", "priority", "matches"))
	})

	t.Run("impact", func(t *testing.T) {
		res := overAMonth(t, d, `{"queryType": "impact"}`)
		require.Contains(t, texts(t, res), dataStarts)
	})
}
