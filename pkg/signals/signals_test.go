package signals

import (
	"bytes"
	"encoding/json"
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

// The catalogue has no field that Go would drop in silence.
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
