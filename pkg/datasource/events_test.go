package datasource

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

func eventsFleet(t *testing.T) *Instance {
	d, f := newTest(t, falco("node-1"), falco("node-2"))
	f.since = noon.Add(-time.Hour)
	c := *signals.Load()
	c.Events = []signals.EventKind{
		{ID: "restart", Title: "Restart", Find: "change", Metric: "start_ns", Time: "nanoseconds", Text: "Falco restarted on {{node}}.", Level: "warning"},
		{ID: "reload", Title: "Hot reload", Find: "change", Metric: "reload_ns", Time: "nanoseconds", Unless: "start_ns", Text: "Falco reloaded on {{node}}.", Level: "info"},
		{ID: "version", Title: "Version", Find: "label", Metric: "version_info", Label: "version", Text: "{{node}}: {{from}} → {{to}}", Level: "info"},
		{ID: "rules", Title: "Rules", Find: "label", Metric: "rules_info", Label: "sha256", Text: "Rules of {{node}} changed.", Level: "info"},
		{ID: "cpus", Title: "CPUs", Find: "change", Metric: "cpus", Text: "{{from}} → {{to}}", Level: "info"},
		{ID: "burst", Title: "Drops", Find: "above", Expr: "max by ($groupBy) (drops{$filter})", Bound: 0.1, Text: "{{node}} lost up to {{value}}", Level: "critical"},
	}
	d.source.Catalogue = &c
	of := func(name, node string, more ...string) []string {
		return append([]string{"__name__", name, "cluster", "demo", "node", node}, more...)
	}
	ns := func(ago time.Duration) string { return fmt.Sprintf("%d", noon.Add(ago).UnixNano()) }
	// A restart 3 s before the scrape that shows it, which is no reload, and comes with another version.
	first, second, third := ns(-2*time.Hour), ns(-10*time.Minute-3*time.Second), ns(-5*time.Minute-1500*time.Millisecond)
	f.write(t, "-40m "+first+", -12m "+first+", -11m end, -10m "+second+", -1m "+second, of("start_ns", "node-1")...)
	f.write(t, "-40m "+first+", -12m "+first+", -11m end, -10m "+second+", -6m "+second+", -5m "+third+", -1m "+third, of("reload_ns", "node-1")...)
	f.write(t, "-40m 1, -12m 1, -11m end", of("version_info", "node-1", "version", "0.43.0")...)
	f.write(t, "-10m 1, -1m 1", of("version_info", "node-1", "version", "0.44.1")...)
	// Two files of one name: they end and begin together, and one of them changes at a time that nothing tells.
	f.write(t, "-40m 1, -12m 1, -11m end, -10m 1, -1m 1", of("rules_info", "node-1", "sha256", "aa", "file_name", "x")...)
	f.write(t, "-40m 1, -12m 1, -11m end, -10m 1, -9m end", of("rules_info", "node-1", "sha256", "bb", "file_name", "x")...)
	f.write(t, "-8m 1, -1m 1", of("rules_info", "node-1", "sha256", "cc", "file_name", "x")...)
	f.write(t, "-35m 4, -31m 4, -29m 8, -1m 8", of("cpus", "node-2")...)
	f.write(t, "-20m 0.05, -19m 0.05, -18m 0.2, -17m 0.5, -16m 0.3, -15m 0.01, -1m 0.01", of("drops", "node-2")...)
	// Above the bound since it is known: that is no crossing. It goes below and comes back, and stays.
	f.write(t, "-35m 0.4, -15m 0, -14m 0.3, -10m 0.3, -6m 0.3, -2m 0.3", of("drops", "node-1")...)
	// Before the range.
	f.write(t, "-55m 1, -50m 2", of("cpus", "node-3")...)
	return d
}

func TestEvents(t *testing.T) {
	d := eventsFleet(t)
	res := queryOne(t, d, `{"queryType": "events"}`)
	require.Equal(t, []string{
		"11:55:05.500 | 11:55:05.500 | Hot reload | Falco reloaded on node-1. | reload,info,node-1 | demo | node-1 | reload | info",
		"11:52:07.000 | 11:52:07.000 | Rules | Rules of node-1 changed. | rules,info,node-1 | demo | node-1 | rules | info",
		"11:50:04.000 | 11:50:04.000 | Restart | Falco restarted on node-1. | restart,warning,node-1 | demo | node-1 | restart | warning",
		"11:50:04.000 | 11:50:04.000 | Version | node-1: 0.43.0 → 0.44.1 | version,info,node-1 | demo | node-1 | version | info",
		"11:46:15.000 | 11:46:15.000 | Drops | node-1 lost up to 0.3 | burst,critical,node-1 | demo | node-1 | burst | critical",
		"11:42:15.000 | 11:45:00.000 | Drops | node-2 lost up to 0.5 | burst,critical,node-2 | demo | node-2 | burst | critical",
		"11:31:07.000 | 11:31:07.000 | CPUs | 4 → 8 | cpus,info,node-2 | demo | node-2 | cpus | info",
	}, rows(t, res, "time", "timeEnd", "title", "text", "tags", "cluster", "node", "kind", "level"))
	require.Empty(t, texts(t, res))
	for i, name := range []string{"time", "timeEnd", "title", "text", "tags"} {
		require.Equal(t, name, res.Frames[0].Fields[i].Name, "as Grafana's annotations read them")
	}
}

