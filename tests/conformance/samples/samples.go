// Package samples defines the JSON in which tests in TypeScript and Go exchange series.
package samples

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

// Number is a float64. NaN, infinities and stale markers are strings in JSON.
type Number float64

// UnmarshalJSON reads a JSON number, or a string with a number or the word stale.
func (n *Number) UnmarshalJSON(text []byte) error {
	var word string
	if json.Unmarshal(text, &word) != nil {
		word = string(text)
	}
	if word == "stale" {
		*n = Number(math.Float64frombits(value.StaleNaN))
		return nil
	}
	v, err := strconv.ParseFloat(word, 64)
	*n = Number(v)
	return err
}

// MarshalJSON writes a JSON number, or a string for NaN and the infinities.
func (n Number) MarshalJSON() ([]byte, error) {
	if v := float64(n); math.IsNaN(v) || math.IsInf(v, 0) {
		return json.Marshal(strconv.FormatFloat(v, 'g', -1, 64))
	}
	return json.Marshal(float64(n))
}

// Series holds the samples of a series. Times are Unix milliseconds.
type Series struct {
	Labels map[string]string `json:"labels"`
	Times  []int64           `json:"times"` // ms
	Values []Number          `json:"values"`
}

// Load appends the samples to a history in order of time, as scrapes do.
func Load(all []Series) *history.History {
	type sample struct {
		at int64
		history.Sample
	}
	stored := history.New(history.Options{})
	var samples []sample
	for _, one := range all {
		into := stored.Series(labels.FromMap(one.Labels))
		for i, at := range one.Times {
			samples = append(samples, sample{at, history.Sample{Series: into, Value: float64(one.Values[i])}})
		}
	}
	slices.SortStableFunc(samples, func(a, b sample) int { return cmp.Compare(a.at, b.at) })
	for len(samples) > 0 {
		at := samples[0].at
		var batch []history.Sample
		for len(samples) > 0 && samples[0].at == at {
			batch = append(batch, samples[0].Sample)
			samples = samples[1:]
		}
		stored.Append(at, batch)
	}
	return stored
}

// Readable returns the series of a range.
func Readable(matrix promql.Matrix) []Series {
	all := make([]Series, 0, len(matrix))
	for _, one := range matrix {
		s := Series{Labels: one.Metric.Map()}
		for _, p := range one.Floats {
			s.Times = append(s.Times, p.T)
			s.Values = append(s.Values, Number(p.F))
		}
		all = append(all, s)
	}
	return all
}
