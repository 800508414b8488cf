package frames

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

func TestText(t *testing.T) {
	for _, test := range []struct {
		unit  string
		value float64
		want  string
	}{
		{"percentunit", 0.052, "5.2 %"}, {"percentunit", 0, "0 %"}, {"percentunit", 1, "100 %"}, {"percentunit", 0.00001234, "<0.01 %"}, {"percentunit", 0.0001, "0.01 %"}, {"percentunit", -0.00001234, ">-0.01 %"}, {"percent", 0.009, "<0.01 %"},
		{"percent", 12.345, "12.3 %"},
		{"bytes", 512 << 20, "512 MiB"}, {"bytes", 1610612736, "1.5 GiB"}, {"bytes", 12, "12 B"},
		{"s", 0, "0 s"}, {"s", 0.25, "250 ms"}, {"s", 12, "12 s"}, {"s", 303, "5 min 3 s"}, {"s", 11100, "3 h 5 min"}, {"s", 7200, "2 h"}, {"s", 100 * 3600, "4 d 4 h"}, {"s", -90, "-1 min 30 s"}, {"dtdhms", 1481760, "17 d 3 h"},
		{"ns", 194, "194 ns"}, {"ns", 2041, "2.04 µs"}, {"ns", 3e9, "3 s"},
		{"eps", 93500, "93.5K events/s"}, {"eps", 3, "3 events/s"}, {"cps", 974, "974/s"}, {"cps", 0.000052, "<0.01/s"}, {"cps", -0.0099, "-0.0099/s"}, {"short", 1.5e-9, "1.5e-09"}, {"short", 0.000052, "0.000052"}, {"count:CPUs", 1.5, "1.5 CPUs"}, {"count:alerts/h", 5400, "5.4K alerts/h"}, {"count:alerts/h", 0.001, "<0.01 alerts/h"}, {"ops", 1500, "1.5K/s"},
		{"locale", 1234567.4, "1,234,567"}, {"locale", -1000, "-1,000"}, {"locale", 7.41, "7"}, {"locale", 0, "0"}, {"short", 1234567, "1.23M"}, {"short", 3, "3"}, {"", 2.5, "2.5"}, {"celsius", 20, "20"},
	} {
		require.Equal(t, test.want, WithUnit(test.unit, test.value))
	}
	require.Equal(t, "down", Text(up, 0))
	require.Equal(t, "5 %", Text(drops, 0.05))
	none := uint16(0)
	require.Equal(t, "3 %", Text(&signals.Signal{Unit: "percentunit", Decimals: &none}, 0.0264))
	require.Equal(t, "7", Text(&signals.Signal{Unit: "short", Decimals: &none}, 7.41))
	require.Equal(t, "1.5 KiB", Text(&signals.Signal{Unit: "bytes", Decimals: &none}, 1536))
}

func TestLevel(t *testing.T) {
	below := &signals.Signal{Thresholds: &signals.Thresholds{Direction: "below", Warning: pointer(2.0), Critical: pointer(1.0)}}
	for _, test := range []struct {
		signal *signals.Signal
		value  float64
		want   string
	}{
		{drops, 0.0199, "ok"}, {drops, 0.02, "warning"}, {drops, 0.1, "critical"}, {drops, nan, ""},
		{below, 2, "ok"}, {below, 1.99, "warning"}, {below, 1, "warning"}, {below, 0, "critical"},
		{up, 0, "critical"}, {up, 1, "ok"}, {up, 7, ""}, {&signals.Signal{}, 1, ""},
	} {
		require.Equal(t, test.want, Level(test.signal, test.value), "%v", test.value)
	}
}

func TestTableWithoutRowsHasNoFields(t *testing.T) {
	empty := Table(nil, Words("node", "Node", nil), Numbers("cpus", "CPUs", "short", nil))
	require.Len(t, empty, 1)
	require.Empty(t, empty[0].Fields)
	require.Len(t, Table(nil, Words("node", "Node", []string{"node-1"}))[0].Fields, 1)
}
