package datasource

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// TestHealthNamesTheFilesThatDiffer has three nodes: c lacks a file of the others and has another version of a second one.
func TestHealthNamesTheFilesThatDiffer(t *testing.T) {
	d, f := newTest(t, falco("a"), falco("b"), falco("c"))
	d.source.Catalogue = signals.Load()
	file := func(node, name, digest string) {
		f.set(1, "__name__", "falcosecurity_falco_sha256_rules_files_info", "cluster", "demo", "node", node, "file_name", name, "sha256", digest)
	}
	for _, node := range []string{"a", "b", "c"} {
		f.set(1, "__name__", "up", "cluster", "demo", "node", node)
		file(node, "falco_rules.yaml", "aaaa")
	}
	for _, node := range []string{"a", "b"} {
		file(node, "10-team.yaml", "bbbb")
		file(node, "30-canary.yaml", "dddd")
	}
	file("c", "10-team.yaml", "ffff")
	require.Equal(t, []string{
		"c | warning | The node has different rules files than the majority, so it detects different threats. Missing: 30-canary.yaml. Different contents: 10-team.yaml.",
		"a | ok | The node has the same rules files as the majority.",
		"b | ok | The node has the same rules files as the majority.",
	}, rows(t, queryOne(t, d, `{"queryType": "health", "signals": ["rules-drift"]}`), "node", "verdict", "meaning"))
}
