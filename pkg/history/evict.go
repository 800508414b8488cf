package history

import (
	"cmp"
	"slices"
)

// EvictSeries drops whole series of several histories until all of them together have at most maxBytes: first the series
// that have ended, the earliest end first, and then, with includeActive, the others, the oldest last sample first.
func EvictSeries(histories []*History, maxBytes int64, includeActive bool) {
	type candidate struct {
		history *History
		series  *Series
		last    int64
		ended   bool
		bytes   int64
	}
	var candidates []candidate
	total := int64(0)
	for _, h := range histories {
		total += h.Bytes()
		h.mu.RLock()
		h.index.forEach(part{}, nil, func(s *Series) {
			if last, ended, bytes := s.evictionCost(); ended || includeActive {
				candidates = append(candidates, candidate{h, s, last, ended, bytes})
			}
		})
		h.mu.RUnlock()
	}
	slices.SortFunc(candidates, func(a, b candidate) int {
		if a.ended != b.ended {
			if a.ended {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.last, b.last)
	})
	evicted := map[*History][]*Series{}
	for _, c := range candidates {
		if total <= maxBytes {
			break
		}
		total -= c.bytes
		evicted[c.history] = append(evicted[c.history], c.series)
	}
	for h, series := range evicted {
		h.mu.Lock()
		h.drop(slices.DeleteFunc(series, func(s *Series) bool { return !s.indexed }))
		h.mu.Unlock()
		h.changes.lost()
	}
}

// evictionCost returns the time of the last sample, whether it marks the end of the series, and how many bytes dropping
// the series would free.
func (s *Series) evictionCost() (last int64, ended bool, bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	size := s.fixedBytes() + cap(s.full)*chunkOverhead
	for _, c := range s.full {
		size += cap(c.data)
	}
	if s.head != nil {
		size += cap(s.head.Bytes()) + headOverhead
	}
	return s.last, s.ended, int64(size)
}
