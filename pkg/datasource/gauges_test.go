package datasource

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

var testGauges = []signals.TargetGauge{
	{Setting: "threadTableSize", Metric: "table_size", Fallback: 262144},
	{Setting: "memoryLimit", Metric: "memory_limit_bytes"},
	{Setting: "cpuLimit", Metric: "cpu_limit"},
	{Setting: "expected", Metric: "expected_nodes"},
}

func TestGauges(t *testing.T) {
	s, err := parseSettings(json.RawMessage(`{"targets": [
		{"url": "a:1"},
		{"url": "b:1", "threadTableSize": 1000, "memoryLimit": "512Mi", "cpuLimit": 0.5, "expected": 8},
		{"url": "c:1", "kind": "falcosidekick"},
		{"url": "d:1", "kind": "falcosidekick", "memoryLimit": "100M"}
	]}`), testGauges)
	require.NoError(t, err)
	require.Equal(t, map[string]float64{"table_size": 262144}, s.targets[0].Gauges, "the fallback")
	require.Equal(t, map[string]float64{"table_size": 1000, "memory_limit_bytes": 512 << 20, "cpu_limit": 0.5, "expected_nodes": 8}, s.targets[1].Gauges)
	require.Empty(t, s.targets[2].Gauges, "a Falcosidekick has no fallbacks")
	require.Equal(t, map[string]float64{"memory_limit_bytes": 1e8}, s.targets[3].Gauges)
}

func TestQuantity(t *testing.T) {
	for text, want := range map[string]float64{
		"": 0, "128974848": 128974848, "512Mi": 536870912, "1.5Gi": 1610612736, "800M": 8e8, "64Ki": 65536, "2k": 2000, "1Ti": 1 << 40,
	} {
		got, ok := quantity(text)
		require.True(t, ok, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"0", "-1", "1 Gi", "1gi", "Mi", "500m", "1e3Mi"} {
		_, ok := quantity(text)
		require.False(t, ok, text)
	}
}
