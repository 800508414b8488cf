package executor

import (
	"container/list"
	"math"
	"sort"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

// results keeps values of one data source as long as no sample, end of a series or eviction can change them, and finds
// identical evaluations that run. Of a range, the part that is still valid is kept. The least recently used values go
// first.
type results struct {
	maxBytes int64

	mu      sync.Mutex
	bytes   int64
	byKey   map[resultKey]*list.Element  // of *result
	recent  *list.List                   // the most recently used first
	running map[Evaluation]chan struct{} // closed at the end
}

// resultKey is what values may share. A range has one value for all its starts and ends.
type resultKey struct {
	expr        string
	step        time.Duration
	at          int64 // of an instant
	userWritten bool
}

func keyOf(e Evaluation) resultKey {
	k := resultKey{expr: e.Expr, step: e.Step, userWritten: e.UserWritten}
	if e.Step == 0 {
		k.at = e.End
	}
	return k
}

// result is the value of an expression from start to end, which are the same for an instant. It never changes.
type result struct {
	key        resultKey
	value      parser.Value // a promql.Matrix with a step, otherwise what the engine returned
	start, end int64
	snapshot   history.Snapshot // taken before the samples were read
	reach      time.Duration    // how far before a step the samples lie that it reads
	bytes      int64
}

func newResults(maxBytes int64) *results {
	return &results{maxBytes: maxBytes, byKey: map[resultKey]*list.Element{}, recent: list.New(), running: map[Evaluation]chan struct{}{}}
}

// find returns the kept result for an evaluation, nil without one, and the times (unix milliseconds, inclusive) from and
// until which it holds: some of the samples before may have been evicted. No step holds if from is after until.
func (r *results) find(e Evaluation, view *history.View) (found *result, from, until int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	element := r.byKey[keyOf(e)]
	if element == nil {
		return nil, 0, 0
	}
	r.recent.MoveToFront(element)
	found = element.Value.(*result)
	before, changed := view.ChangedSince(found.snapshot)
	if before == math.MaxInt64 {
		return nil, 0, 0
	}
	return found, max(found.start, before+found.reach.Milliseconds()), min(found.end, changed-1)
}

// keep keeps a result, unless it is larger than a quarter of all.
func (r *results) keep(kept *result) {
	if kept.bytes > r.maxBytes/4 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if old := r.byKey[kept.key]; old != nil {
		r.forget(old)
	}
	r.byKey[kept.key] = r.recent.PushFront(kept)
	r.bytes += kept.bytes
	for r.bytes > r.maxBytes {
		r.forget(r.recent.Back())
	}
}

func (r *results) forget(element *list.Element) {
	old := r.recent.Remove(element).(*result)
	delete(r.byKey, old.key)
	r.bytes -= old.bytes
}

// begin registers an evaluation until end is called. If an identical one already runs, it registers nothing and returns a
// channel that is closed at the other's end.
func (r *results) begin(e Evaluation) (end func(), other <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if running := r.running[e]; running != nil {
		return func() {}, running
	}
	done := make(chan struct{})
	r.running[e] = done
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.running, e)
		close(done)
	}, nil
}

// size returns the number of results and their memory in bytes.
func (r *results) size() (count int, bytes int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.byKey), r.bytes
}

// pointBytes and seriesBytes are the memory of a point, and of a series of a value besides its points and labels.
const pointBytes, seriesBytes = 16, 96

// measure sets the size of a result.
func (r *result) measure() {
	r.bytes = int64(len(r.key.expr)) + int64(countSamples(r.value))*pointBytes
	add := func(l labels.Labels) { r.bytes += seriesBytes + int64(l.ByteSize()) } //nolint:gosec // G115: labels are limited in length
	switch v := r.value.(type) {
	case promql.Matrix:
		for _, s := range v {
			add(s.Metric)
		}
	case promql.Vector:
		for _, s := range v {
			add(s.Metric)
		}
	}
}

// within returns the part of a range between two times, both inclusive. It shares the points.
func within(m promql.Matrix, from, to int64) promql.Matrix {
	out := make(promql.Matrix, 0, len(m))
	for _, s := range m {
		begin := sort.Search(len(s.Floats), func(i int) bool { return s.Floats[i].T >= from })
		end := sort.Search(len(s.Floats), func(i int) bool { return s.Floats[i].T > to })
		if begin < end {
			s.Floats = s.Floats[begin:end:end]
			out = append(out, s)
		}
	}
	return out
}

// join returns a range and a later one as one. Both are sorted by their labels, as the engine returns them.
func join(earlier, later promql.Matrix) promql.Matrix {
	points := make([]promql.FPoint, 0, countSamples(earlier)+countSamples(later))
	out := make(promql.Matrix, 0, max(len(earlier), len(later)))
	add := func(metric labels.Labels, parts ...[]promql.FPoint) {
		begin := len(points)
		for _, part := range parts {
			points = append(points, part...)
		}
		out = append(out, promql.Series{Metric: metric, Floats: points[begin:len(points):len(points)]})
	}
	for len(earlier) > 0 || len(later) > 0 {
		order := 0
		switch {
		case len(later) == 0:
			order = -1
		case len(earlier) == 0:
			order = 1
		default:
			order = labels.Compare(earlier[0].Metric, later[0].Metric)
		}
		switch {
		case order < 0:
			add(earlier[0].Metric, earlier[0].Floats)
			earlier = earlier[1:]
		case order > 0:
			add(later[0].Metric, later[0].Floats)
			later = later[1:]
		default:
			add(earlier[0].Metric, earlier[0].Floats, later[0].Floats)
			earlier, later = earlier[1:], later[1:]
		}
	}
	return out
}
