package history

import (
	"cmp"
	"slices"

	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// iterator iterates over the samples of a series in [mint, maxt]. It holds closed chunks, which never change, and a copy
// of the head chunk, so that the series may grow and shrink meanwhile.
type iterator struct {
	chunkenc.Iterator // the current chunk's; nil before the first

	mint, maxt int64
	chunks     []chunk // not opened yet, without the copy of the head
	head       chunk   // data is nil once the head has been opened, or if it is out of range
	headBuffer []byte  // holds the copy

	provisional chunk // as head

	data     chunkenc.XORChunk
	chunkMax int64 // time of the current chunk's last sample
	state    iteratorState
}

// millis is a unix time. The alias also keeps `go vet` from mistaking Seek for that of io.Seeker.
type millis = int64

// iteratorState says where an iterator is.
type iteratorState uint8

const (
	beforeFirst iteratorState = iota
	onSample
	exhausted
)

// iterator returns an iterator over the current samples of the series. reuse is an iterator that is no longer needed, or
// nil.
func (s *Series) iterator(reuse chunkenc.Iterator, mint, maxt int64) chunkenc.Iterator {
	it, ok := reuse.(*iterator)
	if !ok {
		it = &iterator{}
	}
	it.mint, it.maxt, it.state, it.chunkMax = mint, maxt, beforeFirst, 0
	it.head.data, it.provisional.data = nil, nil

	s.mu.Lock()
	defer s.mu.Unlock()
	it.chunks = s.full
	if s.head != nil && s.last >= mint && firstTime(s.head.Bytes()) <= maxt {
		it.headBuffer = append(it.headBuffer[:0], s.head.Bytes()...)
		it.head = chunk{maxTime: s.last, data: it.headBuffer}
	}
	if p := s.provisional; p != nil && p.t >= mint && p.t <= maxt {
		it.provisional = p.chunk()
	}
	return it
}

// chunk returns a chunk with the sample only.
func (p *provisionalSample) chunk() chunk {
	c := chunkenc.NewXORChunk()
	appender, err := c.Appender()
	if err != nil {
		panic(err) // only decoding can fail, and there is nothing to decode
	}
	appender.Append(0, p.t, p.v)
	return chunk{maxTime: p.t, data: c.Bytes()}
}

// Next advances to the next sample within the bounds.
func (it *iterator) Next() chunkenc.ValueType {
	switch it.state {
	case beforeFirst:
		return it.Seek(it.mint)
	case exhausted:
		return chunkenc.ValNone
	}
	for it.Iterator.Next() == chunkenc.ValNone {
		if it.Iterator.Err() != nil || !it.openChunk(it.mint) {
			return it.finish()
		}
	}
	return it.checkEnd()
}

// Seek advances to the first sample at t or later within the bounds. It does not decode chunks before t.
func (it *iterator) Seek(t millis) chunkenc.ValueType {
	t = max(t, it.mint)
	switch {
	case it.state == exhausted:
		return chunkenc.ValNone
	case it.state == onSample && it.AtT() >= t:
		return chunkenc.ValFloat
	case it.state == beforeFirst || it.chunkMax < t:
		if !it.openChunk(t) {
			return it.finish()
		}
	}
	for it.Iterator.Seek(t) == chunkenc.ValNone {
		if it.Iterator.Err() != nil || !it.openChunk(t) {
			return it.finish()
		}
	}
	return it.checkEnd()
}

// openChunk advances to the next chunk that ends at t or later. The copy of the head may end earlier.
func (it *iterator) openChunk(t int64) bool {
	skip, _ := slices.BinarySearchFunc(it.chunks, t, func(c chunk, t int64) int { return cmp.Compare(c.maxTime, t) })
	it.chunks = it.chunks[skip:]
	var next chunk
	switch {
	case len(it.chunks) > 0:
		next, it.chunks = it.chunks[0], it.chunks[1:]
	case it.head.data != nil:
		next, it.head.data = it.head, nil
	case it.provisional.data != nil:
		next, it.provisional.data = it.provisional, nil
	default:
		return false
	}
	it.data.Reset(next.data)
	it.Iterator = it.data.Iterator(it.Iterator)
	it.chunkMax = next.maxTime
	return true
}

// checkEnd ends the iteration if it has passed maxt.
func (it *iterator) checkEnd() chunkenc.ValueType {
	if it.chunkMax > it.maxt && it.AtT() > it.maxt {
		return it.finish()
	}
	it.state = onSample
	return chunkenc.ValFloat
}

func (it *iterator) finish() chunkenc.ValueType {
	it.state = exhausted
	it.chunks = nil
	return chunkenc.ValNone
}

// Err returns the error of a chunk that could not be decoded.
func (it *iterator) Err() error {
	if it.Iterator == nil {
		return nil
	}
	return it.Iterator.Err()
}
