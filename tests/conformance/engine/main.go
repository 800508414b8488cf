// Command engine answers PromQL with the plugin's own engine and history, and where it is asked to with a real Prometheus,
// over samples that it is given: JSON on the standard input and output, for the tests beside it.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

// number is a float64; NaN, the infinities and stale marks are texts.
type number float64

func (n *number) UnmarshalJSON(text []byte) error {
	var word string
	if json.Unmarshal(text, &word) != nil {
		word = string(text)
	}
	if word == "stale" {
		*n = number(math.Float64frombits(value.StaleNaN))
		return nil
	}
	v, err := strconv.ParseFloat(word, 64)
	*n = number(v)
	return err
}

func (n number) MarshalJSON() ([]byte, error) {
	if v := float64(n); math.IsNaN(v) || math.IsInf(v, 0) {
		return json.Marshal(strconv.FormatFloat(v, 'g', -1, 64))
	}
	return json.Marshal(float64(n))
}

type series struct {
	Labels map[string]string `json:"labels"`
	Times  []int64           `json:"times"` // ms
	Values []number          `json:"values"`
}

type question struct {
	Series  []series `json:"series"`
	Queries []struct {
		Expr             string
		Start, End, Step int64 // ms
	} `json:"queries"`
	// Server is whether a real Prometheus is asked, too.
	Server bool `json:"server"`
}

type answer struct {
	Error  string   `json:"error,omitempty"`
	Series []series `json:"series"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var q question
	if err := json.NewDecoder(os.Stdin).Decode(&q); err != nil {
		return fmt.Errorf("the question: %w", err)
	}
	stored := load(q.Series)
	engine := history.NewEngine(history.EngineOptions{MaxSamples: 1e8, Timeout: 5 * time.Minute})
	queryable := history.Queryable([]*history.History{stored}, nil)
	answers := make([]answer, len(q.Queries))
	began := time.Now()
	for i, one := range q.Queries {
		ctx := context.Background()
		start, end := time.UnixMilli(one.Start), time.UnixMilli(one.End)
		query, err := engine.NewRangeQuery(ctx, queryable, nil, one.Expr, start, end, time.Duration(one.Step)*time.Millisecond)
		if err != nil {
			answers[i].Error = err.Error()
			continue
		}
		result := query.Exec(ctx)
		if result.Err != nil {
			answers[i].Error = result.Err.Error()
		} else {
			answers[i].Series = readable(result.Value.(promql.Matrix))
		}
		query.Close()
	}
	out := map[string]any{"answers": answers, "seconds": time.Since(began).Seconds()}
	if q.Server {
		theirs, version, err := askServer(q)
		if err != nil {
			return fmt.Errorf("the server: %w", err)
		}
		out["server"], out["version"] = theirs, version
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}

// load puts the samples into a history, time by time as scrapes would.
func load(all []series) *history.History {
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

func readable(matrix promql.Matrix) []series {
	all := make([]series, 0, len(matrix))
	for _, one := range matrix {
		s := series{Labels: one.Metric.Map()}
		for _, p := range one.Floats {
			s.Times = append(s.Times, p.T)
			s.Values = append(s.Values, number(p.F))
		}
		all = append(all, s)
	}
	return all
}
