package history

import (
	"math"
	"slices"
	"sort"
	"sync"
)

// changes records which times a history changed at, so that values computed from it can be reused.
type changes struct {
	mu  sync.Mutex
	seq uint64 // of the last change
	// log holds changes in the order of seq and of time: a change drops those before it that are not earlier, so the first
	// entry after a seq has the earliest time of all changes since.
	log       []change
	forgotten uint64 // changes up to this seq are no longer in the log
	removed   int64  // samples before this time may have been dropped
	dropped   uint64 // how often whole series were dropped
}

type change struct {
	seq uint64
	t   int64 // unix milliseconds: samples at t and later are new
}

const (
	// changeResolution is the distance of times (ms) below which the log has one entry for two changes.
	changeResolution = 1000
	maxChanges       = 8192
)

// added records that samples were added or replaced at a time and later. It must be called after they can be seen.
func (c *changes) added(t int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seq++
	keep := sort.Search(len(c.log), func(i int) bool { return c.log[i].t >= t })
	c.log = c.log[:keep]
	if last := len(c.log) - 1; last >= 0 && t-c.log[last].t < changeResolution {
		c.log[last].seq = c.seq
		return
	}
	if len(c.log) == maxChanges {
		half := maxChanges / 2
		c.forgotten = c.log[half-1].seq
		c.log = slices.Clone(c.log[half:])
	}
	c.log = append(c.log, change{c.seq, t})
}

// truncated records that samples before a time were dropped.
func (c *changes) truncated(before int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.removed = max(c.removed, before)
}

// lost records that whole series were dropped.
func (c *changes) lost() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dropped++
}

// state identifies what a history holds at a moment.
type state struct {
	seq, dropped uint64
	removed      int64
}

func (c *changes) state() state {
	c.mu.Lock()
	defer c.mu.Unlock()
	return state{c.seq, c.dropped, c.removed}
}

// since returns what changed since an earlier state: samples before `before`, and those at `from` and later.
func (c *changes) since(s state) (before, from int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before, from = math.MinInt64, math.MaxInt64
	if c.dropped != s.dropped || s.seq < c.forgotten {
		return math.MaxInt64, math.MinInt64
	}
	if c.removed != s.removed {
		before = c.removed
	}
	if first := sort.Search(len(c.log), func(i int) bool { return c.log[i].seq > s.seq }); first < len(c.log) {
		from = c.log[first].t
	}
	return before, from
}
