package tests

import (
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
	"github.com/prometheus/prometheus/promql"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// TestSlowCrashLoop replays a Falco that restarts every 36 minutes for six hours. It is too slow for crash-loops; the signals
// for slower loops find it as soon as the history contains enough restarts, and do not judge it before.
// tests/promtool/promtool.test.ts replays the same samples with Prometheus.
func TestSlowCrashLoop(t *testing.T) {
	text, err := os.ReadFile("corpora/slow-crash-loop.om")
	require.NoError(t, err)
	db := history.New(history.Options{})
	parser := textparse.NewOpenMetricsParser(text, labels.NewSymbolTable())
	var start, end time.Time
	for {
		entry, err := parser.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if entry != textparse.EntrySeries {
			continue
		}
		_, at, value := parser.Series()
		var l labels.Labels
		parser.Labels(&l)
		end = time.UnixMilli(*at)
		if start.IsZero() {
			start = end
		}
		appendAt(db, end, value, l)
	}
	require.Equal(t, 6*time.Hour, end.Sub(start))

	catalogue := signals.Load()
	engine := history.NewEngine(history.EngineOptions{MaxSamples: 1e6, Timeout: time.Minute})
	values := func(id string, at time.Time) (out []float64) {
		s, err := catalogue.Signal(id)
		require.NoError(t, err)
		expr, _, err := catalogue.Compile(s, nil, nil, "6h", options)
		require.NoError(t, err)
		query, err := engine.NewInstantQuery(t.Context(), history.NewView([]*history.History{db}, nil, ""), nil, expr, at)
		require.NoError(t, err)
		defer query.Close()
		result := query.Exec(t.Context())
		require.NoError(t, result.Err)
		for _, sample := range result.Value.(promql.Vector) {
			out = append(out, sample.F)
		}
		return out
	}
	require.Equal(t, []float64{10}, values("restarts", end))
	require.Equal(t, []float64{0}, values("crash-loops", end))
	require.Equal(t, []float64{1}, values("recurring-restarts", end))
	require.Equal(t, []float64{1}, values("slow-crash-loops", end))
	require.Empty(t, values("recurring-restarts", start.Add(2*time.Hour)), "three restarts in a history of two hours")
	require.Equal(t, []float64{1}, values("recurring-restarts", start.Add(3*time.Hour)), "five restarts in a history of three hours")
}
