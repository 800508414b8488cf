// Command engine evaluates PromQL over given samples with the plugin's engine and history and, on request, with a real
// Prometheus. It reads and writes JSON, for the tests in the parent directory.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/prometheus/prometheus/promql"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/tests/conformance/samples"
)

type question struct {
	Series  []samples.Series `json:"series"`
	Queries []struct {
		Expr             string
		Start, End, Step int64 // ms
	} `json:"queries"`
	// Server is whether to query a real Prometheus as well.
	Server bool `json:"server"`
}

type answer struct {
	Error  string           `json:"error,omitempty"`
	Series []samples.Series `json:"series"`
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
	stored := samples.Load(q.Series)
	engine := history.NewEngine(history.EngineOptions{MaxSamples: 1e8, Timeout: 5 * time.Minute})
	queryable := history.NewView([]*history.History{stored}, nil, "")
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
			answers[i].Series = samples.Readable(result.Value.(promql.Matrix))
		}
		query.Close()
	}
	out := map[string]any{"answers": answers, "seconds": time.Since(began).Seconds()}
	if q.Server {
		theirs, version, err := queryServer(q)
		if err != nil {
			return fmt.Errorf("the server: %w", err)
		}
		out["server"], out["version"] = theirs, version
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}
