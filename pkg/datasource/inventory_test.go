package datasource

import (
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

func TestInventory(t *testing.T) {
	d, f := newTest(t,
		falco("a", "n_evts"), falco("b", "n_evts", "sys_exit"),
		change(falco("c", "n_evts"), func(s *scrape.Status) { s.Facts = map[string]string{"version": "0.41.0", "engine": "kmod"} }),
		change(falco("d", "n_evts"), func(s *scrape.Status) { s.State, s.Message = scrape.Down, "Connection refused." }),
		change(falco("sidekick"), func(s *scrape.Status) { s.Kind = scrape.KindFalcosidekick }))
	c := *signals.Load()
	c.Switches = []signals.Switch{
		{Config: "metrics.kernel", Metric: "n_evts"},
		{Config: "metrics.libbpf", Metric: "sys_exit", Engines: []string{"modern_bpf"}},
	}
	c.Inventory = []signals.InventoryColumn{
		{ID: "version", Title: "Version", Metric: "falcosecurity_falco_version_info", Label: "version", Compare: true},
		{ID: "rules", Title: "Rules", Metric: "rules_info", Label: "sha256", Prefix: "file_name", Length: 4, Compare: true},
		{ID: "cpus", Title: "CPUs", Metric: "cpus", Unit: "short", Compare: true},
		{ID: "started", Title: "Started", Metric: "start_ns", Unit: "dateTimeAsIso", Divide: 1e6},
	}
	d.source.Catalogue = &c
	for node, version := range map[string]string{"a": "0.44.1", "b": "0.44.1", "c": "0.41.0"} {
		f.set(1, "__name__", "falcosecurity_falco_version_info", "cluster", "demo", "node", node, "version", version)
		f.set(1, "__name__", "rules_info", "cluster", "demo", "node", node, "sha256", "1111222", "file_name", "one")
		f.set(16, "__name__", "cpus", "cluster", "demo", "node", node)
		f.set(1.8e18, "__name__", "start_ns", "cluster", "demo", "node", node)
	}
	f.set(1, "__name__", "rules_info", "cluster", "demo", "node", "c", "sha256", "0000333", "file_name", "two")
	res := queryOne(t, d, `{"queryType": "inventory"}`)
	require.Equal(t, []string{
		"demo | c | up | a | 0.41.0 | one 1111, two 0000 | 16 | 1.8e+12 | 2 | Version: 0.41.0, while 3 of 4 have 0.44.1; Rules: one 1111, two 0000, while 2 of 3 have one 1111 | metrics.kernel |  | http://c:8765/metrics",
		"demo | a | up | a | 0.44.1 | one 1111 | 16 | 1.8e+12 | 0 |  | metrics.kernel | metrics.libbpf | http://a:8765/metrics",
		"demo | b | up | a | 0.44.1 | one 1111 | 16 | 1.8e+12 | 0 |  | metrics.kernel, metrics.libbpf |  | http://b:8765/metrics",
		// What it last said of itself is remembered.
		"demo | d | down | a | 0.44.1 |  | - | - | 0 |  | metrics.kernel | metrics.libbpf | http://d:8765/metrics",
	}, rows(t, res, "cluster", "node", "state", "zone", "version", "rules", "cpus", "started", "odd", "differs", "on", "off", "address"))
	require.Contains(t, texts(t, res)[0], "warning: No metrics from 1 of 5 targets: d. Connection refused.")

	require.Equal(t, []string{"c | 0"}, rows(t, queryOne(t, d, `{"queryType": "inventory", "filters": [{"key": "engine", "operator": "=", "value": "kmod"}]}`), "node", "odd"), "it is its own majority")
}

// What is pinned counts, whatever the majority has.
func TestInventoryAgainstTheBaseline(t *testing.T) {
	pinned := strings.Repeat("1", 64)
	d, f := newTestWith(t, `{"targets": [{"url": "node-1:8765"}], "baseline": {"version": "0.41.0", "rules": "`+pinned+`"}}`, falco("a"), falco("b"), falco("c"))
	for node, version := range map[string]string{"a": "0.44.1", "b": "0.44.1", "c": "0.41.0"} {
		f.set(1, "__name__", "falcosecurity_falco_version_info", "cluster", "demo", "node", node, "version", version)
	}
	f.set(1, "__name__", "falcosecurity_falco_sha256_rules_files_info", "cluster", "demo", "node", "a", "file_name", "falco_rules.yaml", "sha256", pinned)
	f.set(1, "__name__", "falcosecurity_falco_sha256_rules_files_info", "cluster", "demo", "node", "b", "file_name", "falco_rules.yaml", "sha256", strings.Repeat("2", 64))
	require.Equal(t, []string{
		"b | Version: 0.44.1, but the baseline is 0.41.0; Rules files: falco_rules.yaml 222222222222, but the baseline is 111111111111",
		"a | Version: 0.44.1, but the baseline is 0.41.0",
		"c | ",
	}, rows(t, queryOne(t, d, `{"queryType": "inventory"}`), "node", "differs"))
}

// Nodes that all differ are not marked: a notice says that there is no majority, and in which columns.
func TestInventoryWithoutMajority(t *testing.T) {
	d, f := newTest(t, falco("a"), falco("b"), falco("c"))
	for node, version := range map[string]string{"a": "0.44.1", "b": "0.45.0", "c": "0.41.0"} {
		f.set(1, "__name__", "falcosecurity_falco_version_info", "cluster", "demo", "node", node, "version", version)
		f.set(1, "__name__", "falcosecurity_falco_kernel_release_info", "cluster", "demo", "node", node, "kernel_release", "6."+version)
		f.set(1, "__name__", "falcosecurity_scap_engine_name_info", "cluster", "demo", "node", node, "engine_name", "kmod")
	}
	res := queryOne(t, d, `{"queryType": "inventory"}`)
	require.Equal(t, []string{"a | 0 | ", "b | 0 | ", "c | 0 | "}, rows(t, res, "node", "odd", "differs"))
	require.Contains(t, texts(t, res), "info: No majority in demo for Version, Kernel: more than half of the nodes share no value, so none of them is marked as different.")
}

// Clusters are upgraded one after the other: each has a majority of its own.
func TestOddWithinTheCluster(t *testing.T) {
	in := func(cluster, name string) scrape.Status {
		return change(falco(name), func(s *scrape.Status) { s.Labels = labels.FromStrings("cluster", cluster, "node", name) })
	}
	d, f := newTest(t, in("new", "a"), in("new", "b"), in("new", "c"), in("old", "d"), in("old", "e"))
	for node, version := range map[string]string{"a": "0.44.1", "b": "0.44.1", "c": "0.41.0"} {
		f.set(1, "__name__", "falcosecurity_falco_version_info", "cluster", "new", "node", node, "version", version)
	}
	for _, node := range []string{"d", "e"} {
		f.set(1, "__name__", "falcosecurity_falco_version_info", "cluster", "old", "node", node, "version", "0.41.0")
	}
	require.Equal(t, []string{"c | Version: 0.41.0, while 2 of 3 have 0.44.1", "a | ", "b | ", "d | ", "e | "},
		rows(t, queryOne(t, d, `{"queryType": "inventory"}`), "node", "differs"))
}