func TestEventsFilters(t *testing.T) {
	d := eventsFleet(t)
	require.Equal(t, []string{"restart"}, rows(t, queryOne(t, d, `{"queryType": "events", "signals": ["restart"]}`), "kind"))
	require.Equal(t, []string{"burst", "cpus"}, rows(t, queryOne(t, d, `{"queryType": "events", "filters": [{"key": "node", "operator": "=", "value": "node-2"}]}`), "kind"))
	require.Empty(t, rows(t, queryOne(t, d, `{"queryType": "events", "filters": [{"key": "version", "operator": "=", "value": "0.1"}]}`), "kind"))
	require.EqualError(t, queryOne(t, d, `{"queryType": "events", "signals": ["nope"]}`).Error,
		`there is no kind of event with the id "nope"; allowed: restart, reload, version, rules, cpus, burst`)
	require.EqualError(t, queryOne(t, d, `{"queryType": "events", "groupBy": ["zone"]}`).Error, `events cannot be grouped by "zone"; allowed: cluster, node`)
}

// A roll-out is one annotation, not one for every node.
func TestEventsThatFallTogether(t *testing.T) {
	d, f := newTest(t, falco("node-1"))
	f.since = noon.Add(-time.Hour)
	c := *d.source.Catalogue
	d.source.Catalogue = &c
	c.Events = []signals.EventKind{
		{ID: "cpus", Title: "CPUs", Find: "change", Metric: "cpus", Text: "{{node}}: {{from}} → {{to}}", Level: "info"},
		{ID: "drops", Title: "Drops", Find: "above", Expr: "max by ($groupBy) (drops{$filter})", Bound: 0.1, Text: "{{node}}", Level: "critical"},
	}
	// Six nodes, half a minute apart in half an hour, and the first once more later.
	for i := range 6 {
		changes := fmt.Sprintf("-28m 1, -%ds 2", 1500-30*i)
		if i == 0 {
			changes += ", -15m 3"
		}
		f.write(t, changes, "__name__", "cpus", "cluster", "demo", "node", fmt.Sprintf("node-%d", i+1))
	}
	f.write(t, "-11m 0, -10m 0.5, -9m 0", "__name__", "drops", "cluster", "demo", "node", "node-1")
	columns := []string{"time", "title", "text", "tags", "cluster", "node"}
	require.Equal(t, []string{
		"11:50:15.000 | Drops | node-1 | drops,critical,node-1 | demo | node-1",
		"11:45:07.000 | CPUs | node-1: 2 → 3 | cpus,info,node-1 | demo | node-1",
		"11:35:07.000 | CPUs (6) | node-6: 1 → 2\nnode-5: 1 → 2\nnode-4: 1 → 2\nnode-3: 1 → 2\nnode-2: 1 → 2\nAnd 1 more. | cpus,info | demo | ",
	}, rows(t, queryOne(t, d, `{"queryType": "events", "groupBy": []}`), columns...))
	require.Equal(t, []string{"Drops | 11:50:15.000"}, rows(t, queryOne(t, d, `{"queryType": "events", "groupBy": [], "signals": ["drops"]}`), "title", "time"))
	require.Len(t, rows(t, queryOne(t, d, `{"queryType": "events", "groupBy": ["$identity"]}`), "title"), 8)
	require.Len(t, rows(t, queryOne(t, d, `{"queryType": "events"}`), "title"), 8)
	require.Equal(t, []string{"Drops"}, rows(t, queryOne(t, d, `{"queryType": "events", "groupBy": [], "limit": 1}`), "title"))
}

// Counters that fall without a restart or a reload are an event.
func TestEventOfCountersThatFell(t *testing.T) {
	d, f := newTest(t, falco("node-1"), falco("node-2"))
	f.since = noon.Add(-time.Hour)
	for _, node := range []string{"node-1", "node-2"} {
		counter, start := "", ""
		for i := range 120 {
			value, started := 9_000_000+i*150_000, 1
			if i == 60 {
				value /= 4
			}
			if node == "node-2" && i >= 60 { // a restart
				value, started = i*100, 2
			}
			counter += fmt.Sprintf("%ds %d, ", -15*(120-i), value)
			start += fmt.Sprintf("%ds %d, ", -15*(120-i), started)
		}
		labels := []string{"cluster", "demo", "node", node}
		f.write(t, strings.TrimSuffix(counter, ", "), append([]string{"__name__", "falcosecurity_scap_n_evts_total"}, labels...)...)
		f.write(t, strings.TrimSuffix(start, ", "), append([]string{"__name__", "falcosecurity_falco_start_timestamp_nanoseconds"}, labels...)...)
	}
	res := queryOne(t, d, `{"queryType": "events", "signals": ["counter-dip"]}`)
	require.Len(t, rows(t, res, "node"), 1)
	require.Equal(t, []string{"11:45:15.000 | node-1 | warning | Counters of Falco on node-1 fell without a restart. Falco up to 0.45.0 reports wrong counters when two requests read its metrics at the same time. Let only one Prometheus scrape it, or upgrade Falco."},
		rows(t, res, "time", "node", "level", "text"))
}

// Graphs whose range begins before the history have a mark where it starts. It is about no node, so it is there for each of
// them.
func TestDataStart(t *testing.T) {
	d, f := newTest(t, falco("node-1"))
	const query = `{"queryType": "events", "groupBy": [], "signals": ["data-start"], "filters": [{"key": "node", "operator": "=", "value": "node-1"}]}`
	require.Empty(t, queryOne(t, d, query).Frames[0].Fields, "there is no history yet")
	f.since = noon.Add(-10 * time.Minute)
	require.Equal(t, []string{"11:50:07.000 | Data starts | Earlier values are unknown: the history is kept in memory and starts here. | data-start,info |  | info"},
		rows(t, queryOne(t, d, query), "time", "title", "text", "tags", "node", "level"))
	f.since = noon.Add(-100 * time.Hour)
	require.Empty(t, queryOne(t, d, query).Frames[0].Fields, "the range begins later")
}
