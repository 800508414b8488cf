package history

import (
	"cmp"
	"slices"
)

// Shed drops whole series of several histories until all of them together are at most so many bytes large: those that
// have ended, the earliest end first, and with live then the others, the oldest last sample first.
func Shed(hs []*History, most int64, live bool) {
	type candidate struct {
		of    *History
		s     *Series
		last  int64
		ended bool
		bytes int64
	}
	var all []candidate
	total := int64(0)
	for _, h := range hs {
		total += h.Bytes()
		h.mu.RLock()
		h.index.each(nil, func(s *Series) {
			if last, ended, bytes := s.standing(); ended || live {
				all = append(all, candidate{h, s, last, ended, bytes})
			}
		})
		h.mu.RUnlock()
	}
	slices.SortFunc(all, func(a, b candidate) int {
		if a.ended != b.ended {
			if a.ended {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.last, b.last)
	})
	dead := map[*History][]*Series{}
	for _, c := range all {
		if total <= most {
			break
		}
		total -= c.bytes
		dead[c.of] = append(dead[c.of], c.s)
	}
	for h, series := range dead {
		h.mu.Lock()
		h.drop(slices.DeleteFunc(series, func(s *Series) bool { return !s.live }))
		h.mu.Unlock()
	}
}

// standing is the time of the last sample, whether that marks the end, and what dropping the series would free.
func (s *Series) standing() (last int64, ended bool, bytes int64) {
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
