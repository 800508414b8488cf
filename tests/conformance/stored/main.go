// Command stored answers PromQL of the catalogue with the plugin's own engine and with its store executor over real
// servers, for the same samples, and says where they differ: JSON on the standard input and output, for the tests beside
// it.
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
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/store"
	"github.com/falco-metrics/falco-metrics-datasource/tests/conformance/samples"
	"github.com/falco-metrics/falco-metrics-datasource/tests/conformance/server"
)

type question struct {
	// Series are called cluster, node and kind, as the plugin's scraper does. Gauges stand on every `up` of a Falco.
	Series  []samples.Series `json:"series"`
	Gauges  []scrape.Gauge   `json:"gauges"`
	Queries []query          `json:"queries"`
}

type query struct {
	Name, Expr       string
	Start, End, Step int64 // ms
	// Plain is whether a signal is asked as it is by default: then VictoriaMetrics is asked, too.
	Plain bool
}

// verdict is how one server's answers compare.
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

// shift brings all times near to now, by whole minutes: a store's targets are those of now.
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

// asScraped are the series as a store's scraper would have written them: with job and instance, and without what only
// the plugin's own scraper adds.
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

// embedded answers with the plugin's own engine over its own history.
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
	queryable := history.Queryable([]*history.History{samples.Load(all)}, nil)
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

// compare asks a server the same, of the queries that are wanted.
func compare(q question, expected []promql.Matrix, url, version string, wanted func(query) bool) (*verdict, error) {
	address, err := store.ParseURL(url)
	if err != nil {
		return nil, err
	}
	s, err := store.New(store.Config{
		URL: address, Method: http.MethodPost, Identity: store.Identity{"region", "instance"}, Gauges: q.Gauges,
		Interval: 15 * time.Second, Timeout: time.Minute, MaxSamples: 1e8, Catalogue: signals.Load(),
	})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	ctx := context.Background()
	out := &verdict{Version: version, Differences: []difference{}}
	ask := func(i int, one query) {
		answer, err := s.Evaluate(ctx, store.Query{Expr: one.Expr, Start: time.UnixMilli(one.Start), End: time.UnixMilli(one.End), Step: time.Duration(one.Step) * time.Millisecond})
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
	// Before the targets are known, each has to show what it is; then whole jobs are known.
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

// How far two figures may lie apart, since the order of additions differs: relatively, and by themselves where a figure is
// what is left of two that are nearly the same.
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
