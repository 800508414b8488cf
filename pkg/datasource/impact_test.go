package datasource

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

const impactSettings = `{"targets": [{"url": "node-1:8765"}], "impact": {"expressions": [
	{"name": "request latency", "expression": "avg by (cluster, node) (request_seconds)", "unit": "s", "worse": "higher"}
]}}`

// impactFleet has nodes that run for two hours. 45 minutes before noon, some of them get version 0.45.0, whose memory is a
// fifth larger. The latency of requests varies and does not change.
func impactFleet(t *testing.T, nodes, changed int) *Instance {
	t.Helper()
	var statuses []scrape.Status
	for i := range nodes {
		statuses = append(statuses, falco(fmt.Sprintf("node-%d", i+1), "falcosecurity_falco_memory_rss_bytes"))
	}
	d, f := newTestWith(t, impactSettings, statuses...)
	f.since = noon.Add(-2 * time.Hour)
	writeImpact(f.history, noon, nodes, changed, "node")
	return d
}

// writeImpact writes the samples of impactFleet up to a time.
func writeImpact(h *history.History, now time.Time, nodes, changed int, nodeLabel string, more ...string) {
	random := rand.New(rand.NewPCG(3, 4))
	began := now.Add(-2 * time.Hour)
	for i := range nodes {
		of := func(name string, pairs ...string) *history.Series {
			pairs = append(pairs, "__name__", name, "cluster", "demo", nodeLabel, fmt.Sprintf("node-%d", i+1))
			return h.Series(labels.FromStrings(append(pairs, more...)...))
		}
		up, memory, latency := of("up"), of("falcosecurity_falco_memory_rss_bytes"), of("request_seconds")
		start := of("falcosecurity_falco_start_timestamp_nanoseconds")
		versions := []*history.Series{of("falcosecurity_falco_version_info", "version", "0.44.1"), of("falcosecurity_falco_version_info", "version", "0.45.0")}
		size := 100e6 * (1 + random.Float64())
		rollout := now.Add(-45*time.Minute + time.Duration(i)*time.Minute)
		for at := began; !at.After(now); at = at.Add(15 * time.Second) {
			factor, version, since := 1.0, 0, began.Add(-time.Hour)
			if i < changed && !at.Before(rollout) {
				factor, version, since = 1.2, 1, rollout
			}
			samples := []history.Sample{
				{Series: up, Value: 1},
				{Series: memory, Value: size * factor * (1 + 0.02*random.NormFloat64())},
				{Series: latency, Value: 0.1 * (1 + 0.1*random.NormFloat64())},
				{Series: start, Value: float64(since.UnixNano())},
				{Series: versions[version], Value: 1},
			}
			if version == 1 && at.Sub(rollout) < 15*time.Second {
				samples = append(samples, history.Sample{Series: versions[0], Value: math.Float64frombits(value.StaleNaN)})
			}
			h.Append(at.UnixMilli(), samples)
		}
	}
}

// askImpact sends an impact query over the last hour.
func askImpact(t *testing.T, d *Instance, fields string, headers map[string]string) backend.DataResponse {
	t.Helper()
	text := `{"queryType": "impact", "window": "30m", "signals": ["memory-rss-avg", "request latency"]` + fields + "}"
	res, err := d.QueryData(t.Context(), &backend.QueryDataRequest{Headers: headers, Queries: []backend.DataQuery{
		{RefID: "A", JSON: json.RawMessage(text), TimeRange: backend.TimeRange{From: noon.Add(-time.Hour), To: noon}},
	}})
	require.NoError(t, err)
	return res.Responses["A"]
}

func TestImpact(t *testing.T) {
	d := impactFleet(t, 10, 5)
	require.Equal(t, []string{
		"demo | Version change 0.44.1 → 0.45.0 | Falco | Average memory (RSS) | 132 MiB | 158 MiB | +0.12 % | +20 % | +19.3 % to +20.8 % | higher by 19–21 % | 5 / 5",
		"demo | Version change 0.44.1 → 0.45.0 | Own figure | request latency | 100 ms | 100 ms | +0.42 % | −0.19 % | −4 % to +3.76 % | no measurable change | 5 / 5",
	}, rows(t, askImpact(t, d, "", nil), "cluster", "event", "subject", "figure", "before", "after", "others", "change", "interval", "verdict", "nodes"))
}

// The same data give the same answer.
func TestImpactIsReproducible(t *testing.T) {
	columns := []string{"figure", "change", "interval"}
	require.Equal(t, rows(t, askImpact(t, impactFleet(t, 10, 5), "", nil), columns...), rows(t, askImpact(t, impactFleet(t, 10, 5), "", nil), columns...))
}

