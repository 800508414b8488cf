// Package history keeps samples in memory, in Prometheus's chunk encoding, and answers PromQL queries over them.
//
// It knows nothing about Falco. It is smaller than Prometheus's own head block for three reasons: chunks are cut by size,
// so that a series that never changes costs a bit per sample; one map by name replaces postings for every label value;
// and nothing is kept for isolation, exemplars or out-of-order samples. A query that runs while a scrape is being
// appended may therefore see a part of that scrape.
package history

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
)

// Options of a History.
type Options struct {
	// Retention is how long samples are kept, counted back from the newest one. 0 keeps them until Truncate.
	Retention time.Duration
}

// History holds the samples of any number of series. All its methods may be called concurrently.
type History struct {
	retention atomic.Int64 // ms

	// mu guards the index. It is locked before the mutex of a series and before totals.mu.
	mu    sync.RWMutex
	index index

	totals  totals
	changes changes
}

// Sample is one value of one series.
type Sample struct {
	Series *Series
	Value  float64
}

// New returns an empty History.
func New(o Options) *History {
	h := &History{index: newIndex()}
	h.SetRetention(o.Retention)
	return h
}

// SetRetention changes how long samples are kept. It takes effect with the next Append; see Options.
func (h *History) SetRetention(d time.Duration) { h.retention.Store(d.Milliseconds()) }

// Series returns the series with these labels (including __name__) and creates it if necessary. It keeps the labels
// without copying them.
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
	return h.insert(newSeries(l, hash))
}

// Lookup returns the series with these labels, or a handle from which the next Append creates it.
func (h *History) Lookup(l labels.Labels) *Series {
	hash := l.Hash()
	h.mu.RLock()
	defer h.mu.RUnlock()
	if s := h.index.find(hash, l); s != nil {
		return s
	}
	return newSeries(l, hash)
}

// insert adds s to the index, unless it already has a series with the same labels, which is returned then. h.mu must be
// held for writing.
func (h *History) insert(s *Series) *Series {
	if existing := h.index.find(s.hash, s.labels); existing != nil {
		return existing
	}
	h.index.add(s)
	h.totals.add(delta{series: 1, bytes: s.fixedBytes()})
	return s
}

// Append adds the samples of one scrape, all with the time t (unix milliseconds). A sample that is not newer than the
// last one of its series is dropped and counted in [Stats]. A series that has been dropped meanwhile is created again,
// unless the sample is a staleness marker.
func (h *History) Append(t int64, samples []Sample) { h.AppendWithin(t, samples, math.MaxInt64) }

// AppendWithin is Append that creates no more series once the history has grown by room bytes. It returns the samples
// that were refused for that reason.
func (h *History) AppendWithin(t int64, samples []Sample, room int64) (refused []Sample) {
	d := delta{earliest: math.MaxInt64}
	var missing []Sample // of series that are not in the index
	h.mu.RLock()
	for _, sample := range samples {
		if !sample.Series.indexed {
			missing = append(missing, sample)
			continue
		}
		d.append(sample.Series, t, sample.Value)
	}
	h.mu.RUnlock()

	if len(missing) > 0 {
		h.mu.Lock()
		for _, sample := range missing {
			s := h.index.find(sample.Series.hash, sample.Series.labels)
			switch {
			case s == nil && value.IsStaleNaN(sample.Value):
				continue
			case s == nil && int64(d.bytes)+bytesWithFirstSample(sample.Series) > room:
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
	if d.changed() {
		h.changes.added(d.earliest)
	}
	retention := h.retention.Load()
	if sweep := h.totals.appended(t, d, retention); sweep {
		h.Truncate(t - retention)
	}
	return refused
}

// SetProvisional sets a sample after the last one of each series. Queries see it until the next sample of the series
// replaces it, at the same time or later. It is not counted in [Stats].
func (h *History) SetProvisional(t int64, samples []Sample) {
	d := delta{earliest: math.MaxInt64}
	for _, sample := range samples {
		d.earliest = min(d.earliest, sample.Series.setProvisional(t, sample.Value))
	}
	if d.changed() {
		h.changes.added(d.earliest)
	}
}

// bytesWithFirstSample returns how much memory a series takes with its first sample.
func bytesWithFirstSample(s *Series) int64 { return int64(s.fixedBytes() + headBytes + headOverhead) }
