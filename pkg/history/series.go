package history

import (
	"bytes"
	"encoding/binary"
	"math"
	"sync"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

const (
	// A chunk is closed when it has grown to chunkBytes: noisy counters get there after some 200 samples.
	chunkBytes = 480
	// chunkSamples closes the chunks of series that hardly change: two hours at 15 s. (XOR2, Prometheus's newer encoding,
	// is some 4 % smaller here but wants chunks under 127 samples, and those cost constant series more than it saves.)
	chunkSamples = 480
	// Room a head chunk starts with. It doubles as it grows; a constant series never needs more than the third step.
	headBytes = 32
	// A chunk begins with the number of its samples.
	chunkHeader = 2
)

// Series is a handle for appending to one series. It stays valid when the history has dropped the
// series: the next Append takes it up again.
type Series struct {
	labels labels.Labels
	hash   uint64
	next   *Series // in the index: the next series of the same hash
	live   bool    // guarded by History.mu: in the index
	ended  bool    // guarded by mu: the last sample marks the end

	mu       sync.Mutex // guards everything below
	full     []chunk    // closed, oldest first; elements never change, so that readers may hold on to a part of it
	head     *chunkenc.XORChunk
	appender chunkenc.Appender
	last     int64 // time of the last sample; meaningful where there is a head
}

// chunk is a closed chunk. Its first time is in its data.
type chunk struct {
	maxTime int64
	data    []byte
}

// Labels of the series, __name__ included.
func (s *Series) Labels() labels.Labels { return s.labels }

// append adds a sample. It answers false for one that is not newer than the last. The series has become larger by
// so many bytes of heap, and by so many bytes of encoded samples.
func (s *Series) append(t int64, v float64) (ok bool, bytes, encoded int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.head == nil:
		s.head = new(chunkenc.XORChunk)
		s.begin(make([]byte, chunkHeader, headBytes))
		bytes, encoded = headBytes+headOverhead, chunkHeader
	case t <= s.last:
		return false, 0, 0
	case len(s.head.Bytes()) >= chunkBytes || s.head.NumSamples() >= chunkSamples:
		bytes, encoded = s.cut(), chunkHeader
	}
	before := s.head.Bytes()
	s.appender.Append(0, t, v)
	s.last, s.ended = t, value.IsStaleNaN(v)
	after := s.head.Bytes()
	return true, bytes + cap(after) - cap(before), encoded + len(after) - len(before)
}

// begin starts the head chunk anew, on an empty buffer.
func (s *Series) begin(buffer []byte) {
	s.head.Reset(buffer)
	appender, err := s.head.Appender()
	if err != nil {
		panic(err) // only decoding fails, and there is nothing to decode
	}
	s.appender = appender
}

// cut closes the head chunk: an exact copy goes to the full ones, its buffer serves the next head.
func (s *Series) cut() (grown int) {
	buffer := s.head.Bytes()
	before := cap(s.full)
	s.full = append(s.full, chunk{maxTime: s.last, data: bytes.Clone(buffer)})
	grown = cap(s.full[len(s.full)-1].data) + (cap(s.full)-before)*chunkOverhead
	clear(buffer[:chunkHeader])
	s.begin(buffer[:chunkHeader])
	return grown
}

// bounds are the times of the first and the last sample; ok is false when there is none. s.mu must be held.
func (s *Series) bounds() (first, last int64, ok bool) {
	switch {
	case s.head == nil:
		return math.MaxInt64, math.MinInt64, false
	case len(s.full) > 0:
		return firstTime(s.full[0].data), s.last, true
	default:
		return firstTime(s.head.Bytes()), s.last, true
	}
}

// overlaps tells whether the series may have samples in [mint, maxt].
func (s *Series) overlaps(mint, maxt int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	first, last, ok := s.bounds()
	return ok && first <= maxt && last >= mint
}

// fixedBytes is what the series takes before it has a sample; labels are rounded up by 8 bytes on average.
func (s *Series) fixedBytes() int { return seriesOverhead + int(s.labels.ByteSize()) + 8 }

// firstTime reads the time of a chunk's first sample: a varint right after the header.
func firstTime(data []byte) int64 {
	t, _ := binary.Varint(data[chunkHeader:])
	return t
}

// sampleCount reads the number of samples in a chunk.
func sampleCount(data []byte) int64 { return int64(binary.BigEndian.Uint16(data)) }