func TestImpactAnnotations(t *testing.T) {
	res := askImpact(t, impactFleet(t, 10, 5), `, "groupBy": ["change"]`, nil)
	require.Equal(t, []string{"11:15:07.000 | 11:19:07.000 | Version change 0.44.1 → 0.45.0 | Average memory (RSS): higher by 19–21 %.\nNo measurable change of 1 figure.\n" +
		"Changed: 5 nodes (node-1, node-2, node-3, node-4, node-5). Unchanged: 5 nodes. | impact,version,warning | warning"},
		rows(t, res, "time", "timeEnd", "title", "text", "tags", "level"))
	for i, name := range []string{"time", "timeEnd", "title", "text", "tags"} {
		require.Equal(t, name, res.Frames[0].Fields[i].Name, "as Grafana's annotations read them")
	}
}

// Alert rules get the end of the interval that is closer to no change.
func TestImpactNumbers(t *testing.T) {
	res := askImpact(t, impactFleet(t, 10, 5), "", map[string]string{"FromAlert": "true"})
	require.NoError(t, res.Error)
	require.Len(t, res.Frames, 2)
	require.Equal(t, data.FrameTypeNumericMulti, res.Frames[0].Meta.Type)
	values := map[string]float64{}
	for _, frame := range res.Frames {
		values[frame.Fields[0].Labels["figure"]] = figure(t, frame, 0)
	}
	require.InDelta(t, 0.193, values["memory-rss-avg"], 0.001)
	require.Zero(t, values["request latency"])
	require.Equal(t, data.Labels{
		"change": "2026-11-23T11:15:07Z", "cluster": "demo", "event": "Version change 0.44.1 → 0.45.0", "figure": "memory-rss-avg",
		"method": "difference-in-differences", "subject": "falco",
	}, res.Frames[0].Fields[0].Labels)
}

// A change of all nodes at once leaves only the history to compare with.
func TestImpactWithoutUnchangedNodes(t *testing.T) {
	d := impactFleet(t, 5, 5)
	require.Equal(t, []string{
		"Average memory (RSS) | +20.1 % | not enough data: no unchanged nodes, short history | 5 / 0",
		"request latency | +0.23 % | not enough data: no unchanged nodes, short history | 5 / 0",
	}, rows(t, askImpact(t, d, "", nil), "figure", "change", "verdict", "nodes"))
}

func TestImpactWithoutEnoughData(t *testing.T) {
	require.Equal(t, []string{
		"Average memory (RSS) | 130 MiB | – | not enough data: 3 nodes, 30 minutes | 3 / 7",
		"request latency | 101 ms | – | not enough data: 3 nodes, 30 minutes | 3 / 7",
	}, rows(t, askImpact(t, impactFleet(t, 10, 3), "", nil), "figure", "before", "interval", "verdict", "nodes"))
}

func TestImpactWithoutChanges(t *testing.T) {
	res := askImpact(t, impactFleet(t, 10, 0), "", nil)
	require.NoError(t, res.Error)
	require.Empty(t, res.Frames[0].Fields)
	res = askImpact(t, impactFleet(t, 10, 0), "", map[string]string{"FromAlert": "true"})
	require.NoError(t, res.Error)
	require.Empty(t, res.Frames[0].Fields, "an alert rule sees no data")
}

// A figure of the settings that cannot be compared does not cost the others.
func TestImpactWithExpressionOfManySeries(t *testing.T) {
	d := impactFleet(t, 10, 5)
	d.source.Settings.ImpactExpressions[0].Expression = `label_replace(request_seconds, "path", "a", "", "") or label_replace(request_seconds, "path", "b", "", "")`
	res := askImpact(t, d, "", nil)
	require.Equal(t, []string{"Average memory (RSS)"}, rows(t, res, "figure"))
	require.Equal(t, []string{
		"warning: The figure \"request latency\" of impact.expressions is left out: it has several series for the node \"node-1\": aggregate them, for example with avg by (cluster, node).",
	}, texts(t, res))
}

func TestImpactQueryErrors(t *testing.T) {
	d := impactFleet(t, 0, 0)
	for fields, message := range map[string]string{
		`, "window": "5m"`:      "the window of an impact query is 5m: expected between 1800s and 604800s",
		`, "window": "soon"`:    `the window "soon" is no duration; expected something like 1h or $__range`,
		`, "groupBy": ["node"]`: `the impact report cannot be grouped by ["node"]; allowed: ["change"], or nothing`,
		`, "signals": ["nope"]`: `the impact report has no figure "nope"; allowed: host-cpu-pressure-ratio, host-run-queue-delay-ratio, host-memory-pressure-ratio, host-io-pressure-ratio, host-disk-latency, host-tcp-retransmission-ratio, host-tcp-listen-drop-rate, host-cpu-busy-ratio, host-context-switch-rate, server-load, cpu-usage-avg-ratio, probe-cpu-ratio, probe-run-time, memory-rss-avg, kernel-drop-ratio, request latency`,
		`, "compare": "1h"`:     "queries of type impact cannot compare: expected query type signal or promql",
		`, "filters": [{"key": "cpu", "operator": "=", "value": "1"}]`: `a query of type impact cannot be filtered by "cpu"; allowed: cluster, engine, kernel, node, version`,
	} {
		require.EqualError(t, askImpact(t, d, fields, nil).Error, message)
	}
}
