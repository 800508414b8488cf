package history

import (
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
)

// Truncate drops the chunks that lie wholly before a time (unix milliseconds), and the series left empty. With a
// retention in the options, Append does so by itself.
func (h *History) Truncate(before int64) {
	var d delta
	var empty []*Series
	oldest := int64(math.MaxInt64)
	h.mu.RLock()
	h.index.each(nil, func(s *Series) {
		first, left := s.truncate(before, &d)
		oldest = min(oldest, first)
		if !left {
			empty = append(empty, s)
		}
	})
	h.mu.RUnlock()
	if d.samples < 0 { // a chunk that reaches across says nothing of what the others still have
		oldest = max(oldest, before)
	}
	h.totals.truncated(oldest, d)
	if len(empty) > 0 {
		h.dropEmpty(empty)
	}
}

// dropEmpty drops series that were found empty, unless one has got a sample or has been dropped since.
func (h *History) dropEmpty(found []*Series) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drop(slices.DeleteFunc(found, func(s *Series) bool { return !s.live || s.overlaps(math.MinInt64, math.MaxInt64) }))
}

// Forget drops at once the series that match, whatever their age.
func (h *History) Forget(match func(labels.Labels) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var dead []*Series
	h.index.each(nil, func(s *Series) {
		if match(s.labels) {
			dead = append(dead, s)
		}
	})
	h.drop(dead)
}

// drop takes live series out; h.mu must be held for writing. Handles that others keep no longer hold any samples.
func (h *History) drop(dead []*Series) {
	var d delta
	for _, s := range dead {
		s.truncate(math.MaxInt64, &d)
		d.series--
		d.bytes -= s.fixedBytes()
	}
	h.index.remove(dead)
	h.totals.add(d)
}

// truncate drops chunks that lie wholly before a time and takes them off the totals. It returns the first time left;
// left is false when there is none.
func (s *Series) truncate(before int64, d *delta) (first int64, left bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	keep := 0
	for keep < len(s.full) && s.full[keep].maxTime < before {
		d.samples -= sampleCount(s.full[keep].data)
		d.bytes -= cap(s.full[keep].data)
		d.encoded -= len(s.full[keep].data)
		keep++
	}
	if keep > 0 {
		kept := slices.Clone(s.full[keep:])
		d.bytes += (cap(kept) - cap(s.full)) * chunkOverhead
		s.full = kept
	}
	if s.head != nil && s.last < before {
		d.samples -= int64(s.head.NumSamples())
		d.bytes -= cap(s.head.Bytes()) + headOverhead
		d.encoded -= len(s.head.Bytes())
		s.head, s.appender = nil, nil
	}
	first, _, left = s.bounds()
	return first, left
}
