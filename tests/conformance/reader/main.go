// Command reader parses responses with the backend's reader, for the tests in the parent directory. For each line of JSON on
// standard input, it writes one to standard output.
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

	"github.com/falco-metrics/falco-metrics-datasource/pkg/exposition"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// input is a response to parse. Fresh is whether it is the first one of its target.
type input struct {
	Fresh                 bool
	Kind                  string
	Body                  []byte // base64
	Reading               signals.Reading
	SampleLimit           int
	LabelValueLengthLimit int
}

// output is the parsed response. Text is the body as a browser receives it.
type output struct {
	Text       string           `json:"text"`
	Error      string           `json:"error,omitempty"`
	Samples    []sample         `json:"samples"`
	Duplicates int              `json:"duplicates"`
	Unreadable int              `json:"unreadable"`
	Problems   []target.Problem `json:"problems"`
}

type sample struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"`
	Value  string            `json:"value"` // all bits of the float64
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
	var reader *exposition.Reader
	for in.Scan() {
		var q input
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			return err
		}
		if q.Fresh {
			reader = exposition.NewReaderForKind(q.Kind, q.Reading, exposition.Limits{SampleLimit: q.SampleLimit, LabelValueLengthLimit: q.LabelValueLengthLimit})
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

func read(reader *exposition.Reader, body []byte) output {
	out := output{Text: string(body), Samples: []sample{}, Problems: []target.Problem{}}
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

// text formats the bits of a float64, which is the same in every language.
func text(v float64) string {
	if math.IsNaN(v) {
		return "NaN"
	}
	return strconv.FormatUint(math.Float64bits(v), 16)
}
