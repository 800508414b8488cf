package exposition

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

var update = flag.Bool("update", false, "rewrite the expectations in tests/corpora/exposition")

const corpus = "../../tests/corpora/exposition"

type readCase struct {
	Samples    []readSample     `json:"samples"`
	Duplicates int              `json:"duplicates"`
	Unreadable int              `json:"unreadable"`
	Problems   []target.Problem `json:"problems"`
}

type readSample struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"`
	Value  any               `json:"value"`
}

func corpusReader(t testing.TB, name string) *Reader {
	text, err := os.ReadFile(filepath.Join(corpus, "options.json"))
	require.NoError(t, err)
	var options struct {
		Limits struct {
			SampleLimit, LabelValueLengthLimit int
		}
		Reading signals.Reading
		Kinds   map[string]string
	}
	require.NoError(t, json.Unmarshal(text, &options))
	return NewReaderForKind(cmp.Or(options.Kinds[name], target.KindFalco), options.Reading, Limits{
		SampleLimit: options.Limits.SampleLimit, LabelValueLengthLimit: options.Limits.LabelValueLengthLimit,
	})
}

func readable(a *Result) readCase {
	c := readCase{Samples: []readSample{}, Duplicates: a.Duplicates, Unreadable: a.Unreadable, Problems: []target.Problem{}}
	for _, s := range a.Samples {
		own := map[string]string{}
		s.Series.Labels.Range(func(l labels.Label) {
			if l.Name != model.MetricNameLabel {
				own[l.Name] = l.Value
			}
		})
		var value any = s.Value
		if math.IsNaN(s.Value) || math.IsInf(s.Value, 0) {
			value = fmt.Sprintf("%+g", s.Value)
			if math.IsNaN(s.Value) {
				value = "NaN"
			}
		}
		c.Samples = append(c.Samples, readSample{s.Series.Name, own, value})
	}
	c.Problems = append(c.Problems, a.Problems...)
	return c
}

func encode(t *testing.T, c readCase) string {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	require.NoError(t, e.Encode(c))
	return text.String()
}

func TestCorpus(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpus, "*.prom"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".prom"), func(t *testing.T) {
			body, err := os.ReadFile(file)
			require.NoError(t, err)
			reader := corpusReader(t, strings.TrimSuffix(filepath.Base(file), ".prom"))
			result, why := reader.Read(body)
			require.Nil(t, why)
			got := encode(t, readable(result))

			expectation := strings.TrimSuffix(file, ".prom") + ".json"
			if *update {
				require.NoError(t, os.WriteFile(expectation, []byte(got), 0o644))
			}
			want, err := os.ReadFile(expectation)
			require.NoError(t, err)
			require.Equal(t, string(want), got)

			again, why := reader.Read(body)
			require.Nil(t, why)
			require.Equal(t, got, encode(t, readable(again)), "from memory")
		})
	}
}

// Every expectation belongs to a body.
func TestCorpusHasNoOrphans(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpus, "*.json"))
	require.NoError(t, err)
	for _, file := range files {
		if filepath.Base(file) != "options.json" {
			require.FileExists(t, strings.TrimSuffix(file, ".json")+".prom")
		}
	}
}
