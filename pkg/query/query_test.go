package query

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/contract"
)

func TestQueryCorpus(t *testing.T) {
	text, err := os.ReadFile("../../tests/corpora/queries.json")
	require.NoError(t, err)
	var cases []struct {
		Name         string
		Old, Current map[string]any
	}
	require.NoError(t, json.Unmarshal(text, &cases))
	require.NotEmpty(t, cases)
	for _, test := range cases {
		t.Run(test.Name, func(t *testing.T) {
			require.Equal(t, test.Current, withDefaults(migrate(test.Old)))
		})
	}
}

func TestQueryVersion(t *testing.T) {
	require.Len(t, migrations, contract.Load().Query.Version, "one step per version")
}

func TestReadQuery(t *testing.T) {
	empty, err := Read(json.RawMessage(`{}`))
	require.NoError(t, err)
	require.Equal(t, "signal", empty.QueryType)
	require.Equal(t, []string{"kernel-drop-ratio"}, empty.Signals)
	require.Nil(t, empty.GroupBy)

	total, err := Read(json.RawMessage(`{"groupBy": []}`))
	require.NoError(t, err)
	require.Equal(t, []string{}, total.GroupBy)

	repeated, err := Read(json.RawMessage(`{"signals": ["up", "memory-rss", "up"], "groupBy": ["node", "node"]}`))
	require.NoError(t, err)
	require.Equal(t, []string{"up", "memory-rss"}, repeated.Signals)
	require.Equal(t, []string{"node"}, repeated.GroupBy)

	for raw, want := range map[string]string{
		`null`:            `the query is null: expected an object`,
		`x`:               `the query is not valid JSON: invalid character 'x' looking for beginning of value`,
		`{"signals": 5}`:  `the query cannot be read: signals: expected a list, found number`,
		`{"signals": []}`: `the query names no signal: choose one, such as kernel-drop-ratio`,
		`{"legendFormat": "` + strings.Repeat("x", 1025) + `"}`: `the legend format has 1025 bytes: expected at most 1024`,
		`{"format": "heatmap"}`:                                 `the format is "heatmap": expected timeseries or table`,
	} {
		_, err := Read(json.RawMessage(raw))
		require.EqualError(t, err, want, raw)
	}
}
