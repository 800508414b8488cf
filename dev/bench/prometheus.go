package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/falco-metrics/falco-metrics-datasource/dev/bench/mix"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/datasource"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/receiver"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/tests/conformance/server"
)

// prometheusQuery measures a panel's query in Prometheus mode, from Grafana's request to Arrow frames. The peer is the same
// PromQL, sent to the server by hand. Both take turns. The medians are compared.
func prometheusQuery(*responses) (result, error) {
	peer, err := server.StartPrometheus("")
	if err != nil {
		return result{}, err
	}
	defer peer.Stop()
	step := mix.IntervalMillis * time.Millisecond
	end := time.Now().Truncate(step)
	start := end.Add(-(ratioSteps - 1) * step)
	if err := fillServer(peer, start.Add(-2*time.Minute), end); err != nil {
		return result{}, err
	}
	instance, err := prometheusInstance(peer.URL)
	if err != nil {
		return result{}, err
	}
	query := backend.DataQuery{
		RefID: "A", JSON: json.RawMessage(`{"queryType": "signal", "signals": ["kernel-drop-ratio"], "window": "1m"}`),
		Interval: step, MaxDataPoints: ratioSteps, TimeRange: backend.TimeRange{From: start, To: end},
	}
	expr := ""
	queries := []func() error{
		func() (err error) {
			expr, err = queryInstance(instance, query)
			return err
		},
		func() error { return queryPeer(peer, expr, start, end, step) },
	}
	times := [2][]float64{}
	for range rounds {
		for i := range queries {
			began := time.Now()
			if err := queries[i](); err != nil {
				return result{}, err
			}
			times[i] = append(times[i], float64(time.Since(began).Microseconds())/1000)
		}
	}
	// The ratio is the median of pairs, because other load on the machine slows both.
	var ratios []float64
	for i := range times[0] {
		ratios = append(ratios, times[0][i]/times[1][i])
	}
	by := median(ratios)
	hand := median(times[1])
	note := fmt.Sprintf("median of %d pairs, %d targets, %s", rounds, ratioTargets, peer.Version)
	return atMost(1.15, by*hand, hand, "ms", note), nil
}

// fillServer writes the series of scraped Falcos that the query and the search for targets read.
func fillServer(peer *server.Prometheus, start, end time.Time) error {
	var all []server.Series
	for i := range ratioTargets {
		node := mix.New(i)
		series := map[int]*server.Series{}
		add := func(k int, l labels.Labels) {
			b := labels.NewBuilder(l).Set("job", "falco").Set("instance", fmt.Sprintf("10.0.%d.%d:8765", i/250, i%250)).Del("node", "cluster")
			series[k] = &server.Series{Labels: b.Labels()}
		}
		for k, l := range node.Series {
			if name := l.Get(model.MetricNameLabel); strings.HasPrefix(name, "falcosecurity_scap_n_") && !l.Has("cpu") || strings.HasSuffix(name, "_info") {
				add(k, l)
			}
		}
		add(-1, labels.FromStrings(model.MetricNameLabel, "up"))
		values := make([]float64, len(node.Series))
		for at := start; !at.After(end); at = at.Add(mix.IntervalMillis * time.Millisecond) {
			node.Scrape(values)
			for k, s := range series {
				v := 1.0
				if k >= 0 {
					v = values[k]
				}
				s.Times, s.Values = append(s.Times, at.UnixMilli()), append(s.Values, v)
			}
		}
		for _, s := range series {
			all = append(all, *s)
		}
	}
	return peer.Write(all)
}

// prometheusInstance returns a data source in Prometheus mode.
func prometheusInstance(url string) (backend.QueryDataHandler, error) {
	settings, err := json.Marshal(map[string]any{"mode": "prometheus", "prometheus": map[string]any{"url": url}})
	if err != nil {
		return nil, err
	}
	made, err := datasource.Factory(scrape.NewManager(scrape.ManagerOptions{}), receiver.NewRecorder())(context.Background(), backend.DataSourceInstanceSettings{JSONData: settings})
	if err != nil {
		return nil, err
	}
	return made.(backend.QueryDataHandler), nil
}

// queryInstance runs a query as Grafana does and encodes the frames. It returns the PromQL that was sent.
func queryInstance(instance backend.QueryDataHandler, query backend.DataQuery) (string, error) {
	response, err := instance.QueryData(context.Background(), &backend.QueryDataRequest{Queries: []backend.DataQuery{query}})
	if err != nil {
		return "", err
	}
	res := response.Responses["A"]
	if res.Error != nil {
		return "", res.Error
	}
	points := 0
	for _, frame := range res.Frames {
		points += frame.Rows()
	}
	if err := countedPoints(len(res.Frames), points); err != nil {
		return "", err
	}
	if _, err := data.Frames(res.Frames).MarshalArrow(); err != nil {
		return "", err
	}
	expr := res.Frames[0].Meta.ExecutedQueryString
	if expr == "" {
		return "", errors.New("the frames do not contain the executed expression")
	}
	return expr, nil
}
