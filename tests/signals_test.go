// Package tests holds what spans the parts of the project.
package tests

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// signalCall is where a script says `signal:<id> by=<labels> window=<duration>` instead of PromQL;
// the rest of the notation is that of Prometheus's package promqltest.
var signalCall = regexp.MustCompile(`(?m)signal:(\S+)((?: (?:by|window)=\S*)*)$`)

// TestSignals evaluates every signal over samples whose figures were worked out by hand.
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

// compiled replaces the calls of signals by their PromQL, at a scrape interval of 15s.
func compiled(t *testing.T, script string, tested map[string]bool) string {
	catalogue := signals.Load()
	return signalCall.ReplaceAllStringFunc(script, func(call string) string {
		parts := signalCall.FindStringSubmatch(call)
		s, err := catalogue.Signal(parts[1])
		require.NoError(t, err)
		tested[s.ID] = true
		var by []string
		var window string
		for option := range strings.FieldsSeq(parts[2]) {
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
