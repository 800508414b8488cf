// Package history keeps samples in memory, in Prometheus's chunk encoding, and answers PromQL over them.
package history

import (
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// Options of a History.
type Options struct {
	// Retention is how long samples are kept; 0 keeps them until Truncate.
	Retention time.Duration
}

// History holds the samples of any number of series. All its methods may be called concurrently.
type History struct {
	options Options
}

// New returns an empty History.
func New(o Options) *History { return &History{options: o} }

// Series is a handle for appending to one series. It stays valid when the history has dropped the
// series: the next Append takes it up again.
type Series struct {
	labels labels.Labels
}

// Labels of the series, __name__ included.
func (s *Series) Labels() labels.Labels { return s.labels }

// Sample is one value of one series.
type Sample struct {
	Series *Series
	Value  float64
}

// Series gets or creates the series of these labels (with __name__). The labels are kept, not copied.
func (h *History) Series(l labels.Labels) *Series { return &Series{labels: l} }

// Append adds one scrape: all samples have the time t (unix milliseconds). A sample that is not newer than
// the last one of its series is dropped and counted in Stats.
func (h *History) Append(t int64, samples []Sample) {}

// Truncate drops the chunks that lie wholly before a time (unix milliseconds), and series left empty.
func (h *History) Truncate(before int64) {}

// Forget drops at once the series that match.
func (h *History) Forget(match func(labels.Labels) bool) {}

// Stats of a History.
type Stats struct {
	Series  int
	Samples int64
	// Dropped counts samples refused because their series already had one at that time or later.
	Dropped int64
	// Bytes is an estimate of the heap in use, all included.
	Bytes int64
	// MinTime and MaxTime of the samples held, unix milliseconds; both 0 when there is none.
	MinTime, MaxTime int64
}

// Stats of what is held now.
func (h *History) Stats() Stats { return Stats{} }
