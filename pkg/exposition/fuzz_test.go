package exposition

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

var testLimits = Limits{SampleLimit: 20_000, LabelValueLengthLimit: 1024}

// Reading any body a second time, from memory, returns the same.
func FuzzRead(f *testing.F) {
	for _, body := range corpusBodies(f) {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := NewReader(signals.Reading{}, Limits{SampleLimit: 1 << 20, LabelValueLengthLimit: 1 << 20})
		first, why := r.Read(body)
		require.Nil(t, why)
		once := encode(t, readable(first))
		again, why := r.Read(body)
		require.Nil(t, why)
		require.Equal(t, once, encode(t, readable(again)))
	})
}

// A body that Prometheus can read completely is read as Prometheus does, except for times in nanoseconds and the
// backslashes of Falco.
func TestReadsAsPrometheus(t *testing.T) {
	compared := 0
	for _, body := range corpusBodies(t) {
		theirs := prometheusReads(body)
		if theirs == nil {
			continue
		}
		compared++
		kind := target.KindFalco
		if bytes.Contains(body, []byte{'\\'}) {
			kind = target.KindFalcosidekick
		}
		result, why := NewReaderForKind(kind, signals.Reading{}, testLimits).Read(body)
		require.Nil(t, why)
		ours := map[string]float64{}
		for _, s := range result.Samples {
			ours[s.Series.Labels.String()] = s.Value
		}
		for series, value := range theirs {
			got, ok := ours[series]
			require.True(t, ok, "Prometheus reads %s, we have %v", series, ours)
			require.True(t, got == value || math.IsNaN(got) && math.IsNaN(value) || strings.Contains(series, "timestamp_nanoseconds") && math.Abs(got-value) < 1e6,
				"%s: %v, Prometheus %v", series, got, value)
		}
	}
	require.Greater(t, compared, 8)
}

// corpusBodies returns the bodies of the corpus.
func corpusBodies(t testing.TB) (all [][]byte) {
	files, err := filepath.Glob(filepath.Join(corpus, "*.prom"))
	require.NoError(t, err)
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(t, err)
		all = append(all, body)
	}
	return all
}

// prometheusReads returns what Prometheus reads, nil if it rejects the body.
func prometheusReads(body []byte) map[string]float64 {
	p := textparse.NewPromParser(body, labels.NewSymbolTable(), false)
	all := map[string]float64{}
	for {
		entry, err := p.Next()
		if err != nil {
			if err.Error() == "EOF" {
				return all
			}
			return nil
		}
		if entry != textparse.EntrySeries {
			continue
		}
		_, _, value := p.Series()
		var l labels.Labels
		p.Labels(&l)
		_, twice := l.HasDuplicateLabelNames()
		l = l.WithoutEmpty()
		if name := l.Get(model.MetricNameLabel); twice || nameEnd(name) < len(name) || name == "" { // Prometheus accepts " a" as a name
			continue
		}
		if _, ok := all[l.String()]; !ok {
			all[l.String()] = value
		}
	}
}
