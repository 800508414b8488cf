package settings

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

var gaugeCatalogue = &signals.Catalogue{Rules: signals.Load().Rules, TargetGauges: []signals.TargetGauge{
	{Setting: "threadTableSize", Metric: "table_size", Fallback: 262144},
	{Setting: "memoryLimit", Metric: "memory_limit_bytes"},
	{Setting: "cpuLimit", Metric: "cpu_limit"},
	{Setting: "expectedInstances", Metric: "expected_nodes"},
}}

func TestGauges(t *testing.T) {
	s, err := Parse(json.RawMessage(`{"targets": [
		{"url": "a:1"},
		{"url": "b:1", "threadTableSize": 1000, "memoryLimit": "512Mi", "cpuLimit": 0.5, "expectedInstances": 8},
		{"url": "c:1", "kind": "falcosidekick"},
		{"url": "d:1", "kind": "falcosidekick", "memoryLimit": "100M"}
	]}`), gaugeCatalogue)
	require.NoError(t, err)
	require.Equal(t, []scrape.Gauge{{Name: "table_size", Value: 262144}}, s.Targets[0].Gauges, "the fallback")
	require.Equal(t, []scrape.Gauge{
		{Name: "table_size", Value: 1000}, {Name: "memory_limit_bytes", Value: 512 << 20}, {Name: "cpu_limit", Value: 0.5}, {Name: "expected_nodes", Value: 8},
	}, s.Targets[1].Gauges)
	require.Empty(t, s.Targets[2].Gauges, "a Falcosidekick has no fallbacks")
	require.Equal(t, []scrape.Gauge{{Name: "memory_limit_bytes", Value: 1e8}}, s.Targets[3].Gauges)
}

func TestPinned(t *testing.T) {
	one, two := strings.Repeat("1", 64), strings.Repeat("2", 64)
	s, err := Parse(json.RawMessage(`{
		"targets": [{"url": "a:1"}, {"url": "b:1", "kind": "falcosidekick"}],
		"baseline": {"version": "0.44.1", "rules": "`+two+`, `+one+`,`+two+`", "config": ""}
	}`), &signals.Catalogue{Rules: signals.Load().Rules, Baselines: signals.Load().Baselines})
	require.NoError(t, err)
	require.Equal(t, map[string][]string{"version": {"0.44.1"}, "rules": {one, two}}, s.Baseline)
	require.Equal(t, []scrape.Gauge{
		{Name: "falco_expected_version_info", Labels: map[string]string{"version": "0.44.1"}, Value: 1},
		{Name: "falco_expected_sha256_rules_files_info", Labels: map[string]string{"sha256": one}, Value: 1},
		{Name: "falco_expected_sha256_rules_files_info", Labels: map[string]string{"sha256": two}, Value: 1},
	}, s.Targets[0].Gauges)
	require.Empty(t, s.Targets[1].Gauges, "a Falcosidekick is no Falco")

	_, err = Parse(json.RawMessage(`{"baseline": {"version": "latest", "rules": "abc", "image": "x"}}`), signals.Load())
	require.EqualError(t, err, `baseline.version has "latest": expected a version as Falco reports it, such as 0.44.1
baseline.rules has "abc": expected SHA-256 digests with 64 hexadecimal digits
baseline.image is no setting: expected version, rules, config`)
}

// A CPU limit is copied from the manifest of a pod, where it is a number or a string.
func TestCPULimit(t *testing.T) {
	limit := func(text string) (float64, error) {
		s, err := Parse(json.RawMessage(`{"targets": [{"url": "a:1", "cpuLimit": `+text+`}]}`), &signals.Catalogue{
			Rules: signals.Load().Rules, TargetGauges: []signals.TargetGauge{{Setting: "cpuLimit", Metric: "cpu_limit"}},
		})
		if err != nil || len(s.Targets[0].Gauges) == 0 {
			return 0, err
		}
		return s.Targets[0].Gauges[0].Value, nil
	}
	for text, want := range map[string]float64{`"500m"`: 0.5, `"1500m"`: 1.5, `"0.5"`: 0.5, `0.5`: 0.5, `2`: 2, `"2"`: 2, `0`: 0, `""`: 0, `null`: 0} {
		got, err := limit(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{`-1`, `"m"`, `"500 m"`, `"500M"`, `"half"`, `[1]`, `{}`, `true`, `"NaN"`, `"Inf"`} {
		_, err := limit(text)
		require.ErrorContains(t, err, "expected an amount of CPU as Kubernetes writes it, such as 500m, 0.5 or 2", text)
	}
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
