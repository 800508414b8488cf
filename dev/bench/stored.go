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
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/tests/conformance/server"
)

// storeQuery is the time of a panel's query in store mode, from Grafana's request to frames in Arrow, beside that of the
// very same PromQL sent to the server by hand and read. Both ask in turn; the median counts.
func storeQuery(*answers) (result, error) {
	peer, err := server.StartPrometheus("")
	if err != nil {
		return result{}, err
	}
	defer peer.Stop()
	step := mix.IntervalMillis * time.Millisecond
	end := time.Now().Truncate(step)
	start := end.Add(-(ratioSteps - 1) * step)
	if err := fillStore(peer, start.Add(-2*time.Minute), end); err != nil {
		return result{}, err
	}
	instance, err := storeInstance(peer.URL)
	if err != nil {
		return result{}, err
	}
	query := backend.DataQuery{
		RefID: "A", JSON: json.RawMessage(`{"queryType": "signal", "signals": ["kernel-drop-ratio"], "window": "1m"}`),
		Interval: step, MaxDataPoints: ratioSteps, TimeRange: backend.TimeRange{From: start, To: end},
	}
	expr := ""
	ask := []func() error{
		func() (err error) {
			expr, err = askStore(instance, query)
			return err
		},
		func() error { return askPeer(peer, expr, start, end, step) },
	}
	times := [2][]float64{}
	for range rounds {
		for i := range ask {
			began := time.Now()
			if err := ask[i](); err != nil {
				return result{}, err
			}
			times[i] = append(times[i], float64(time.Since(began).Microseconds())/1000)
		}
	}
	// Pair by pair, as what else the machine does meanwhile slows both.
	var ratios []float64
	for i := range times[0] {
		ratios = append(ratios, times[0][i]/times[1][i])
	}
	by := median(ratios)
	hand := median(times[1])
	note := fmt.Sprintf("median of %d pairs, %d targets, %s", rounds, ratioTargets, peer.Version)
	return atMost(1.15, by*hand, hand, "ms", note), nil
}

// fillStore writes what a Prometheus has of Falcos that it scrapes, as far as the query and the look-up of targets go.
func fillStore(peer *server.Prometheus, start, end time.Time) error {
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

// storeInstance is a data source in store mode.
func storeInstance(url string) (backend.QueryDataHandler, error) {
	settings, err := json.Marshal(map[string]any{"mode": "prometheus", "prometheus": map[string]any{"url": url}})
	if err != nil {
		return nil, err
	}
	made, err := datasource.Factory(scrape.NewManager(scrape.ManagerOptions{}))(context.Background(), backend.DataSourceInstanceSettings{JSONData: settings})
	if err != nil {
		return nil, err
	}
	return made.(backend.QueryDataHandler), nil
}

// askStore answers as Grafana has it: the frames, encoded. It returns the PromQL that was sent.
func askStore(instance backend.QueryDataHandler, query backend.DataQuery) (string, error) {
	answer, err := instance.QueryData(context.Background(), &backend.QueryDataRequest{Queries: []backend.DataQuery{query}})
	if err != nil {
		return "", err
	}
	res := answer.Responses["A"]
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
		return "", errors.New("the frames do not tell the expression that was sent")
	}
	return expr, nil
}
