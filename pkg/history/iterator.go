package history

import (
	"cmp"
	"slices"

	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// iterator goes over the samples of a series in [mint, maxt]. It holds closed chunks, which never change, and a copy
// of the head chunk, so that the series may grow and shrink meanwhile.
type iterator struct {
	chunkenc.Iterator // the current chunk's; nil before the first

	mint, maxt int64
	chunks     []chunk // still to come, the head's copy apart
	head       chunk   // data is nil when the head is behind us or out of range
	headBuffer []byte  // where the copy lies
	data       chunkenc.XORChunk
	chunkMax   int64 // time of the current chunk's last sample
	state      state
}

// millis is a unix time. The alias also keeps `go vet` from taking Seek for that of io.Seeker.
type millis = int64

type state uint8

const (
	fresh state = iota
	onSample
	exhausted
)

// iterator over the samples that the series has now; reuse is an iterator no longer needed, or nil.
func (s *Series) iterator(reuse chunkenc.Iterator, mint, maxt int64) chunkenc.Iterator {
	it, ok := reuse.(*iterator)
	if !ok {
		it = &iterator{}
	}
	it.mint, it.maxt, it.state, it.chunkMax = mint, maxt, fresh, 0
	it.head.data = nil

	s.mu.Lock()
	defer s.mu.Unlock()
	it.chunks = s.full
	if s.head != nil && s.last >= mint && firstTime(s.head.Bytes()) <= maxt {
		it.headBuffer = append(it.headBuffer[:0], s.head.Bytes()...)
		it.head = chunk{maxTime: s.last, data: it.headBuffer}
	}
	return it
}

// Next goes to the next sample within the bounds.
func (it *iterator) Next() chunkenc.ValueType {
	switch it.state {
	case fresh:
		return it.Seek(it.mint)
	case exhausted:
		return chunkenc.ValNone
	}
	for it.Iterator.Next() == chunkenc.ValNone {
		if it.Iterator.Err() != nil || !it.open(it.mint) {
			return it.end()
		}
	}
	return it.within()
}

// Seek goes to the first sample at t or later within the bounds. Chunks before t are not decoded.
func (it *iterator) Seek(t millis) chunkenc.ValueType {
	t = max(t, it.mint)
	switch {
	case it.state == exhausted:
		return chunkenc.ValNone
	case it.state == onSample && it.AtT() >= t:
		return chunkenc.ValFloat
	case it.state == fresh || it.chunkMax < t:
		if !it.open(t) {
			return it.end()
		}
	}
	if it.Iterator.Seek(t) == chunkenc.ValNone {
		return it.end()
	}
	return it.within()
}

// open goes to the next chunk that ends at t or later; the head's copy, the last one, may end before.
func (it *iterator) open(t int64) bool {
	skip, _ := slices.BinarySearchFunc(it.chunks, t, func(c chunk, t int64) int { return cmp.Compare(c.maxTime, t) })
	it.chunks = it.chunks[skip:]
	var next chunk
	switch {
	case len(it.chunks) > 0:
		next, it.chunks = it.chunks[0], it.chunks[1:]
	case it.head.data != nil:
		next, it.head.data = it.head, nil
	default:
		return false
	}
	it.data.Reset(next.data)
	it.Iterator = it.data.Iterator(it.Iterator)
	it.chunkMax = next.maxTime
	return true
}

// within ends the iteration when it has passed maxt.
func (it *iterator) within() chunkenc.ValueType {
	if it.chunkMax > it.maxt && it.AtT() > it.maxt {
		return it.end()
	}
	it.state = onSample
	return chunkenc.ValFloat
}

func (it *iterator) end() chunkenc.ValueType {
	it.state = exhausted
	it.chunks = nil
	return chunkenc.ValNone
}

// Err is the error of a chunk that could not be decoded.
func (it *iterator) Err() error {
	if it.Iterator == nil {
		return nil
	}
	return it.Iterator.Err()
}
