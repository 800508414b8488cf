// Package tests contains tests of several parts together.
package tests

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// signalCall matches `signal:<id> by=<labels> window=<duration>` in a script, which stands for the PromQL of a signal, or
// `when:<check>/<number>`, which stands for the condition of a check's advice, counted from 1. The rest of the notation is
// that of Prometheus's package promqltest.
var signalCall = regexp.MustCompile(`(?m)(signal|when):(\S+)((?: (?:by|window)=\S*)*)$`)

// TestSignals evaluates every signal over samples for which the values were calculated by hand.
func TestSignals(t *testing.T) {
	files, err := filepath.Glob("corpora/signals/*.test")
	require.NoError(t, err)
	tested := map[string]bool{}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			script, err := os.ReadFile(file)
			require.NoError(t, err)
			engine := history.NewEngine(history.EngineOptions{MaxSamples: 1e6, Timeout: time.Minute})
			promqltest.RunTest(t, compiled(t, string(script), tested), engine)
		})
	}
	for _, s := range signals.Load().Signals {
		require.True(t, tested[s.ID], "the signal %s has no case in corpora/signals", s.ID)
	}
}

// compiled replaces calls of signals by their PromQL, for a scrape interval of 15s.
func compiled(t *testing.T, script string, tested map[string]bool) string {
	catalogue := signals.Load()
	return signalCall.ReplaceAllStringFunc(script, func(call string) string {
		parts := signalCall.FindStringSubmatch(call)
		var s *signals.Signal
		if parts[1] == "when" {
			s = condition(t, catalogue, parts[2])
		} else {
			var err error
			s, err = catalogue.Signal(parts[2])
			require.NoError(t, err)
		}
		tested[s.ID] = true
		var by []string
		var window string
		for option := range strings.FieldsSeq(parts[3]) {
			name, value, _ := strings.Cut(option, "=")
			if name == "window" {
				window = value
			} else {
				by = strings.FieldsFunc(value, func(r rune) bool { return r == ',' })
			}
		}
		expr, _, err := catalogue.Compile(s, by, nil, window, options)
		require.NoError(t, err)
		return expr
	})
}

// condition returns the template of `<check>/<number>` as a signal by node.
func condition(t *testing.T, catalogue *signals.Catalogue, name string) *signals.Signal {
	id, number, _ := strings.Cut(name, "/")
	i := slices.IndexFunc(catalogue.Checks, func(c signals.Check) bool { return c.ID == id })
	require.GreaterOrEqual(t, i, 0, "no check has the id %s", id)
	n, err := strconv.Atoi(number)
	require.NoError(t, err)
	require.LessOrEqual(t, n, len(catalogue.Checks[i].Advice))
	return ofCatalogue(name, catalogue.Checks[i].Advice[n-1].When)
}

// ofCatalogue wraps a template of the catalogue as a signal by node.
func ofCatalogue(name, expr string) *signals.Signal {
	s := &signals.Signal{ID: name, Expr: expr}
	s.GroupBy.Default = []string{"$identity"}
	return s
}
