package inventory

import (
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// Without a majority nobody is odd.
func TestNobodyIsOdd(t *testing.T) {
	column := signals.InventoryColumn{ID: "version", Label: "version"}
	all := []*item{{full: map[string]string{"version": "1"}}, {full: map[string]string{"version": "2"}}, {}}
	require.False(t, differsFromMajority(column, all))
	for _, i := range all {
		require.Empty(t, i.differences)
	}
	require.True(t, differsFromMajority(column, all[2:]), "nothing is known, so nothing differs")
}

// What is cut for showing is compared whole.
func TestCell(t *testing.T) {
	shown, whole := cell(signals.InventoryColumn{Label: "sha256", Prefix: "file_name", Length: 4}, labels.FromStrings("sha256", "abcdef", "file_name", "x.yaml"))
	require.Equal(t, "x.yaml abcd", shown)
	require.Equal(t, "x.yaml abcdef", whole)
}
