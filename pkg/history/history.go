// Package history keeps samples in memory, in Prometheus's chunk encoding, and answers PromQL over them.
//
// It knows nothing of Falco. What makes it smaller than Prometheus's own head block: chunks are cut by size, so that a
// series that never changes costs a bit a sample; there is one map by name instead of postings for every label value;
// and nothing is kept for isolation, exemplars or out-of-order samples. A query that runs while a scrape is appended
// may therefore see a part of that scrape.
package history

import (
	"math"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
)

// Options of a History.
type Options struct {
	// Retention is how long samples are kept, counted back from the newest one; 0 keeps them until Truncate.
	Retention time.Duration
}

// History holds the samples of any number of series. All its methods may be called concurrently.
type History struct {
	retention int64 // ms

	// mu guards the index and which series are live. It is taken before the mutex of a series, and before totals.mu.
	mu    sync.RWMutex
	index index

	totals totals
}

// Sample is one value of one series.
type Sample struct {
	Series *Series
	Value  float64
}

// New returns an empty History.
func New(o Options) *History {
	return &History{retention: o.Retention.Milliseconds(), index: newIndex()}
}

// Series gets or creates the series of these labels (with __name__). The labels are kept, not copied; their owner may
// share them through [Series.Labels].
func (h *History) Series(l labels.Labels) *Series {
	hash := l.Hash()
	h.mu.RLock()
	s := h.index.find(hash, l)
	h.mu.RUnlock()
	if s != nil {
		return s
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.adopt(&Series{labels: l, hash: hash})
}

// Lookup returns the series of these labels where there is one, else a handle that the next Append makes one.
func (h *History) Lookup(l labels.Labels) *Series {
	hash := l.Hash()
	h.mu.RLock()
	defer h.mu.RUnlock()
	if s := h.index.find(hash, l); s != nil {
		return s
	}
	return &Series{labels: l, hash: hash}
}

// adopt makes s live, unless its labels already belong to a live series: then that one is returned.
// h.mu must be held for writing.
func (h *History) adopt(s *Series) *Series {
	if live := h.index.find(s.hash, s.labels); live != nil {
		return live
	}
	h.index.add(s)
	h.totals.add(delta{series: 1, bytes: s.fixedBytes()})
	return s
}

// Append adds one scrape: all samples have the time t (unix milliseconds). A sample that is not newer than the last
// one of its series is dropped and counted in [Stats]. A series that was dropped meanwhile is taken up again, unless the
// sample is but the mark of its end.
func (h *History) Append(t int64, samples []Sample) { h.AppendWithin(t, samples, math.MaxInt64) }

// AppendWithin is Append that takes up no further series once it has made the history so many bytes larger. It returns
// the samples that were refused for that.
func (h *History) AppendWithin(t int64, samples []Sample, room int64) (refused []Sample) {
	var d delta
	var gone []Sample
	h.mu.RLock()
	for _, sample := range samples {
		if !sample.Series.live {
			gone = append(gone, sample)
			continue
		}
		d.append(sample.Series, t, sample.Value)
	}
	h.mu.RUnlock()

	if len(gone) > 0 {
		h.mu.Lock()
		for _, sample := range gone {
			s := h.index.find(sample.Series.hash, sample.Series.labels)
			switch {
			case s == nil && value.IsStaleNaN(sample.Value):
				continue
			case s == nil && int64(d.bytes)+newBytes(sample.Series) > room:
				refused = append(refused, sample)
				continue
			case s == nil:
				s = sample.Series
				h.index.add(s)
				d.series, d.bytes = d.series+1, d.bytes+s.fixedBytes()
			}
			d.append(s, t, sample.Value)
		}
		h.mu.Unlock()
	}
	if sweep := h.totals.appended(t, d, h.retention); sweep {
		h.Truncate(t - h.retention)
	}
	return refused
}

// newBytes is what a series takes with its first sample.
func newBytes(s *Series) int64 { return int64(s.fixedBytes() + headBytes + headOverhead) }
