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

// dropRatio is the time from the question to an answer ready to send: frames in Arrow from us, JSON read from the
// HTTP API of a real server. Both hold the same samples, both are asked in turn; the median counts.
func dropRatio(*answers) (result, error) {
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
	ask := []func() error{
		func() error { return askOurs(engine, h, start, end, step) },
		func() error { return askPeer(peer, ratioExpr, start, end, step) },
	}
	times := [2][]float64{}
	for range rounds {
		for i, once := range ask {
			began := time.Now()
			if err := once(); err != nil {
				return result{}, err
			}
			times[i] = append(times[i], float64(time.Since(began).Microseconds())/1000)
		}
	}
	note := fmt.Sprintf("median of %d, %d series held, %s", rounds, h.Stats().Series, peer.Version)
	return atMost(1, median(times[0]), median(times[1]), "ms", note), nil
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// fillBoth gives both the counters of the kernel and of the tables, per-CPU ones apart.
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

func askOurs(engine *promql.Engine, h *history.History, start, end time.Time, step time.Duration) error {
	ctx := context.Background()
	query, err := engine.NewRangeQuery(ctx, history.Queryable([]*history.History{h}, nil), nil, ratioExpr, start, end, step)
	if err != nil {
		return err
	}
	defer query.Close()
	answer := query.Exec(ctx)
	if answer.Err != nil {
		return answer.Err
	}
	if err := complete(answer.Value.(promql.Matrix)); err != nil {
		return err
	}
	made, err := frames.From([]frames.Result{{Expr: ratioExpr, Value: answer.Value}}, frames.Options{RefID: "A", Step: step})
	if err != nil {
		return err
	}
	_, err = data.Frames(made).MarshalArrow()
	return err
}

// complete refuses an answer that is cheaper than the one asked for.
func complete(m promql.Matrix) error {
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

// plain spares the server the compression of its answers.
var plain = &http.Client{Transport: &http.Transport{DisableCompression: true}}

// askPeer has the server evaluate a range, and reads the whole answer.
func askPeer(peer *server.Prometheus, expr string, start, end time.Time, step time.Duration) error {
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
