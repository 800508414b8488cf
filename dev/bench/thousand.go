package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/falco-metrics/falco-metrics-datasource/dev/bench/mix"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/exposition"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// target is what the plugin keeps in memory for one Falco, without its connections.
type target struct {
	node    *mix.Node
	reader  *exposition.Reader
	samples []history.Sample
}

// thousandTargets measures the memory that the process has obtained from the operating system, garbage included, after an
// hour of scrapes of a thousand targets.
func thousandTargets(*responses) (result, error) {
	const targets, scrapes = 1000, 240
	debug.FreeOSMemory()
	before := fromSystem()
	h := history.New(history.Options{})
	all := make([]target, targets)
	for i := range all {
		node := mix.New(i)
		all[i] = target{node: node, reader: exposition.NewReader(signals.Load().Reading, exposition.Limits{SampleLimit: 20_000, LabelValueLengthLimit: 1024})}
		parsed, why := all[i].reader.Read(zeros(node))
		if why != nil {
			return result{}, why
		}
		for _, s := range parsed.Samples {
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
	note := fmt.Sprintf("%d series, %d samples, of which the history takes %.0f MB", stats.Series, stats.Samples, float64(stats.Bytes)/1e6)
	return under(1500, ours/1e6, 0, "MB", note), nil
}

// zeros returns a response of a node in which all values are 0.
func zeros(node *mix.Node) []byte {
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
