// Command reader reads answers with the plugin's own reader, for the tests beside it: a line of JSON in, a line out, for
// as long as there are any.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// question is an answer of a target to be read. Fresh is whether it is the target's first.
type question struct {
	Fresh                 bool
	Kind                  string
	Body                  []byte // base64
	Reading               signals.Reading
	SampleLimit           int
	LabelValueLengthLimit int
}

// answer is what was read. Text is what a browser gets of the body.
type answer struct {
	Text       string           `json:"text"`
	Error      string           `json:"error,omitempty"`
	Samples    []sample         `json:"samples"`
	Duplicates int              `json:"duplicates"`
	Unreadable int              `json:"unreadable"`
	Problems   []scrape.Problem `json:"problems"`
}

type sample struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"`
	Value  string            `json:"value"` // of every bit
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<24)
	out := bufio.NewWriter(os.Stdout)
	var reader *scrape.Reader
	for in.Scan() {
		var q question
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			return err
		}
		if q.Fresh {
			reader = scrape.NewReaderForKind(q.Kind, q.Reading, scrape.Limits{SampleLimit: q.SampleLimit, LabelValueLengthLimit: q.LabelValueLengthLimit})
		}
		if err := json.NewEncoder(out).Encode(read(reader, q.Body)); err != nil {
			return err
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
	return in.Err()
}

func read(reader *scrape.Reader, body []byte) answer {
	out := answer{Text: string(body), Samples: []sample{}, Problems: []scrape.Problem{}}
	got, why := reader.Read(body)
	if why != nil {
		out.Error = why.Message
		return out
	}
	for _, s := range got.Samples {
		one := sample{s.Series.Name, map[string]string{}, text(s.Value)}
		s.Series.Labels.Range(func(l labels.Label) {
			if l.Name != model.MetricNameLabel {
				one.Labels[l.Name] = l.Value
			}
		})
		out.Samples = append(out.Samples, one)
	}
	out.Duplicates, out.Unreadable, out.Problems = got.Duplicates, got.Unreadable, append(out.Problems, got.Problems...)
	return out
}

// text is a float64 in the same form in every language: all of its bits.
func text(v float64) string {
	if math.IsNaN(v) {
		return "NaN"
	}
	return strconv.FormatUint(math.Float64bits(v), 16)
}
