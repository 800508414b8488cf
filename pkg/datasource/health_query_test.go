package datasource

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grafana/dataplane/sdata/numeric"
	"github.com/grafana/dataplane/sdata/timeseries"
	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/receiver"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// testCatalogue has few signals and checks, so that tests stay true when the catalogue grows.
func testCatalogue(t *testing.T) *signals.Catalogue {
	t.Helper()
	c := &signals.Catalogue{}
	require.NoError(t, json.Unmarshal([]byte(`{
		"dimensions": [{"id": "data-quality", "title": "Data quality"}, {"id": "continuity", "title": "Continuity"}, {"id": "resources", "title": "Resources"}],
		"groupings": [{"id": "version", "label": "version", "metric": "falcosecurity_falco_version_info"}],
		"metricLabels": {"drops_cpu": ["cpu"]},
		"reading": {"identifyingMetrics": [{"kind": "falco", "prefix": "falcosecurity_"}, {"kind": "falcosidekick", "prefix": "sidekick_"}], "oldestVersion": "0.39"},
		"signals": [
			{"id": "drops", "title": "Kernel drops", "targetKind": "falco", "dimension": "data-quality", "unit": "percentunit", "link": "https://falco.org/drops", "unknown": "a node without events has none",
			 "expr": "sum by ($groupBy) (rate(falcosecurity_scap_n_drops_total{$filter}[$window])) / (sum by ($groupBy) (rate(falcosecurity_scap_n_evts_total{$filter}[$window])) > 0)",
			 "groupBy": {"default": ["$identity"], "allowed": []}, "thresholds": {"direction": "above", "warning": 0.02, "critical": 0.1},
			 "needs": [{"metric": "falcosecurity_scap_n_evts_total", "config": "metrics.kernel_event_counters_enabled"}]},
			{"id": "cpu-drops", "title": "Drops of one CPU", "targetKind": "falco", "dimension": "data-quality", "unit": "short", "expr": "sum by ($groupBy) (drops_cpu{$filter})",
			 "groupBy": {"default": ["$identity", "cpu"], "allowed": []}, "thresholds": {"direction": "above", "warning": 5, "critical": 50},
			 "needs": [{"metric": "drops_cpu", "engines": ["modern_bpf"]}]},
			{"id": "up", "title": "Up", "targetKind": "falco", "dimension": "continuity", "unit": "short", "expr": "min by ($groupBy) (up{kind!=\"falcosidekick\",$filter})",
			 "groupBy": {"default": ["$identity"], "allowed": []}, "needs": [],
			 "values": [{"value": 0, "text": "down", "level": "critical"}, {"value": 1, "text": "up", "level": "ok"}]},
			{"id": "memory", "title": "Memory", "targetKind": "falco", "dimension": "resources", "unit": "bytes", "expr": "max by ($groupBy) (falcosecurity_memory{$filter} > 0)",
			 "groupBy": {"default": ["$identity"], "allowed": []}, "thresholds": {"direction": "above", "warning": 1e9},
			 "advice": [{"when": "It grows", "change": "restart it", "cost": "some seconds"}],
			 "needs": [{"metric": "falcosecurity_memory", "unknownValue": {"value": 0, "because": "the file was not found", "change": "name the file"}}]}
		],
		"checks": [
			{"id": "kernel", "signal": "drops", "worst": "max", "window": "1m", "meaning": {"ok": "All is seen.", "warning": "Some is lost.", "critical": "Much is lost."},
			 "advice": [
				{"when": "max by ($groupBy) (rate(falcosecurity_scap_n_drops_total{$filter}[$window])) > 100", "why": "Very many drops", "change": "give up", "cost": "everything"},
				{"when": "max by ($groupBy) (rate(falcosecurity_scap_n_drops_total{$filter}[$window])) > 10", "why": "Drops come in bursts.", "change": "raise buf_size_preset to 6", "cost": "32 MB a buffer"},
				{"why": "Fewer events help", "change": "set base_syscalls.repair", "cost": ""}]},
			{"id": "up", "signal": "up", "worst": "min", "meaning": {"ok": "It answers.", "critical": "Nothing is seen."}, "advice": [{"why": "It is down", "change": "look at its logs", "cost": "none"}]},
			{"id": "cpu", "signal": "cpu-drops", "worst": "max", "optional": true, "meaning": {"ok": "Even."}, "advice": []},
			{"id": "mem", "signal": "memory", "worst": "max", "meaning": {"ok": "It fits."}, "advice": []}
		]
	}`), c))
	return c
}

