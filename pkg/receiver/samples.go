package receiver

import (
	"math"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// Sample is one series and its present value.
type Sample struct {
	Labels labels.Labels
	Value  float64
	// Cumulative is set for the receiver's own counters and histograms: they were 0 before they first appeared.
	Cumulative bool
}

// Collector returns the series for an exposition.
func (r *Receiver) Collector() prometheus.Collector { return collector{r} }

// Samples returns the present value of every series, histograms as the series of a classic histogram.
func (r *Receiver) Samples() ([]Sample, error) {
	r.forgetDelays()
	families, err := r.metrics.registry.Gather()
	if err != nil {
		return nil, err
	}
	var out []Sample
	b := labels.NewScratchBuilder(8)
	add := func(name string, pairs []*dto.LabelPair, value float64, cumulative bool, extra ...string) {
		b.Reset()
		b.Add(model.MetricNameLabel, name)
		for _, p := range pairs {
			if p.GetValue() != "" {
				b.Add(p.GetName(), p.GetValue())
			}
		}
		if len(extra) == 2 {
			b.Add(extra[0], extra[1])
		}
		b.Sort()
		out = append(out, Sample{Labels: b.Labels(), Value: value, Cumulative: cumulative})
	}
	for _, family := range families {
		name := family.GetName()
		for _, m := range family.GetMetric() {
			switch {
			case m.GetCounter() != nil:
				add(name, m.GetLabel(), m.GetCounter().GetValue(), !r.metrics.snapshots.has(name))
			case m.GetGauge() != nil:
				add(name, m.GetLabel(), m.GetGauge().GetValue(), false)
			case m.GetHistogram() != nil:
				h := m.GetHistogram()
				for _, bucket := range h.GetBucket() {
					add(name+"_bucket", m.GetLabel(), float64(bucket.GetCumulativeCount()), true, labels.BucketLabel, formatBound(bucket.GetUpperBound()))
				}
				add(name+"_bucket", m.GetLabel(), float64(h.GetSampleCount()), true, labels.BucketLabel, formatBound(math.Inf(1)))
				add(name+"_sum", m.GetLabel(), h.GetSampleSum(), true)
				add(name+"_count", m.GetLabel(), float64(h.GetSampleCount()), true)
			}
		}
	}
	return out, nil
}

func formatBound(v float64) string {
	if math.IsInf(v, 1) {
		return "+Inf"
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// collector passes on what the registry of a receiver has. It describes nothing, so that its series are checked when they
// are collected.
type collector struct{ *Receiver }

func (c collector) Describe(chan<- *prometheus.Desc) {}

func (c collector) Collect(out chan<- prometheus.Metric) {
	c.forgetDelays()
	c.metrics.registry.Collect(out)
}
