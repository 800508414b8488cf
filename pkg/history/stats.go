package history

import (
	"math"
	"sync"
	"sync/atomic"
)

// Heap bytes per object, as Go's allocator rounds them up on 64-bit machines. A test compares the sum with the heap.
const (
	seriesOverhead = 112 + 8 + 30 // Series, its element in the slice of its name, its entry in the map
	headOverhead   = 32 + 64      // the chunk's header, its appender
	chunkOverhead  = 32           // an element of Series.full
)

// Stats describe a History.
type Stats struct {
	Series  int
	Samples int64
	// Dropped counts samples that were refused because their series already had one at that time or later.
	Dropped int64
	// Bytes is an estimate of all heap in use. Encoded is the part that holds samples.
	Bytes, Encoded int64
	// MinTime and MaxTime are the times of the first and the last sample in unix milliseconds, both 0 if there is none.
	// After Truncate, MinTime is the time from which on the history is complete; some series may have older samples.
	MinTime, MaxTime int64
}

// Stats returns the current statistics.
func (h *History) Stats() Stats {
	h.totals.mu.Lock()
	defer h.totals.mu.Unlock()
	t := &h.totals
	stats := Stats{Series: t.series, Samples: t.samples, Dropped: t.dropped, Bytes: int64(t.bytes), Encoded: int64(t.encoded)}
	if t.samples > 0 {
		stats.MinTime, stats.MaxTime = min(t.minTime, t.maxTime), t.maxTime
	}
	return stats
}

// Bytes returns Stats.Bytes without locking.
func (h *History) Bytes() int64 { return h.totals.size.Load() }

// delta is what one call changes.
type delta struct {
	series, bytes, encoded int
	samples, dropped       int64
	earliest               int64 // time from which on samples were added or replaced
}

// changed reports whether samples were added.
func (d *delta) changed() bool { return d.earliest != math.MaxInt64 }

func (d *delta) append(s *Series, t int64, v float64) {
	ok, from, bytes, encoded := s.append(t, v)
	if !ok {
		d.dropped++
		return
	}
	d.samples++
	d.earliest = min(d.earliest, from)
	d.bytes += bytes
	d.encoded += encoded
}

// totals are updated by every call, so that Stats need not visit the series.
type totals struct {
	mu sync.Mutex
	delta
	size             atomic.Int64 // bytes
	minTime, maxTime int64
	swept            int64 // time of the newest sample when samples past the retention were last dropped
}

func (t *totals) add(d delta) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.addLocked(d)
}

func (t *totals) addLocked(d delta) {
	t.series += d.series
	t.bytes += d.bytes
	t.size.Store(int64(t.bytes))
	t.encoded += d.encoded
	t.samples += d.samples
	t.dropped += d.dropped
}

// appended records samples of one time. It returns whether it is time to drop samples past the retention, which happens
// 32 times per retention.
func (t *totals) appended(at int64, d delta, retention int64) (sweep bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if d.samples > 0 && t.samples == 0 {
		t.minTime, t.maxTime, t.swept = at, at, at
	}
	t.addLocked(d)
	if d.samples > 0 {
		t.minTime, t.maxTime = min(t.minTime, at), max(t.maxTime, at)
	}
	if retention <= 0 || at < t.swept+retention/32 {
		return false
	}
	t.swept = at
	return true
}

// truncated records what Truncate dropped, and the time from which on the history is complete.
func (t *totals) truncated(oldest int64, d delta) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.addLocked(d)
	t.minTime = max(t.minTime, oldest)
}