// sickFleet has a node that loses 12 of 100 events, a healthy one, one that went down a moment ago, one without
// kernel counters, and one that was never scraped.
func sickFleet(t *testing.T) (*Instance, *fakeFleet) {
	all := []string{"falcosecurity_scap_n_evts_total", "falcosecurity_memory", "drops_cpu"}
	d, f := newTest(t,
		falco("bad", all...),
		change(falco("dead", all...), func(s *scrape.Status) {
			s.State, s.Cause, s.Message = scrape.Down, scrape.Refused, "Connection refused: check the port."
		}),
		falco("good", all...),
		change(falco("new"), func(s *scrape.Status) {
			s.State, s.Scrapes, s.Metrics, s.FirstScrape = scrape.Pending, 0, nil, time.Time{}
		}),
		change(falco("plain", "falcosecurity_memory"), func(s *scrape.Status) { s.Facts["version"] = "0.41.0" }))
	d.source.Catalogue = testCatalogue(t)
	f.count("bad", 12)
	f.count("good", 0)
	f.count("dead", 0)
	of := func(name, node string, more ...string) []string {
		return append([]string{"__name__", name, "cluster", "demo", "node", node, "zone", "a"}, more...)
	}
	// The node died after its last scrape: what its window holds from before is fine, which must not count.
	f.setAt(noon, 0, of("up", "dead")...)
	f.set(1, of("up", "plain")...)
	f.set(5e8, of("falcosecurity_memory", "bad")...)
	f.set(2e9, of("falcosecurity_memory", "good")...)
	f.set(0, of("falcosecurity_memory", "plain")...)
	f.set(3, of("drops_cpu", "bad", "cpu", "0")...)
	f.set(7, of("drops_cpu", "bad", "cpu", "1")...)
	return d, f
}

// rows are a table in words: one line a row, of the columns named.
func rows(t *testing.T, res backend.DataResponse, columns ...string) []string {
	t.Helper()
	require.NoError(t, res.Error)
	require.Len(t, res.Frames, 1)
	var out []string
	for i := range res.Frames[0].Rows() {
		var cells []string
		for _, name := range columns {
			field, at := res.Frames[0].FieldByName(name)
			require.NotEqual(t, -1, at, "no column %s", name)
			value, ok := field.ConcreteAt(i)
			if !ok {
				value = "-"
			}
			if when, is := value.(time.Time); is {
				value = when.UTC().Format("15:04:05.000")
			}
			cells = append(cells, fmt.Sprint(value))
		}
		out = append(out, strings.Join(cells, " | "))
	}
	return out
}

