package signals

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"
)

func TestLoad(t *testing.T) {
	catalogue := Load()
	require.NotEmpty(t, catalogue.Signals)
	require.Same(t, catalogue, Load(), "parsed once")
	for _, s := range catalogue.Signals {
		t.Run(s.ID, func(t *testing.T) {
			expr, _, err := catalogue.Compile(&s, nil, nil, "5m", CompileOptions{Identity: []string{"cluster", "node"}})
			require.NoError(t, err)
			_, err = parser.NewParser(parser.Options{}).ParseExpr(expr)
			require.NoError(t, err, expr)
		})
	}
}

// The catalogue has no field that Go does not read.
func TestCatalogueIsMirrored(t *testing.T) {
	decoder := json.NewDecoder(bytes.NewReader(catalogueJSON))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&Catalogue{}))
}

func TestSignal(t *testing.T) {
	s, err := Load().Signal("kernel-drop-ratio")
	require.NoError(t, err)
	require.Equal(t, "kernel-drop-ratio", s.ID)

	few := &Catalogue{Signals: []Signal{{ID: "up"}, {ID: "kernel-drop-rate"}, {ID: "memory-rss"}, {ID: "kernel-drop-ratio"}}}
	_, err = few.Signal("kernel-drops-ratio")
	require.EqualError(t, err, `there is no signal "kernel-drops-ratio"; the nearest are kernel-drop-ratio, kernel-drop-rate, memory-rss`)
}

// All expressions of checks and events can be compiled.
func TestChecksAndEvents(t *testing.T) {
	catalogue := Load()
	require.NotEmpty(t, catalogue.Checks)
	parses := func(id, template string) {
		s := &Signal{ID: id, Expr: template, GroupBy: GroupBy{Default: []string{"$identity"}}}
		expr, _, err := catalogue.Compile(s, nil, nil, "5m", CompileOptions{Identity: []string{"cluster", "node"}})
		require.NoError(t, err)
		_, err = parser.NewParser(parser.Options{}).ParseExpr(expr)
		require.NoError(t, err, "%s: %s", id, expr)
	}
	for _, c := range catalogue.Checks {
		s, err := catalogue.Signal(c.Signal)
		require.NoError(t, err, c.ID)
		require.True(t, s.Thresholds != nil || len(s.Values) > 0, "%s: nothing judges %s", c.ID, c.Signal)
		require.True(t, s.ClusterScoped || slices.Contains(s.GroupBy.Default, "$identity"), "%s: %s is not by node", c.ID, c.Signal)
		require.Contains(t, []string{"max", "min"}, c.Worst, c.ID)
		for _, a := range c.Advice {
			if a.When != "" {
				parses(c.ID, a.When)
			}
		}
	}
	for _, e := range catalogue.Events {
		require.Contains(t, []string{"change", "label", "above", "history"}, e.Find, e.ID)
		if e.Find == "above" {
			parses(e.ID, e.Expr)
		}
	}
	for _, c := range catalogue.Inventory {
		parses(c.ID, c.Metric+"{$filter}")
	}
}
