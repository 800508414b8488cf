package frames

import (
	"cmp"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCompareNatural(t *testing.T) {
	text, err := os.ReadFile("../../tests/corpora/natural-order.json")
	require.NoError(t, err)
	var lists [][]string
	require.NoError(t, json.Unmarshal(text, &lists))
	for _, sorted := range lists {
		for i, a := range sorted {
			for j, b := range sorted {
				require.Equal(t, cmp.Compare(i, j), cmp.Compare(CompareNatural(a, b), 0), "%q and %q", a, b)
			}
		}
	}
}