func TestHealthOfEveryNode(t *testing.T) {
	d, _ := sickFleet(t)
	res := queryOne(t, d, `{"queryType": "health"}`)
	require.Equal(t, []string{
		"demo | bad | Data quality | Kernel drops | critical | 12 % over 1 min | Much is lost.",
		"demo | dead | Continuity | Up | critical | down | Nothing is seen.",
		"demo | bad | Data quality | Drops of one CPU | warning | 7 | ",
		"demo | good | Resources | Memory | warning | 1.86 GiB | ",
		"demo | dead | Data quality | Kernel drops | unknown |  | No metrics from dead. Connection refused: check the port.",
		"demo | new | Data quality | Kernel drops | unknown |  | Not scraped yet: new. The first values appear within seconds.",
		"demo | plain | Data quality | Kernel drops | unknown |  | Not enabled on plain. Set metrics.kernel_event_counters_enabled to true in falco.yaml.",
		"demo | new | Continuity | Up | unknown |  | Not scraped yet: new. The first values appear within seconds.",
		"demo | dead | Resources | Memory | unknown |  | No metrics from dead. Connection refused: check the port.",
		"demo | new | Resources | Memory | unknown |  | Not scraped yet: new. The first values appear within seconds.",
		"demo | plain | Resources | Memory | unknown |  | Memory: unknown on plain. the file was not found. name the file.",
		"demo | good | Data quality | Kernel drops | ok | 0 % over 1 min | All is seen.",
		"demo | bad | Continuity | Up | ok | up | It answers.",
		"demo | good | Continuity | Up | ok | up | It answers.",
		"demo | plain | Continuity | Up | ok | up | It answers.",
		"demo | bad | Resources | Memory | ok | 477 MiB | It fits.",
	}, rows(t, res, "cluster", "node", "dimension", "check", "verdict", "text", "meaning"))
	require.Equal(t, []string{
		"kernel | 0.12 | 1. Drops come in bursts. raise buf_size_preset to 6. Cost: 32 MB a buffer.\n2. Fewer events help. set base_syscalls.repair. | https://falco.org/drops",
		"up | 0 | Connection refused: check the port. | ",
	}, rows(t, res, "id", "value", "change", "link")[:2])
	require.Equal(t, []string{"kernel | raise buf_size_preset to 6.", "up | Connection refused: check the port."}, rows(t, res, "id", "step")[:2])
	require.Equal(t, "**Kernel drops: critical.** Much is lost.\n\n"+
		"1. Drops come in bursts. raise buf\\_size\\_preset to 6. Cost: 32 MB a buffer.\n\n2. Fewer events help. set base\\_syscalls.repair.\n\n"+
		"[Falco's documentation](https://falco.org/drops)", rows(t, res, "details")[0])
	require.Equal(t, []string{"Verdict", "Cluster", "Node", "Check", "Value", "First step"}, columnsShown(res))
	require.Equal(t, "mem | It grows. restart it. Cost: some seconds.", rows(t, res, "id", "change")[3], "the check has no advice of its own that fits")
	require.Equal(t, data.FrameTypeTable, res.Frames[0].Meta.Type)
	require.Contains(t, res.Frames[0].Meta.ExecutedQueryString, `max by (cluster, node) (sum by (cluster, node, cpu) (drops_cpu{}))`)
	require.Contains(t, res.Frames[0].Meta.ExecutedQueryString, `[60s]`, "the check's own window")
	require.Equal(t, []string{
		"warning: No metrics from 1 of 5 nodes: dead. Connection refused: check the port.",
		"info: Not scraped yet: 1 of 5 nodes: new. The first values appear within seconds.",
	}, texts(t, res))
}

// columnsShown are the titles of the columns that a table panel shows without overrides.
func columnsShown(res backend.DataResponse) (out []string) {
	for _, field := range res.Frames[0].Fields {
		if field.Config.Custom["hideFrom"] == nil {
			out = append(out, field.Config.DisplayNameFromDS)
		}
	}
	return out
}

