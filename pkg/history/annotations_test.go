package history

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/stretchr/testify/require"
)

// monotonicityDetails are the buckets and times that the engine appends and live mode leaves out.
var monotonicityDetails = regexp.MustCompile(`, from buckets .* to \S+Z`)

// Live mode has the same annotations: src/promql/annotations.test.ts.
func TestAnnotations(t *testing.T) {
	var corpus struct {
		Series map[string]map[string]any
		Cases  []struct {
			Name, Expr  string
			Range       bool
			Annotations []string
		}
	}
	text, err := os.ReadFile("../../tests/corpora/annotations.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &corpus))

	stored := New(Options{})
	for i := range 5 {
		var samples []Sample
		for name, fields := range corpus.Series {
			name, _, _ = strings.Cut(name, " ")
			b := labels.NewBuilder(labels.FromStrings(model.MetricNameLabel, name))
			for label, value := range fields {
				if word, ok := value.(string); ok {
					b.Set(label, word)
				}
			}
			samples = append(samples, Sample{Series: stored.Series(b.Labels()), Value: fields["values"].([]any)[i].(float64)})
		}
		stored.Append(int64(15_000*i), samples)
	}
	engine, queryable := testEngine(), NewView([]*History{stored}, nil, "")
	for _, c := range corpus.Cases {
		t.Run(c.Name, func(t *testing.T) {
			var query promql.Query
			if c.Range {
				query, err = engine.NewRangeQuery(t.Context(), queryable, nil, c.Expr, time.Unix(30, 0), time.Unix(60, 0), 15*time.Second)
			} else {
				query, err = engine.NewInstantQuery(t.Context(), queryable, nil, c.Expr, time.Unix(60, 0))
			}
			require.NoError(t, err)
			defer query.Close()
			warnings, infos := query.Exec(t.Context()).Warnings.AsStrings(c.Expr, 0, 0)
			got := append(append([]string{}, warnings...), infos...)
			for i := range got {
				got[i] = monotonicityDetails.ReplaceAllString(got[i], "")
			}
			slices.Sort(got)
			require.Equal(t, c.Annotations, got)
		})
	}
}
