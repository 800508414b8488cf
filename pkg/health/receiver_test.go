package health

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/receiver"
)

func TestReceiverRemarks(t *testing.T) {
	problems, facts := receiverRemarks(receiver.Summary{
		Alerts: 1, Nodes: 1, Refused: map[string]int{"size": 1}, Uncounted: 7, MaxSeries: 10_000,
		Ahead: []receiver.ClockDifference{{Node: "node-2", Ahead: time.Minute}, {Node: "node-1", Ahead: 2 * time.Second}},
	}, true)
	require.Equal(t, []string{
		"The alert receiver refused 1 request: larger than limits.bodySizeLimit (1).",
		"The alert receiver did not count 7 alerts, because receiver.seriesLimit (10000) is reached.",
		"The delivery times of 2 nodes are too short, because their clocks differ from Grafana's: node-2 (60 s ahead), node-1 (2 s ahead). Check time synchronisation on the nodes.",
	}, problems)
	require.Equal(t, []string{
		"The alert receiver has received 1 alert from 1 node.",
		"The series of the alert receiver are exposed at /metrics/plugins/falco-metrics-datasource for Prometheus to scrape. Let it scrape every Grafana replica: their counts add up.",
	}, facts)
}