// A row for a check shows its worst node, and what to change there first.
func TestHealthOfEveryCheck(t *testing.T) {
	d, _ := sickFleet(t)
	res := queryOne(t, d, `{"queryType": "health", "groupBy": ["check"]}`)
	require.Equal(t, []string{
		"Kernel drops | critical | bad | 12 % over 1 min | 1 of 5 | raise buf_size_preset to 6.",
		"Up | critical | dead | down | 1 of 5 | Connection refused: check the port.",
		"Drops of one CPU | warning | bad | 7 | 1 of 1 | ",
		"Memory | warning | good | 1.86 GiB | 1 of 5 | restart it.",
	}, rows(t, res, "check", "verdict", "node", "text", "nodes", "step"))
	require.Contains(t, rows(t, res, "details")[0], "1 critical, 3 unknown, 1 ok.\n\nKernel drops over 1 min on bad (12 %).\n\n**Kernel drops: critical.** Much is lost.\n\n1. Drops")
	require.Equal(t, []string{"Verdict", "Check", "Node", "Value", "Nodes", "First step"}, columnsShown(res))

	fine := queryOne(t, d, `{"queryType": "health", "groupBy": ["check"], "signals": ["kernel"], "filters": [{"key": "node", "operator": "=", "value": "good"}]}`)
	require.Equal(t, []string{"ok |  |  | No action needed."}, rows(t, fine, "verdict", "node", "text", "step"), "no node stands out")
}

func TestHealthFilters(t *testing.T) {
	d, _ := sickFleet(t)
	columns := []string{"node", "id", "verdict"}
	for query, want := range map[string][]string{
		`{"queryType": "health", "signals": ["drops", "up"], "filters": [{"key": "node", "operator": "=~", "value": "bad|good"}]}`: {
			"bad | kernel | critical", "good | kernel | ok", "bad | up | ok", "good | up | ok",
		},
		`{"queryType": "health", "signals": ["kernel"], "filters": [{"key": "version", "operator": "=", "value": "0.41.0"}]}`: {"plain | kernel | unknown"},
		`{"queryType": "health", "signals": ["up"], "filters": [{"key": "zone", "operator": "=", "value": "b"}]}`:             nil,
	} {
		require.Equal(t, want, rows(t, queryOne(t, d, query), columns...), query)
	}
	for query, want := range map[string]string{
		`{"queryType": "health", "filters": [{"key": "cpu", "operator": "=", "value": "1"}]}`:   `a query of type health cannot be filtered by "cpu"; allowed: cluster, node, version, zone`,
		`{"queryType": "health", "filters": [{"key": "node", "operator": "~", "value": "1"}]}`:  `a query of type health: the filter on "node" has the operator "~"; allowed: = != =~ !~`,
		`{"queryType": "health", "filters": [{"key": "node", "operator": "=~", "value": "("}]}`: `a query of type health: the filter on "node" is not a valid regular expression: "("`,
		`{"queryType": "health", "signals": ["nope"]}`:                                          `no check has the id "nope" or judges a signal of that id`,
		`{"queryType": "health", "groupBy": ["cpu"]}`:                                           `health cannot be grouped by "cpu"; allowed: check, cluster, dimension, node, zone`,
	} {
		require.EqualError(t, queryOne(t, d, query).Error, want, query)
	}
}

func TestHealthSummed(t *testing.T) {
	d, f := sickFleet(t)
	res := queryOne(t, d, `{"queryType": "health", "groupBy": ["dimension"]}`)
	require.Equal(t, []string{
		"Data quality | critical | 1 | 1 | 3 | 1 | Kernel drops over 1 min on bad (12 %)",
		"Continuity | critical | 1 | 0 | 1 | 3 | Up on dead (down: refused)",
		"Resources | warning | 0 | 1 | 3 | 1 | Memory on good (1.86 GiB)",
	}, rows(t, res, "dimension", "verdict", "critical", "warning", "unknown", "ok", "worst"))
	require.Equal(t, []string{"bad | critical", "good | ok"},
		rows(t, queryOne(t, d, `{"queryType": "health", "groupBy": ["$identity", "dimension"], "signals": ["kernel"], "filters": [{"key": "node", "operator": "=~", "value": "bad|good"}]}`), "node", "verdict"))
	require.Equal(t, []string{"unknown | 3"}, rows(t, queryOne(t, d, `{"queryType": "health", "groupBy": [], "signals": ["kernel"], "filters": [{"key": "node", "operator": "!=", "value": "bad"}]}`), "verdict", "unknown"),
		"what is partly unknown is not green")
	f.since = noon.Add(-20 * time.Second)
	require.Contains(t, strings.Join(texts(t, queryOne(t, d, `{"queryType": "health", "groupBy": []}`)), "\n"), "info: Data starts at 11:59 UTC.")
}

