package datasource

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

const lost = "falcosecurity_scap_n_drops_buffer_total"

// countMillions gives node-1 a scrape every 15 seconds with millions of events, except for the time when it was down: from
// ten minutes to 20 seconds before noon.
func (f *fakeFleet) countMillions() {
	f.since = noon.Add(-time.Hour)
	series := func(name string, more ...string) *history.Series {
		return f.history.Series(labels.FromStrings(append([]string{"__name__", name, "cluster", "demo", "node", "node-1"}, more...)...))
	}
	up := series("up")
	counters := []*history.Series{
		series("falcosecurity_scap_n_evts_total"), series("falcosecurity_scap_n_drops_total"), series(lost, "drop", "proc", "dir", "exit"),
		series("falcosecurity_falco_duration_seconds_total"),
	}
	for at := f.since; !at.After(noon); at = at.Add(15 * time.Second) {
		if ago := noon.Sub(at); ago <= 10*time.Minute && ago > 5*time.Second {
			f.history.Append(at.UnixMilli(), []history.Sample{{Series: up, Value: 0}})
			for _, s := range counters {
				f.history.Append(at.UnixMilli(), []history.Sample{{Series: s, Value: math.Float64frombits(value.StaleNaN)}})
			}
			continue
		}
		f.history.Append(at.UnixMilli(), []history.Sample{{Series: up, Value: 1}})
		for _, s := range counters {
			f.history.Append(at.UnixMilli(), []history.Sample{{Series: s, Value: 5e6 + at.Sub(f.since).Seconds()*1000}})
		}
	}
}

// queryAt sends one query for the minute that ends at a time.
func queryAt(t *testing.T, d *Instance, end time.Time, query string) backend.DataResponse {
	t.Helper()
	res, err := d.QueryData(t.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{{
		RefID: "A", JSON: json.RawMessage(query), Interval: 15 * time.Second, MaxDataPoints: 100, TimeRange: backend.TimeRange{From: end.Add(-time.Minute), To: end},
	}}})
	require.NoError(t, err)
	return res.Responses["A"]
}

// "No events since the start" is only said of a Falco that counted none, not where scrapes are missing.
func TestNoEventsIsNotSaidBesideMillions(t *testing.T) {
	node := falco("node-1", append([]string{lost, "falcosecurity_falco_duration_seconds_total"}, everything...)...)
	d, f := newTest(t, node)
	f.countMillions()
	const few = "info: Fewer than two scrapes within 60s of node-1. Rates need two successful scrapes within the window."
	require.Equal(t, few, texts(t, queryOne(t, d, `{"signals": ["lost-process-events"], "instant": true, "window": "60s"}`))[0])
	require.Equal(t, few, texts(t, queryOne(t, d, `{"signals": ["kernel-drop-ratio"], "instant": true, "window": "60s"}`))[0])
	require.Empty(t, texts(t, queryOne(t, d, `{"signals": ["lost-process-events"], "instant": true, "window": "20m"}`)))
	require.Empty(t, texts(t, queryOne(t, d, `{"signals": ["kernel-drop-since-start-ratio"], "instant": true}`)))

	down := queryAt(t, d, noon.Add(-5*time.Minute), `{"signals": ["kernel-drop-since-start-ratio"], "instant": true}`)
	require.Equal(t, []string{"info: No metrics at 11:55 UTC from node-1. The node was not scraped then, or did not respond."}, texts(t, down))
	down = queryAt(t, d, noon.Add(-2*time.Minute), `{"signals": ["kernel-drop-since-start-ratio"]}`)
	require.Equal(t, []string{"info: No metrics within this range from node-1. The node was not scraped then, or did not respond."}, texts(t, down))

	idle, g := newTest(t, node)
	g.since = noon.Add(-time.Hour)
	for _, name := range []string{"up", "falcosecurity_scap_n_evts_total", "falcosecurity_scap_n_drops_total"} {
		values := "-60m 0, -30s 0, -10s 0"
		if name == "up" {
			values = "-60m 1, -30s 1, -10s 1"
		}
		g.write(t, values, "__name__", name, "cluster", "demo", "node", "node-1")
	}
	require.Equal(t, []string{"info: Kernel drops since start: no value on node-1. No events since the start of Falco."},
		texts(t, queryOne(t, idle, `{"signals": ["kernel-drop-since-start-ratio"], "instant": true}`)))
}

// Without a Falcosidekick, panels about it say so, also next to signals of Falco.
func TestDeliveryWithoutFalcosidekick(t *testing.T) {
	const none = "info: No Falcosidekick is among the targets. Whether alerts reach Falcosidekick and its destinations is unknown. Add it to the data source's targets with kind: falcosidekick."
	for _, signal := range []string{"sidekick-up", "sidekick-input-rate", "sidekick-memory", "destination-output-rate", "destination-error-ratio", "loss-after-sidekick-ratio"} {
		d, f := newTest(t, falco("node-1", kernelCounters...))
		f.count("node-1", 5)
		require.Equal(t, []string{none}, texts(t, queryOne(t, d, `{"signals": ["`+signal+`"]}`)), signal)
		require.Equal(t, []string{none}, texts(t, queryOne(t, d, `{"signals": ["`+signal+`", "kernel-drop-ratio"]}`)), signal)
		f.statuses = append(f.statuses, change(falco("sidekick", "process_resident_memory_bytes"), func(s *scrape.Status) { s.Kind = scrape.KindFalcosidekick }))
		require.NotContains(t, texts(t, queryOne(t, d, `{"signals": ["`+signal+`"]}`)), none, signal)
	}
	d, f := newTest(t, falco("node-1", "falcosecurity_evt_hostname_info"))
	f.count("node-1", 5)
	require.Equal(t, []string{"info: Lost before Falcosidekick: no Falcosidekick is scraped for node-1. Add it to the data source's targets with kind: falcosidekick."},
		texts(t, queryOne(t, d, `{"signals": ["loss-before-sidekick-ratio"]}`)))
}
