package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/falco-metrics/falco-metrics-datasource/dev/bench/mix"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// target is what the plugin keeps for one Falco, its connections apart.
type target struct {
	node    *mix.Node
	reader  *scrape.Reader
	samples []history.Sample
}

// thousandTargets is what the process has from the operating system, garbage included, when it has scraped a thousand
// targets for an hour.
func thousandTargets(*answers) (result, error) {
	const targets, scrapes = 1000, 240
	debug.FreeOSMemory()
	before := fromSystem()
	h := history.New(history.Options{})
	all := make([]target, targets)
	for i := range all {
		node := mix.New(i)
		all[i] = target{node: node, reader: scrape.NewReader(signals.Load().Reading, scrape.Limits{SampleLimit: 20_000, LabelValueLengthLimit: 1024})}
		answer, why := all[i].reader.Read(text(node))
		if why != nil {
			return result{}, why
		}
		for _, s := range answer.Samples {
			l := labels.NewBuilder(s.Series.Labels).Set("cluster", "bench").Set("node", fmt.Sprintf("node-%d", i)).Labels()
			all[i].samples = append(all[i].samples, history.Sample{Series: h.Series(l)})
		}
	}
	values := make([]float64, len(all[0].samples))
	for at := range int64(scrapes) {
		for _, t := range all {
			t.node.Scrape(values)
			for k := range t.samples {
				t.samples[k].Value = values[k]
			}
			h.Append(at*mix.IntervalMillis, t.samples)
		}
	}
	ours := fromSystem() - before
	stats := h.Stats()
	runtime.KeepAlive(all)
	note := fmt.Sprintf("%d series, %d samples, of it history %.0f MB", stats.Series, stats.Samples, float64(stats.Bytes)/1e6)
	return under(1500, ours/1e6, 0, "MB", note), nil
}

// text is the answer of a node, all values 0.
func text(node *mix.Node) []byte {
	var out strings.Builder
	for _, l := range node.Series {
		own := labels.NewBuilder(l).Del("cluster", "node", model.MetricNameLabel).Labels()
		fmt.Fprintf(&out, "%s%s 0\n", l.Get(model.MetricNameLabel), own)
	}
	return []byte(out.String())
}

func fromSystem() float64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.Sys - m.HeapReleased)
}
