package datasource

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

// Totals of what happens on the hosts say that Falcos share a kernel, once per panel.
func TestTotalsOverSharedKernels(t *testing.T) {
	boots := map[string]float64{"node-1": 1.7e18, "node-2": 1.7e18, "node-3": 1.6e18}
	metrics := append([]string{"falcosecurity_falco_host_boot_timestamp_nanoseconds", "falcosecurity_falco_kernel_release_info"}, kernelCounters...)
	var statuses []scrape.Status
	for _, node := range []string{"node-1", "node-2", "node-3"} {
		statuses = append(statuses, falco(node, metrics...))
	}
	d, f := newTest(t, statuses...)
	for node, boot := range boots {
		f.count(node, 1)
		f.setAt(noon.Add(-time.Minute), boot, "__name__", metrics[0], "cluster", "demo", "node", node, "zone", "a")
		f.setAt(noon.Add(-time.Minute), 1, "__name__", metrics[1], "cluster", "demo", "node", node, "zone", "a", "kernel_release", "6.8.0")
	}
	const notice = "warning: The total is too high, because Falcos that share a kernel count the same events: node-1, node-2. These signals count each kernel once: fleet-event-rate, fleet-syscall-rate."
	for query, want := range map[string][]string{
		`{"signals": ["kernel-event-rate"], "groupBy": []}`:                                                                           {notice},
		`{"signals": ["kernel-event-rate", "delivered-event-rate"], "groupBy": ["cluster"], "instant": true}`:                         {notice},
		`{"signals": ["kernel-event-rate"]}`:                                                                                          nil, // by node
		`{"signals": ["kernel-drop-ratio"], "groupBy": []}`:                                                                           nil, // no sum
		`{"signals": ["fleet-event-rate"]}`:                                                                                           nil, // each kernel once
		`{"signals": ["kernel-event-rate"], "groupBy": [], "filters": [{"key": "node", "operator": "=~", "value": "node-1|node-3"}]}`: nil,
	} {
		require.Equal(t, want, texts(t, queryOne(t, d, query)), query)
	}
}