// A check that is about two dimensions is bad in both.
func TestHealthOfAllDimensionsOfACheck(t *testing.T) {
	d, _ := sickFleet(t)
	d.source.Catalogue.Checks[0].ExtraDimensions = []string{"continuity"}
	of := func(node string) string {
		return `, "filters": [{"key": "node", "operator": "=", "value": "` + node + `"}]`
	}
	require.Equal(t, []string{"Data quality | critical | Kernel drops over 1 min on bad (12 %)", "Continuity | critical | Kernel drops over 1 min on bad (12 %)", "Resources | ok | "},
		rows(t, queryOne(t, d, `{"queryType": "health", "groupBy": ["dimension"]`+of("bad")+`}`), "dimension", "verdict", "worst"))
	require.Len(t, rows(t, queryOne(t, d, `{"queryType": "health", "signals": ["kernel"]`+of("bad")+`}`), "check"), 1, "it stays one check")
	over := queryOne(t, d, `{"queryType": "health", "groupBy": ["dimension"], "signals": ["kernel"], "instant": false, "format": "timeseries"`+of("bad")+`}`)
	require.NoError(t, over.Error)
	require.Len(t, over.Frames, 2)
}

// Whoever looks at one node wants to know that its alerts go nowhere.
func TestHealthOfANodeHoldsFalcosidekick(t *testing.T) {
	d, f := sickFleet(t)
	require.NoError(t, json.Unmarshal([]byte(`{"id": "kick", "title": "Falcosidekick", "targetKind": "falcosidekick", "dimension": "continuity", "unit": "short",
		"expr": "min by ($groupBy) (up{kind=\"falcosidekick\",$filter})", "groupBy": {"default": ["$identity"]}, "needs": [],
		"values": [{"value": 0, "text": "down", "level": "critical"}, {"value": 1, "text": "up", "level": "ok"}]}`), &d.source.Catalogue.Signals[2]))
	d.source.Catalogue.Checks[1].Signal = "kick"
	f.statuses = append(f.statuses, change(falco("kick"), func(s *scrape.Status) { s.Kind, s.State, s.Facts = scrape.KindFalcosidekick, scrape.Down, nil }))
	f.set(0, "__name__", "up", "kind", "falcosidekick", "cluster", "demo", "node", "kick", "zone", "a")
	ask := func(filter string) []string {
		return rows(t, queryOne(t, d, `{"queryType": "health", "signals": ["kernel", "kick"], "filters": [`+filter+`]}`), "node", "check", "verdict")
	}
	require.Equal(t, []string{"bad | Kernel drops | critical", "kick | Falcosidekick | critical"},
		ask(`{"key": "node", "operator": "=", "value": "bad"}, {"key": "version", "operator": "=", "value": "0.44.1"}`))
	require.Empty(t, ask(`{"key": "cluster", "operator": "=", "value": "other"}`))
}

// Of a whole cluster it is said what it lacks, and nothing where only some of its nodes are asked about.
func TestHealthOfWholeClusters(t *testing.T) {
	d, f := sickFleet(t)
	require.NoError(t, json.Unmarshal([]byte(`{"id": "lacking", "title": "Missing", "clusterScoped": true, "dimension": "continuity", "unit": "short",
		"expr": "sum by ($groupBy) (wanted{$filter} - count by (cluster) (up{$filter}))", "groupBy": {"default": ["cluster"]}, "needs": [],
		"thresholds": {"direction": "above", "critical": 1}}`), &d.source.Catalogue.Signals[2]))
	d.source.Catalogue.Checks[1].Signal, d.source.Catalogue.Checks[1].Optional = "lacking", true
	f.set(7, "__name__", "wanted", "cluster", "demo")
	ask := func(filter string) []string {
		return rows(t, queryOne(t, d, `{"queryType": "health", "signals": ["lacking"], "filters": [`+filter+`]}`), "cluster", "node", "verdict", "text")
	}
	require.Equal(t, []string{"demo |  | critical | 3"}, ask(""))
	require.Equal(t, []string{"critical | Missing on demo (3)"}, rows(t, queryOne(t, d, `{"queryType": "health", "signals": ["lacking"], "groupBy": ["check"]}`), "verdict", "worst"))
	require.Equal(t, []string{"demo |  | critical | 3"}, ask(`{"key": "node", "operator": "=~", "value": "bad|dead|good|new|plain"}`))
	require.Empty(t, ask(`{"key": "node", "operator": "=", "value": "bad"}`))
	require.Empty(t, ask(`{"key": "cluster", "operator": "=", "value": "other"}`))
}

