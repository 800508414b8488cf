package history

import (
	"sync"
	"sync/atomic"
)

// Heap that goes with each thing, in bytes, as Go's allocator rounds it up on 64 bits; a test holds the sum against
// the heap.
const (
	seriesOverhead = 112 + 8 + 30 // Series, its place among its name's, its entry in the map
	headOverhead   = 32 + 64      // the chunk's header, its appender
	chunkOverhead  = 32           // an element of Series.full
)

// Stats of a History.
type Stats struct {
	Series  int
	Samples int64
	// Dropped counts samples refused because their series already had one at that time or later.
	Dropped int64
	// Bytes is an estimate of the heap in use, all included; Encoded is the part that is samples.
	Bytes, Encoded int64
	// MinTime and MaxTime of the samples held, unix milliseconds; both 0 when there is none. After a Truncate MinTime is
	// that from which on all are there: what is older is left of some series only.
	MinTime, MaxTime int64
}

// Stats of what is held now.
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

// Bytes is that of Stats, for those who look often.
func (h *History) Bytes() int64 { return h.totals.size.Load() }

// delta is what one call changed.
type delta struct {
	series, bytes, encoded int
	samples, dropped       int64
}

func (d *delta) append(s *Series, t int64, v float64) {
	ok, bytes, encoded := s.append(t, v)
	if !ok {
		d.dropped++
		return
	}
	d.samples++
	d.bytes += bytes
	d.encoded += encoded
}

// totals are kept up to date by every call, so that Stats need not walk the series.
type totals struct {
	mu sync.Mutex
	delta
	size             atomic.Int64 // bytes
	minTime, maxTime int64
	swept            int64 // newest sample when samples past their retention were last dropped
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

// appended notes samples of one time. It tells whether it is time to drop what is past its retention, which is done
// 32 times in its course.
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

// truncated notes what Truncate dropped, and from when on all is left.
func (t *totals) truncated(oldest int64, d delta) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.addLocked(d)
	t.minTime = max(t.minTime, oldest)
}
