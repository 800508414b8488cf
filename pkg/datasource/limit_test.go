package datasource

import (
	"fmt"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

// fiveNodes lose 1, 2, … 5 of 100 events.
func fiveNodes(t *testing.T) (*Instance, *fakeFleet) {
	var all []scrape.Status
	for i := 1; i <= 5; i++ {
		all = append(all, falco(fmt.Sprintf("node-%d", i), kernelCounters...))
	}
	d, f := newTest(t, all...)
	for i := 1; i <= 5; i++ {
		f.count(fmt.Sprintf("node-%d", i), float64(i))
	}
	return d, f
}

// names are what the series of an answer are called, in order.
func names(t *testing.T, res backend.DataResponse) (out []string) {
	t.Helper()
	require.NoError(t, res.Error)
	for _, frame := range res.Frames {
		out = append(out, frame.Fields[len(frame.Fields)-1].Config.DisplayNameFromDS)
	}
	return out
}

func TestLimitLeavesTheWorst(t *testing.T) {
	d, _ := fiveNodes(t)
	for query, want := range map[string][]string{
		`{"limit": 2}`:                  {"node-4", "node-5"},
		`{"limit": 2, "instant": true}`: {"node-5", "node-4"},
		`{"limit": 9, "instant": true}`: {"node-5", "node-4", "node-3", "node-2", "node-1"},
		`{"limit": 1, "filters": [{"key": "node", "operator": "!~", "value": "node-[45]"}]}`: {"node-3"},
		// The first signal decides for all.
		`{"limit": 1, "signals": ["kernel-drop-ratio", "up"]}`: {"Kernel drops, node-5", "Falco up, node-5"},
	} {
		res := queryOne(t, d, query)
		require.Equal(t, want, names(t, res), query)
		require.Empty(t, texts(t, res), "nothing is missing but what the limit leaves out")
	}

	res := queryOne(t, d, `{"limit": 2, "format": "table", "signals": ["kernel-drop-ratio", "up"]}`)
	require.NoError(t, res.Error)
	require.Equal(t, 2, res.Frames[0].Rows())

	res = queryOne(t, d, `{"limit": 2}`)
	require.Contains(t, res.Frames[0].Meta.ExecutedQueryString, `{cluster=~"demo",node=~"node-4|node-5"}`, "the others are not evaluated")
}

// Among equals, the names decide, in their natural order.
func TestLimitOfEquals(t *testing.T) {
	var all []scrape.Status
	for _, i := range []int{10, 2, 1, 3} {
		all = append(all, falco(fmt.Sprintf("node-%d", i), kernelCounters...))
	}
	d, f := newTest(t, all...)
	for _, s := range all {
		f.count(s.Labels.Get("node"), 0)
	}
	for _, signal := range []string{"kernel-drop-ratio", "up"} {
		res := queryOne(t, d, `{"limit": 3, "instant": true, "signals": ["`+signal+`"]}`)
		require.Equal(t, []string{"node-1", "node-2", "node-3"}, names(t, res), signal)
	}
}

// A node that was down within the range comes before those that never were, and one whose figure was never known is named.
func TestLimitOverTheRange(t *testing.T) {
	d, f := newTest(t, falco("node-1", kernelCounters...), falco("node-2", kernelCounters...), falco("node-3"))
	f.count("node-1", 0)
	f.write(t, "-30m 1, -20m 0, -19m 1, -1m 1", "__name__", "up", "cluster", "demo", "node", "node-2", "zone", "a")
	res := queryOne(t, d, `{"signals": ["up"], "limit": 1}`)
	require.Equal(t, []string{"node-2"}, names(t, res), "of what is better when it is high, the lowest")

	res = queryOne(t, d, `{"limit": 1}`)
	require.Equal(t, []string{"node-1"}, names(t, res))
	require.Equal(t, []string{
		"warning: Not enabled on 1 of 3 nodes: node-3. Set metrics.kernel_event_counters_enabled to true in falco.yaml.",
		"info: Fewer than two scrapes within 60s of 1 of 3 nodes: node-2. Rates need two successful scrapes within the window.",
	}, texts(t, res))
}

// The majority is that of all nodes, not of those that are left.
func TestLimitOfWhatHoldsNodesAgainstEachOther(t *testing.T) {
	d, f := newTest(t, falco("node-1"), falco("node-2"), falco("node-3"))
	for node, version := range map[string]string{"node-1": "0.44.1", "node-2": "0.44.1", "node-3": "0.43.0"} {
		f.set(1, "__name__", "falcosecurity_falco_version_info", "cluster", "demo", "node", node, "zone", "a", "version", version)
	}
	res := queryOne(t, d, `{"signals": ["version-drift"], "limit": 1, "instant": true}`)
	require.Equal(t, []string{"node-3"}, names(t, res))
	require.Equal(t, 1.0, figure(t, res.Frames[0], 0))
}

func TestLimitOfTables(t *testing.T) {
	d, f := fiveNodes(t)
	f.count("node-6", 50)
	for _, kind := range []string{"health", "inventory"} {
		res := queryOne(t, d, fmt.Sprintf(`{"queryType": %q, "limit": 3}`, kind))
		require.NoError(t, res.Error)
		require.Equal(t, 3, res.Frames[0].Rows(), kind)
	}
	res := queryOne(t, d, `{"queryType": "health", "format": "timeseries", "groupBy": ["check"], "limit": 2, "instant": true}`)
	require.NoError(t, res.Error)
	require.Len(t, res.Frames, 2)
}

func TestLimitAndComparisonWhereTheyMeanNothing(t *testing.T) {
	d, _ := twoNodes(t)
	for query, want := range map[string]string{
		`{"limit": 0}`:                            `the limit is 0: expected a whole number above 0`,
		`{"limit": -1}`:                           `the limit is -1: expected a whole number above 0`,
		`{"limit": 1.5}`:                          `the query cannot be read: limit: expected a whole number, found number 1.5`,
		`{"expr": "up", "limit": 1}`:              `queries of type promql have no limit: write topk or bottomk into the expression`,
		`{"queryType": "rules", "compare": "1h"}`: `queries of type rules cannot compare: expected query type signal or promql`,
		`{"compare": "yesterday"}`:                `compare is "yesterday": expected a duration such as 1d, or $__range`,
		`{"compare": "0s"}`:                       `compare is "0s": expected a duration such as 1d, or $__range`,
		`{"queryType": "health", "format": "timeseries", "instant": false, "limit": 2}`: `health over a range has no limit: filter by node or check, or set instant`,
	} {
		res := queryOne(t, d, query)
		require.EqualError(t, res.Error, want, query)
		require.Equal(t, backend.StatusBadRequest, res.Status)
	}
}
