// Command stored evaluates PromQL of the catalogue with the plugin's engine and in Prometheus mode over real servers with the
// same samples, and reports differences. It reads and writes JSON, for the tests in the parent directory.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/store"
	"github.com/falco-metrics/falco-metrics-datasource/tests/conformance/samples"
	"github.com/falco-metrics/falco-metrics-datasource/tests/conformance/server"
)

type question struct {
	// Series have the labels cluster, node and kind of scrape mode. Gauges exist for every `up` of a Falco.
	Series  []samples.Series `json:"series"`
	Gauges  []scrape.Gauge   `json:"gauges"`
	Queries []query          `json:"queries"`
}

type query struct {
	Name, Expr       string
	Start, End, Step int64 // ms
	// Plain is whether a signal has its default grouping and no filters. Only then VictoriaMetrics is queried as well.
	Plain bool
}

// verdict is the comparison of a server's results.
type verdict struct {
	Version     string       `json:"version"`
	Targets     int          `json:"targets"`
	Queries     int          `json:"queries"`
	Differences []difference `json:"differences"`
}

type difference struct {
	Query string `json:"query"`
	Why   string `json:"why"`
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
	q.shift()
	expected, figures, err := embedded(q)
	if err != nil {
		return err
	}
	out := map[string]any{"figures": figures}
	written := asScraped(q.Series)
	prometheus, err := server.StartPrometheus("")
	if err == nil {
		defer prometheus.Stop()
		if err := prometheus.Write(written); err != nil {
			return err
		}
		if out["prometheus"], err = compare(q, expected, prometheus.URL, prometheus.Version, func(query) bool { return true }); err != nil {
			return err
		}
	}
	victoria, err := server.StartVictoria()
	if err == nil {
		defer victoria.Stop()
		if err := victoria.Write(written); err != nil {
			return err
		}
		if out["victoria"], err = compare(q, expected, victoria.URL, victoria.Version, func(one query) bool { return one.Plain }); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}

// shift moves all times close to now by whole minutes, because the targets of a server are the current ones.
func (q *question) shift() {
	last := int64(0)
	for _, s := range q.Series {
		last = max(last, s.Times[len(s.Times)-1])
	}
	by := (time.Now().UnixMilli() - last) / 60_000 * 60_000
	for _, s := range q.Series {
		for i := range s.Times {
			s.Times[i] += by
		}
	}
	for i := range q.Queries {
		q.Queries[i].Start += by
		q.Queries[i].End += by
	}
}

// asScraped returns the series as a Prometheus server would have scraped them: with job and instance, and without the series
// that only scrape mode adds.
func asScraped(all []samples.Series) (out []server.Series) {
	for _, s := range all {
		b := labels.NewBuilder(labels.FromMap(s.Labels))
		job := "falco"
		if kind := s.Labels["kind"]; kind != "" {
			job = kind
		}
		b.Set("job", job).Set("instance", s.Labels["node"]).Set("region", s.Labels["cluster"]).Del("node", "cluster", "kind")
		one := server.Series{Labels: b.Labels(), Times: s.Times}
		for _, v := range s.Values {
			one.Values = append(one.Values, float64(v))
		}
		out = append(out, one)
	}
	return out
}

// embedded evaluates with the plugin's engine and history.
func embedded(q question) (answers []promql.Matrix, figures int, err error) {
	all := q.Series
	for _, s := range q.Series {
		if s.Labels["__name__"] != "up" || s.Labels["kind"] != "" {
			continue
		}
		for _, g := range q.Gauges {
			one := samples.Series{Labels: map[string]string{"__name__": g.Name, "cluster": s.Labels["cluster"], "node": s.Labels["node"]}, Times: s.Times}
			maps.Copy(one.Labels, g.Labels)
			for _, up := range s.Values {
				if !value.IsStaleNaN(float64(up)) {
					up = samples.Number(g.Value)
				}
				one.Values = append(one.Values, up)
			}
			all = append(all, one)
		}
	}
	engine := history.NewEngine(history.EngineOptions{MaxSamples: 1e8, Timeout: 5 * time.Minute})
	queryable := history.NewView([]*history.History{samples.Load(all)}, nil, "")
	for _, one := range q.Queries {
		ctx := context.Background()
		asked, err := engine.NewRangeQuery(ctx, queryable, nil, one.Expr, time.UnixMilli(one.Start), time.UnixMilli(one.End), time.Duration(one.Step)*time.Millisecond)
		if err != nil {
			return nil, 0, fmt.Errorf("%s: %w", one.Name, err)
		}
		result := asked.Exec(ctx)
		if result.Err != nil {
			return nil, 0, fmt.Errorf("%s: %w", one.Name, result.Err)
		}
		matrix := result.Value.(promql.Matrix)
		for _, s := range matrix {
			figures += len(s.Floats)
		}
		answers = append(answers, matrix)
	}
	return answers, figures, nil
}

// compare sends the wanted queries to a server and compares the results.
func compare(q question, expected []promql.Matrix, url, version string, wanted func(query) bool) (*verdict, error) {
	address, err := promapi.ParseURL(url)
	if err != nil {
		return nil, err
	}
	s, err := store.New(store.Config{
		Config:   promapi.Config{URL: address, Method: http.MethodPost, Interval: 15 * time.Second, Timeout: time.Minute, MaxSamples: 1e8},
		Identity: store.Identity{"region", "instance"}, Gauges: q.Gauges, Catalogue: signals.Load(),
	})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	ctx := context.Background()
	out := &verdict{Version: version, Differences: []difference{}}
	ask := func(i int, one query) {
		answer, err := s.Evaluate(ctx, promapi.Query{Expr: one.Expr, Start: time.UnixMilli(one.Start), End: time.UnixMilli(one.End), Step: time.Duration(one.Step) * time.Millisecond})
		why := ""
		if err != nil {
			why = err.Error()
		} else {
			why = differs(expected[i], answer.Value.(promql.Matrix))
		}
		out.Queries++
		if why != "" {
			out.Differences = append(out.Differences, difference{one.Name, why + "\n" + answer.Executed})
		}
	}
	// Until the targets are known, the plugin identifies each by its metrics; then it knows complete jobs.
	for i, one := range q.Queries {
		if one.Plain && wanted(one) && strings.Contains(one.Expr, "up{") {
			ask(i, one)
		}
	}
	if err := s.Ready(ctx); err != nil {
		return nil, err
	}
	out.Targets = len(s.Targets())
	for i, one := range q.Queries {
		if wanted(one) {
			ask(i, one)
		}
	}
	return out, nil
}

// Maximum relative and absolute difference of two values. The order of additions differs, and the difference of two nearly
// equal values loses precision.
const relative, absolute = 1e-9, 1e-12

func differs(ours, theirs promql.Matrix) string {
	for i, s := range ours {
		if i >= len(theirs) || !labels.Equal(s.Metric, theirs[i].Metric) {
			return fmt.Sprintf("the series %s is missing or not where it was expected, of %d and %d", s.Metric, len(ours), len(theirs))
		}
		other := theirs[i].Floats
		for k, p := range s.Floats {
			if k >= len(other) || other[k].T != p.T {
				return fmt.Sprintf("%s: no value at %d, where %g was expected; %d and %d points", s.Metric, p.T, p.F, len(s.Floats), len(other))
			}
			if !near(p.F, other[k].F) {
				return fmt.Sprintf("%s: at %d expected %g, found %g", s.Metric, p.T, p.F, other[k].F)
			}
		}
		if len(other) > len(s.Floats) {
			return fmt.Sprintf("%s: %d points, expected %d", s.Metric, len(other), len(s.Floats))
		}
	}
	if len(theirs) > len(ours) {
		return fmt.Sprintf("%d series, expected %d", len(theirs), len(ours))
	}
	return ""
}

func near(a, b float64) bool {
	return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= max(absolute, relative*max(math.Abs(a), math.Abs(b)))
}
