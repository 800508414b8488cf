package history

import (
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
)

// View is the union of histories: series with the same labels in several of them are one series. It implements
// [storage.Queryable].
type View struct {
	histories []*History
	hide      func(i int, l labels.Labels) bool
	hidden    string
	part      part
}

// partLabel divides the series of a fleet into parts.
const partLabel = "node"

// part is the group of nodes that a view is about. Its zero value is all nodes.
type part struct{ index, count uint32 }

func (p part) has(s *Series) bool { return p.hasHash(s.nodeHash) }

func (p part) hasHash(nodeHash uint32) bool { return p.count == 0 || nodeHash%p.count == p.index }

var _ storage.Queryable = (*View)(nil)

// NewView returns the union of histories. hide, which may be nil, excludes a series of the i-th history. hidden must
// differ between views of the same histories that hide different series.
func NewView(histories []*History, hide func(i int, l labels.Labels) bool, hidden string) *View {
	return &View{histories: histories, hide: hide, hidden: hidden}
}

// With returns a view that also has the series of another history.
func (v *View) With(other *History) *View {
	hide := v.hide
	if hide != nil {
		hide = func(i int, l labels.Labels) bool { return i < len(v.histories) && v.hide(i, l) }
	}
	return NewView(append(slices.Clone(v.histories), other), hide, v.hidden)
}

// Part returns a view of the nodes in one of so many groups. All series of a node are in the same group.
func (v *View) Part(index, count int) *View {
	one := *v
	one.part = part{uint32(index), uint32(count)} //nolint:gosec // G115: counts are small
	return &one
}

// HasNode reports whether the view is about the node of some labels.
func (v *View) HasNode(l labels.Labels) bool { return v.part.count == 0 || v.part.hasHash(nodeHash(l)) }

// MostSeries returns a number that matching series do not exceed.
func (v *View) MostSeries(matchers []*labels.Matcher) (n int) {
	for _, h := range v.histories {
		n += h.mostSeries(matchers)
	}
	return n
}

// Querier implements [storage.Queryable].
func (v *View) Querier(mint, maxt int64) (storage.Querier, error) {
	return &querier{histories: v.histories, hide: v.hide, part: v.part, mint: mint, maxt: maxt}, nil
}

// Snapshot identifies what a view holds at a moment. It must be taken before the samples are read.
type Snapshot struct {
	view   *View
	states []state
}

// Snapshot returns the current snapshot.
func (v *View) Snapshot() Snapshot {
	s := Snapshot{view: v, states: make([]state, len(v.histories))}
	for i, h := range v.histories {
		s.states[i] = h.changes.state()
	}
	return s
}

// ChangedSince returns which samples (unix milliseconds) may differ from those of an earlier snapshot: those before
// `before`, and those at `from` and later. An end of a series counts as a sample.
func (v *View) ChangedSince(s Snapshot) (before, from int64) {
	before, from = math.MinInt64, math.MaxInt64
	if v.hidden != s.view.hidden || !slices.Equal(v.histories, s.view.histories) {
		return math.MaxInt64, math.MinInt64
	}
	for i, h := range v.histories {
		b, f := h.changes.since(s.states[i])
		before, from = max(before, b), min(from, f)
	}
	return before, from
}
