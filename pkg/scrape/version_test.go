package scrape

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIsAtLeast(t *testing.T) {
	for version, want := range map[string]bool{
		"0.45.1": true, "0.45.2": true, "0.46.0": true, "1.0.0": true, "v0.45.1": true, "0.45.1-rc1": true, "0.46.0-37+2fc3a1b": true, "0.45.10": true,
		"0.45.0": false, "0.44.9": false, "0.45": false, "": false, "dev": false, "0.x": false,
	} {
		require.Equal(t, want, isAtLeast(version, "0.45.1"), version)
	}
	require.False(t, isAtLeast("0.45.1", ""))
}
