package store

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseIdentity(t *testing.T) {
	id, err := ParseIdentity(nil)
	require.NoError(t, err)
	require.Equal(t, Identity{"instance"}, id)
	for text, want := range map[string]string{
		`["a", "b", "c"]`: `prometheus.identityLabels is ["a" "b" "c"]: expected one label for the node, or two for the cluster and the node, such as ["instance"] or ["cluster", "node"]`,
		`["a", "a"]`:      `prometheus.identityLabels is ["a" "a"]: expected one label for the node, or two for the cluster and the node, such as ["instance"] or ["cluster", "node"]`,
		`["kind"]`:        `prometheus.identityLabels contains "kind": expected letters, digits and underscores, no leading digit, not __… and not kind`,
		`["a b"]`:         `prometheus.identityLabels contains "a b": expected letters, digits and underscores, no leading digit, not __… and not kind`,
	} {
		var names []string
		require.NoError(t, json.Unmarshal([]byte(text), &names))
		_, err := ParseIdentity(names)
		require.EqualError(t, err, want)
	}
}