func TestHealthForAlertRules(t *testing.T) {
	d, _ := sickFleet(t)
	res := queries(t, d, map[string]string{"FromAlert": "true"}, `{"queryType": "health"}`)["A"]
	require.NoError(t, res.Error)
	reader, err := numeric.CollectionReaderFromFrames(res.Frames)
	require.NoError(t, err)
	c, err := reader.GetCollection(false)
	require.NoError(t, err)
	got := map[string]float64{}
	for _, ref := range c.Refs {
		l := ref.GetLabels()
		require.Equal(t, "demo", l["cluster"])
		require.NotEmpty(t, l["dimension"])
		value, _, err := ref.NullableFloat64Value()
		require.NoError(t, err)
		got[l["node"]+" "+l["check"]] = *value
	}
	require.Len(t, got, 16)
	require.Equal(t, 2.0, got["bad kernel"])
	require.Equal(t, 1.0, got["good mem"])
	require.Equal(t, 0.0, got["good kernel"])
	require.Equal(t, -1.0, got["dead kernel"])

	res = queryOne(t, d, `{"queryType": "health", "format": "timeseries", "instant": true, "groupBy": ["dimension"]}`)
	require.Len(t, res.Frames, 3)
	field := res.Frames[1].Fields[0]
	require.Equal(t, data.Labels{"dimension": "data-quality"}, field.Labels)
	require.Equal(t, "Data quality", field.Config.DisplayNameFromDS)
	require.Equal(t, "purple", field.Config.Mappings[0].(data.ValueMapper)["-1"].Color, "unknown is not green")
}

func TestHealthOverARange(t *testing.T) {
	d, _ := sickFleet(t)
	res := queryOne(t, d, `{"queryType": "health", "format": "timeseries", "groupBy": ["node"], "signals": ["kernel", "up"]}`)
	require.NoError(t, res.Error)
	reader, err := timeseries.CollectionReaderFromFrames(res.Frames)
	require.NoError(t, err)
	c, err := reader.GetCollection(true)
	require.NoError(t, err)
	got := map[string]string{}
	for _, s := range c.Refs {
		var line string
		for i := range s.ValueField.Len() {
			if word := fmt.Sprint(s.ValueField.At(i)); !strings.HasSuffix(line, word+" ") {
				line += word + " "
			}
		}
		got[s.GetLabels()["node"]] = line
	}
	// `new` was never scraped: there is nothing to say of its past. `plain` has no kernel counters, ever.
	require.Equal(t, map[string]string{"bad": "2 ", "good": "0 ", "dead": "0 ", "plain": "-1 "}, got)
}

// What a node lost before it went down stays lost; what was fine is not known to be fine.

