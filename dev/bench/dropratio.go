package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql"

	"github.com/falco-metrics/falco-metrics-datasource/dev/bench/mix"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/tests/conformance/server"
)

const (
	ratioTargets = 100
	ratioSteps   = 720
	ratioExpr    = "sum by (cluster, node) (rate(falcosecurity_scap_n_drops_total[1m]))" +
		" / (sum by (cluster, node) (rate(falcosecurity_scap_n_evts_total[1m])) > 0)"
	rounds = 30
)

// dropRatio measures the time from a query to its encoded result: Arrow frames of the plugin, and JSON read from the HTTP
// API of a real server. Both have the same samples and take turns. The medians are compared.
func dropRatio(*responses) (result, error) {
	peer, err := server.StartPrometheus("")
	if err != nil {
		return result{}, err
	}
	defer peer.Stop()
	step := mix.IntervalMillis * time.Millisecond
	end := time.Now().Truncate(step)
	start := end.Add(-(ratioSteps - 1) * step)
	h, err := fillBoth(peer, start.Add(-2*time.Minute), end)
	if err != nil {
		return result{}, err
	}
	engine := history.NewEngine(history.EngineOptions{MaxSamples: 50_000_000, Timeout: time.Minute})
	queries := []func() error{
		func() error { return queryPlugin(engine, h, start, end, step) },
		func() error { return queryPeer(peer, ratioExpr, start, end, step) },
	}
	times := [2][]float64{}
	for range rounds {
		for i, once := range queries {
			began := time.Now()
			if err := once(); err != nil {
				return result{}, err
			}
			times[i] = append(times[i], float64(time.Since(began).Microseconds())/1000)
		}
	}
	note := fmt.Sprintf("median of %d, %d series, %s", rounds, h.Stats().Series, peer.Version)
	return atMost(1, median(times[0]), median(times[1]), "ms", note), nil
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// fillBoth writes the counters of the kernel and of Falco's tables to both, without those per CPU.
func fillBoth(peer *server.Prometheus, start, end time.Time) (*history.History, error) {
	h := history.New(history.Options{})
	nodes := make([]*mix.Node, ratioTargets)
	samples, values, series := []history.Sample{}, []float64{}, map[*history.Series]*server.Series{}
	for i := range nodes {
		nodes[i] = mix.New(i)
	}
	for at := start; !at.After(end); at = at.Add(mix.IntervalMillis * time.Millisecond) {
		samples = samples[:0]
		for _, node := range nodes {
			values = slices.Grow(values[:0], len(node.Series))[:len(node.Series)]
			node.Scrape(values)
			for k, l := range node.Series {
				if name := l.Get(model.MetricNameLabel); strings.HasPrefix(name, "falcosecurity_scap_n_") && !l.Has("cpu") {
					own := h.Series(l)
					samples = append(samples, history.Sample{Series: own, Value: values[k]})
					if series[own] == nil {
						series[own] = &server.Series{Labels: l}
					}
					series[own].Times = append(series[own].Times, at.UnixMilli())
					series[own].Values = append(series[own].Values, values[k])
				}
			}
		}
		h.Append(at.UnixMilli(), samples)
	}
	written := make([]server.Series, 0, len(series))
	for _, s := range series {
		written = append(written, *s)
	}
	return h, peer.Write(written)
}

func queryPlugin(engine *promql.Engine, h *history.History, start, end time.Time, step time.Duration) error {
	ctx := context.Background()
	query, err := engine.NewRangeQuery(ctx, history.NewView([]*history.History{h}, nil, ""), nil, ratioExpr, start, end, step)
	if err != nil {
		return err
	}
	defer query.Close()
	value := query.Exec(ctx)
	if value.Err != nil {
		return value.Err
	}
	if err := checkPoints(value.Value.(promql.Matrix)); err != nil {
		return err
	}
	made, err := frames.From([]frames.Result{{Expr: ratioExpr, Value: value.Value}}, frames.Options{RefID: "A", Step: step})
	if err != nil {
		return err
	}
	_, err = data.Frames(made).MarshalArrow()
	return err
}

// checkPoints fails if points are missing, which would make the query cheaper.
func checkPoints(m promql.Matrix) error {
	points := 0
	for _, s := range m {
		for _, p := range s.Floats {
			if !math.IsNaN(p.F) {
				points++
			}
		}
	}
	return countedPoints(len(m), points)
}

func countedPoints(series, points int) error {
	if series != ratioTargets || points != ratioTargets*ratioSteps {
		return fmt.Errorf("expected %d series of %d points, found %d and %d points in all", ratioTargets, ratioSteps, series, points)
	}
	return nil
}

// plain does not ask the server to compress its responses.
var plain = &http.Client{Transport: &http.Transport{DisableCompression: true}}

// queryPeer sends a range query to the server and reads the complete response.
func queryPeer(peer *server.Prometheus, expr string, start, end time.Time, step time.Duration) error {
	response, err := plain.PostForm(peer.URL+"/api/v1/query_range", url.Values{
		"query": {expr}, "start": {stamp(start)}, "end": {stamp(end)}, "step": {fmt.Sprint(step.Seconds())},
	})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	text := string(body)
	return countedPoints(strings.Count(text, `"metric":`), strings.Count(text, "],[")+strings.Count(text, "[["))
}

func stamp(t time.Time) string { return fmt.Sprintf("%.3f", float64(t.UnixMilli())/1000) }
