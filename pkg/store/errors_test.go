package store

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi/promapitest"
)

// A panic in a goroutine would end the plugin's process, and with it the data sources of all organisations.
func TestPanicsAreErrors(t *testing.T) {
	const want = "The plugin failed while it queried the Prometheus server (runtime error: invalid memory address or nil pointer dereference). Report this, with the plugin's log."
	s := newEngine(t, twoJobs, nil).store(t, func(c *Config) { c.URL = nil }) // every request panics

	t.Run("refresh of the targets", func(t *testing.T) {
		require.EqualError(t, s.Ready(t.Context()), want)
		require.EqualError(t, s.Ready(t.Context()), want, "the next refresh is not blocked")
	})
	t.Run("concurrent queries", func(t *testing.T) {
		_, err := s.findTargets(t.Context(), s.rewriter(), promapitest.Noon)
		require.EqualError(t, err, want)
		_, err = s.Check(t.Context())
		require.EqualError(t, err, want)
	})
	t.Run("verification of a recording rule", func(t *testing.T) {
		require.Empty(t, s.verified(t.Context(), s.config.Catalogue.Recordings[0]).series)
	})
	t.Run("an expression that cannot be parsed", func(t *testing.T) {
		_, ok := s.evaluateRecorded(t.Context(), promapi.Query{Expr: "sum(", Start: promapitest.Noon, End: promapitest.Noon})
		require.False(t, ok)
	})
}