// fleetOf has nodes with an hour of figures, and checks of which each has its own expression.
func fleetOf(b *testing.B, nodes, checks int) *Instance {
	var statuses []scrape.Status
	for i := range nodes {
		statuses = append(statuses, falco(fmt.Sprintf("node-%d", i), kernelCounters...))
	}
	f := &fakeFleet{statuses: statuses, history: history.New(history.Options{})}
	d := newInstance(b.Context(), backend.DataSourceInstanceSettings{JSONData: json.RawMessage(`{"targets": [{"url": "a:1"}]}`)}, func(scrape.Config) (executor.Fleet, error) { return f, nil }, receiver.NewRecorder(), executor.NewShared())
	d.source.Now = func() time.Time { return noon }
	for i := range nodes {
		f.count(fmt.Sprintf("node-%d", i), float64(i%20))
	}
	c := *signals.Load()
	c.Checks = nil
	for i := range checks {
		id := "kernel-drop-ratio"
		if i%3 == 0 {
			id = "up"
		}
		c.Checks = append(c.Checks, signals.Check{ID: fmt.Sprintf("check-%d", i), Signal: id, Worst: "max", Window: fmt.Sprintf("%dm", 5+i)})
	}
	d.source.Catalogue = &c
	return d
}

// BenchmarkHealth is a dashboard's refresh on 200 nodes: the table, five tiles and the list of nodes.
func BenchmarkHealth(b *testing.B) {
	d := fleetOf(b, 200, 30)
	req := &backend.QueryDataRequest{}
	for i, q := range []string{
		`{"queryType": "health"}`, `{"queryType": "health", "groupBy": ["dimension"], "format": "timeseries", "instant": true}`,
		`{"queryType": "health", "groupBy": ["$identity", "dimension"]}`, `{"queryType": "health", "groupBy": []}`, `{"signals": ["kernel-drop-ratio"], "format": "table"}`,
	} {
		req.Queries = append(req.Queries, backend.DataQuery{
			RefID: string(rune('A' + i)), JSON: json.RawMessage(q), Interval: 15 * time.Second, MaxDataPoints: 1000,
			TimeRange: backend.TimeRange{From: noon.Add(-30 * time.Minute), To: noon},
		})
	}
	for b.Loop() {
		res, err := d.QueryData(b.Context(), req)
		require.NoError(b, err)
		require.Len(b, res.Responses, 5)
		require.NoError(b, res.Responses["A"].Error)
		require.Equal(b, 6000, res.Responses["A"].Frames[0].Rows())
	}
}

// A store takes its time for each check: one does not wait for the other.
func TestChecksAreAskedForAtATime(t *testing.T) {
	d := storeWith(t, "")
	slow := &slowExecutor{Executor: d.source.Executor}
	d.source.Executor = slow
	require.NoError(t, queryOne(t, d, `{"queryType": "health"}`).Error)
	require.Greater(t, slow.most.Load(), int32(4))
	require.LessOrEqual(t, slow.most.Load(), int32(request.MaxConcurrentExpressions))
}

// slowExecutor takes its time for every expression, and counts those that it is asked for at a time.
type slowExecutor struct {
	executor.Executor
	now, most atomic.Int32
}

func (e *slowExecutor) Evaluate(ctx context.Context, what executor.Evaluation) (executor.Value, error) {
	if now := e.now.Add(1); now > e.most.Load() {
		e.most.Store(now)
	}
	defer e.now.Add(-1)
	time.Sleep(20 * time.Millisecond)
	return e.Executor.Evaluate(ctx, what)
}

func TestHealthOfAFalcoWithPluginsOnly(t *testing.T) {
	d, f := newTest(t, change(falco("plugins"), func(s *scrape.Status) { s.Facts = map[string]string{"version": "0.44.1", "engine": "source_plugin"} }))
	f.set(1, "__name__", "up", "cluster", "demo", "node", "plugins")
	checks := rows(t, queryOne(t, d, `{"queryType": "health"}`), "check", "verdict")
	require.NotContains(t, strings.Join(checks, "\n"), "Kernel drops")
	require.Contains(t, checks, "Falco up | ok")
	_, h := check(t, d)
	require.Contains(t, h.VerboseMessage, "• No system calls are read by plugins. Only plugin sources are enabled, so checks about system calls, drops and resources do not apply.")
}
