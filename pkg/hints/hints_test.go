package hints

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

func TestHints(t *testing.T) {
	var corpus struct {
		Signals  []signals.Signal
		Receiver signals.Receiver
		Priority signals.PriorityLabel
		Labels   map[string][]string
		Cases    []struct {
			Name, Expr string
			Scraped    bool
			Hints      []string
			Fixes      []*Fix // of the hints; nil for a hint without one
		}
	}
	text, err := os.ReadFile("../../tests/corpora/hints.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &corpus))
	for _, c := range corpus.Cases {
		t.Run(c.Name, func(t *testing.T) {
			got := For(Input{
				Expr: c.Expr, Signals: corpus.Signals, Receiver: corpus.Receiver, Priority: corpus.Priority, Scraped: c.Scraped,
				Metrics: func() []string { return slices.Sorted(maps.Keys(corpus.Labels)) },
				Labels:  func(metric string) []string { return corpus.Labels[metric] },
			})
			texts, fixes := []string{}, []*Fix{}
			for _, hint := range got {
				texts = append(texts, hint.Text)
				fixes = append(fixes, hint.Fix)
			}
			require.Equal(t, c.Hints, texts)
			require.Equal(t, append([]*Fix{}, c.Fixes...), fixes)
		})
	}
}

func TestParseErrors(t *testing.T) {
	for expr, want := range map[string]string{
		`rate(m[5m]) by (destination) > 0`: "by belongs to an aggregation: write, for example, sum by (destination) (...)",
		`sum(`:                             "",
	} {
		_, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
		var parse parser.ParseErrors
		require.True(t, errors.As(err, &parse))
		require.Equal(t, want, ForParseError(parse[0]), expr)
	}
}
