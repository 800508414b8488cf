package scrape

import (
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

// targetLabel tells entries apart whose labels are the same.
const targetLabel = "target"

// writeEntry writes the entry's own gauges beside the scrapes of its targets, about once an interval. u.mu must be held.
func (u *unit) writeEntry(at int64) {
	if at-u.written < u.config.Interval.Milliseconds()/2 || len(u.entry.EntryGauges) == 0 {
		return
	}
	u.written = at
	var batch []history.Sample
	for name, value := range u.entry.EntryGauges {
		batch = append(batch, history.Sample{Series: u.entrySeries(name), Value: value})
	}
	u.history.Append(at, batch)
}

// endEntry marks the entry's own gauges as ended. u.mu must be held.
func (u *unit) endEntry(at int64) {
	if u.written == 0 {
		return
	}
	u.written = 0
	var batch []history.Sample
	for name := range u.entry.EntryGauges {
		batch = append(batch, history.Sample{Series: u.entrySeries(name), Value: stale})
	}
	u.history.Append(at, batch)
}

func (u *unit) entrySeries(name string) *history.Series {
	b := labels.NewBuilder(labels.EmptyLabels())
	b.Set(targetLabel, u.entry.URL)
	for label, value := range u.entry.Labels {
		b.Set(label, value)
	}
	b.Set(model.MetricNameLabel, name)
	return u.history.Series(b.Labels())
}
