package history

import (
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// index finds series by all their labels, or by name and then one by one: a scrape of Falco has some 200 names, and a
// query nearly always specifies one. Postings by label value would cost more than the labels themselves.
type index struct {
	byHash map[uint64]*Series
	byName map[string][]*Series
	// largest is the largest size of byHash since it was made: a map keeps its memory when elements are deleted.
	largest int
}

// minShrink is the size from which on emptied maps are replaced.
const minShrink = 1024

func newIndex() index {
	return index{byHash: map[uint64]*Series{}, byName: map[string][]*Series{}}
}

// find returns the series with exactly these labels, or nil.
func (x *index) find(hash uint64, l labels.Labels) *Series {
	s := x.byHash[hash]
	for s != nil && !labels.Equal(s.labels, l) {
		s = s.next
	}
	return s
}

// add adds a series that is not in the index.
func (x *index) add(s *Series) {
	s.next = x.byHash[s.hash]
	x.byHash[s.hash] = s
	name := s.labels.Get(model.MetricNameLabel)
	family, known := x.byName[name]
	if !known {
		name = strings.Clone(name) // otherwise the key would keep all labels of this series in memory
	}
	x.byName[name] = append(family, s)
	s.indexed = true
	x.largest = max(x.largest, len(x.byHash))
}

// remove removes series that are in the index.
func (x *index) remove(removed []*Series) {
	names := map[string]bool{}
	for _, s := range removed {
		x.unlink(s)
		s.indexed = false
		names[s.labels.Get(model.MetricNameLabel)] = true
	}
	for name := range names {
		family := slices.DeleteFunc(x.byName[name], func(s *Series) bool { return !s.indexed })
		if len(family) == 0 {
			delete(x.byName, name)
		} else {
			x.byName[name] = family
		}
	}
	x.shrink()
}

// shrink replaces the maps once three quarters of their elements are gone.
func (x *index) shrink() {
	if x.largest < minShrink || len(x.byHash) > x.largest/4 {
		return
	}
	byHash, byName := make(map[uint64]*Series, len(x.byHash)), make(map[string][]*Series, len(x.byName))
	maps.Copy(byHash, x.byHash)
	for name, family := range x.byName {
		byName[name] = slices.Clone(family)
	}
	x.byHash, x.byName, x.largest = byHash, byName, len(byHash)
}

func (x *index) unlink(s *Series) {
	previous := x.byHash[s.hash]
	switch {
	case previous != s:
		for previous.next != s {
			previous = previous.next
		}
		previous.next = s.next
	case s.next != nil:
		x.byHash[s.hash] = s.next
	default:
		delete(x.byHash, s.hash)
	}
	s.next = nil
}

// mostSeries returns a number that matching series do not exceed: those of a name, or all.
func (x *index) mostSeries(matchers []*labels.Matcher) int {
	for _, m := range matchers {
		if m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual {
			return len(x.byName[m.Value])
		}
	}
	return len(x.byHash)
}

// forEach calls visit for every series of a part that all matchers match.
func (x *index) forEach(p part, matchers []*labels.Matcher, visit func(*Series)) {
	var nameMatchers, otherMatchers []*labels.Matcher
	for _, m := range matchers {
		if m.Name == model.MetricNameLabel {
			nameMatchers = append(nameMatchers, m)
		} else {
			otherMatchers = append(otherMatchers, m)
		}
	}
	family := func(name string, all []*Series) {
		for _, m := range nameMatchers {
			if !m.Matches(name) {
				return
			}
		}
		for _, s := range all {
			if p.has(s) && matches(s.labels, otherMatchers) {
				visit(s)
			}
		}
	}
	for _, m := range nameMatchers {
		if m.Type == labels.MatchEqual {
			family(m.Value, x.byName[m.Value])
			return
		}
	}
	for name, all := range x.byName {
		family(name, all)
	}
}

func matches(l labels.Labels, matchers []*labels.Matcher) bool {
	for _, m := range matchers {
		if !m.Matches(l.Get(m.Name)) {
			return false
		}
	}
	return true
}
