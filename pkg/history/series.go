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
	// A chunk is closed when it has grown to chunkBytes. Noisy counters reach that after some 200 samples.
	chunkBytes = 480
	// chunkSamples closes the chunks of series that rarely change: two hours at 15 s. (XOR2, Prometheus's newer encoding,
	// is some 4 % smaller here, but it needs chunks under 127 samples, which cost constant series more than it saves.)
	chunkSamples = 480
	// headBytes is the initial capacity of a head chunk. It doubles as it grows, for a constant series at most twice.
	headBytes = 32
	// chunkHeader is the size of the number of samples at the beginning of a chunk.
	chunkHeader = 2
)

// Series is a handle for appending to one series. It stays valid after the history has dropped the series: the next
// Append creates it again.
type Series struct {
	labels  labels.Labels
	hash    uint64
	next    *Series // the next series in the index with the same hash
	indexed bool    // whether the series is in the index; guarded by History.mu
	ended   bool    // whether the last sample is a staleness marker; guarded by mu
	// nodeHash is that of partLabel.
	nodeHash uint32

	mu       sync.Mutex // guards everything below
	full     []chunk    // closed chunks, oldest first; elements never change, so readers may keep a slice of it
	head     *chunkenc.XORChunk
	appender chunkenc.Appender
	last     int64 // time of the last sample; only valid if there is a head

	provisional *provisionalSample // after the last sample; nil if there is none
}

// provisionalSample is a sample that the next one replaces.
type provisionalSample struct {
	t int64
	v float64
}

// chunk is a closed chunk. Its data contain the time of its first sample.
type chunk struct {
	maxTime int64
	data    []byte
}

func newSeries(l labels.Labels, hash uint64) *Series {
	return &Series{labels: l, hash: hash, nodeHash: nodeHash(l)}
}

func nodeHash(l labels.Labels) uint32 {
	hash, _ := l.HashForLabels(nil, partLabel)
	return uint32(hash) //nolint:gosec // G115: half of the bits are enough
}

// Labels returns the labels of the series, including __name__.
func (s *Series) Labels() labels.Labels { return s.labels }

// append adds a sample. ok is false if the sample is not newer than the last one. Queries at from or later may return
// something else than before. bytes and encoded are how many bytes of heap and of encoded samples the series has grown by.
func (s *Series) append(t int64, v float64) (ok bool, from int64, bytes, encoded int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.head == nil:
		s.head = new(chunkenc.XORChunk)
		s.resetHead(make([]byte, chunkHeader, headBytes))
		bytes, encoded = headBytes+headOverhead, chunkHeader
	case t <= s.last:
		return false, t, 0, 0
	case len(s.head.Bytes()) >= chunkBytes || s.head.NumSamples() >= chunkSamples:
		bytes, encoded = s.closeHead(), chunkHeader
	}
	from = t
	if s.provisional != nil {
		from = min(from, s.provisional.t)
	}
	before := s.head.Bytes()
	s.appender.Append(0, t, v)
	s.last, s.ended, s.provisional = t, value.IsStaleNaN(v), nil
	after := s.head.Bytes()
	return true, from, bytes + cap(after) - cap(before), encoded + len(after) - len(before)
}

// setProvisional sets the sample after the last one, if it is newer. Queries at the returned time or later may return
// something else than before.
func (s *Series) setProvisional(t int64, v float64) (from int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.head == nil || t <= s.last {
		return math.MaxInt64
	}
	from = t
	if s.provisional != nil {
		from = min(from, s.provisional.t)
	}
	s.provisional = &provisionalSample{t, v}
	return from
}

// resetHead starts a new head chunk in an empty buffer.
func (s *Series) resetHead(buffer []byte) {
	s.head.Reset(buffer)
	appender, err := s.head.Appender()
	if err != nil {
		panic(err) // only decoding can fail, and there is nothing to decode
	}
	s.appender = appender
}

// closeHead moves the head chunk to the closed ones, as an exact copy, and reuses its buffer for the next head.
func (s *Series) closeHead() (grown int) {
	buffer := s.head.Bytes()
	before := cap(s.full)
	s.full = append(s.full, chunk{maxTime: s.last, data: bytes.Clone(buffer)})
	grown = cap(s.full[len(s.full)-1].data) + (cap(s.full)-before)*chunkOverhead
	clear(buffer[:chunkHeader])
	s.resetHead(buffer[:chunkHeader])
	return grown
}

// bounds returns the times of the first and the last sample. ok is false if there is none. s.mu must be held.
func (s *Series) bounds() (first, last int64, ok bool) {
	switch {
	case s.head == nil:
		return math.MaxInt64, math.MinInt64, false
	case len(s.full) > 0:
		return firstTime(s.full[0].data), s.lastVisible(), true
	default:
		return firstTime(s.head.Bytes()), s.lastVisible(), true
	}
}

// lastVisible returns the time of the last sample that queries see. s.mu must be held.
func (s *Series) lastVisible() int64 {
	if s.provisional != nil {
		return s.provisional.t
	}
	return s.last
}

// overlaps reports whether the series may have samples in [mint, maxt].
func (s *Series) overlaps(mint, maxt int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	first, last, ok := s.bounds()
	return ok && first <= maxt && last >= mint
}

// fixedBytes returns how much memory the series takes without samples. Labels are rounded up by 8 bytes on average.
func (s *Series) fixedBytes() int { return seriesOverhead + int(s.labels.ByteSize()) + 8 } //nolint:gosec // G115: labels are limited in length

// firstTime returns the time of a chunk's first sample, a varint after the header.
func firstTime(data []byte) int64 {
	t, _ := binary.Varint(data[chunkHeader:])
	return t
}

// sampleCount returns the number of samples in a chunk.
func sampleCount(data []byte) int64 { return int64(binary.BigEndian.Uint16(data)) }
