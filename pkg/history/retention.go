package history

import (
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
)

// Truncate drops the chunks that end before a time (unix milliseconds) and the series that become empty. With a
// retention in the options, Append calls it.
func (h *History) Truncate(before int64) {
	var d delta
	var empty []*Series
	oldest := int64(math.MaxInt64)
	h.mu.RLock()
	h.index.forEach(part{}, nil, func(s *Series) {
		first, left := s.truncate(before, &d)
		oldest = min(oldest, first)
		if !left {
			empty = append(empty, s)
		}
	})
	h.mu.RUnlock()
	if d.samples < 0 { // a chunk that begins earlier and ends later does not make the history complete from its beginning
		oldest = max(oldest, before)
	}
	h.totals.truncated(oldest, d)
	if d.samples < 0 {
		h.changes.truncated(before)
	}
	if len(empty) > 0 {
		h.dropEmpty(empty)
	}
}

// dropEmpty drops series that were empty, except for those that have received a sample or were dropped since.
func (h *History) dropEmpty(empty []*Series) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drop(slices.DeleteFunc(empty, func(s *Series) bool { return !s.indexed || s.overlaps(math.MinInt64, math.MaxInt64) }))
}

// Forget drops all series that match, regardless of their age.
func (h *History) Forget(match func(labels.Labels) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var matched []*Series
	h.index.forEach(part{}, nil, func(s *Series) {
		if match(s.labels) {
			matched = append(matched, s)
		}
	})
	h.drop(matched)
	h.changes.lost()
}

// drop removes series from the index. h.mu must be held for writing. Handles that others cut no longer hold samples.
func (h *History) drop(dropped []*Series) {
	var d delta
	for _, s := range dropped {
		s.truncate(math.MaxInt64, &d)
		d.series--
		d.bytes -= s.fixedBytes()
	}
	h.index.remove(dropped)
	h.totals.add(d)
}

// truncate drops the chunks that end before a time and subtracts them from the totals. It returns the time of the first
// sample that is left; left is false if there is none.
func (s *Series) truncate(before int64, d *delta) (first int64, left bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	cut := 0 // number of chunks to drop
	for cut < len(s.full) && s.full[cut].maxTime < before {
		d.samples -= sampleCount(s.full[cut].data)
		d.bytes -= cap(s.full[cut].data)
		d.encoded -= len(s.full[cut].data)
		cut++
	}
	if cut > 0 {
		kept := slices.Clone(s.full[cut:])
		d.bytes += (cap(kept) - cap(s.full)) * chunkOverhead
		s.full = kept
	}
	if s.head != nil && s.lastVisible() < before {
		d.samples -= int64(s.head.NumSamples())
		d.bytes -= cap(s.head.Bytes()) + headOverhead
		d.encoded -= len(s.head.Bytes())
		s.head, s.appender = nil, nil
	}
	first, _, left = s.bounds()
	return first, left
}
