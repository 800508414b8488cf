package scrape

import "math"

// maxDipScrapes is for how many scrapes a fallen counter may stay below its last value before that counts as a reset.
const maxDipScrapes = 3

// point is a sample without its series.
type point struct {
	t int64 // unix ms
	v float64
}

// courseUpdate is what a scrape means for a counter.
type courseUpdate struct {
	settled     []point // to be stored, in order of time
	provisional *point  // stands in for a withheld sample until a later scrape settles it
	dip         bool    // the counter fell without a restart and has returned
}

// counterCourse follows one counter and tells dips from resets. A counter of a process that has not restarted cannot fall.
// If one does, its samples are withheld until it returns, which replaces them by a straight line, or until it has stayed
// below for more than maxDipScrapes scrapes, which makes it a reset. docs/counter-dips.md defines the rule; live mode has
// the same one, and both pass tests/corpora/dips.json.
type counterCourse struct {
	previous, last point // the zero value means none
	withheld       *[]point
}

// observe takes a sample that is not below the last one, the usual case. It returns false, and does nothing, if there is
// more to decide.
func (c *counterCourse) observe(t int64, v float64, sameProcess bool) bool {
	if c.withheld != nil || sameProcess && v < c.last.v {
		return false
	}
	if sameProcess && !math.IsNaN(v) && !math.IsNaN(c.last.v) {
		c.previous = c.last
	} else {
		c.previous = point{}
	}
	c.last = point{t, v}
	return true
}

// add takes the next sample. sameProcess says that the target has not restarted since its last successful scrape.
func (c *counterCourse) add(t int64, v float64, sameProcess bool) courseUpdate {
	next := point{t, v}
	if c.last.t == 0 || !sameProcess || math.IsNaN(v) || math.IsNaN(c.last.v) {
		settled := append(c.end(), next)
		c.previous, c.last = point{}, next
		return courseUpdate{settled: settled}
	}
	var withheld []point
	if c.withheld != nil {
		withheld = *c.withheld
	}
	if v >= c.last.v {
		settled := make([]point, 0, len(withheld)+1)
		for _, p := range withheld {
			settled = append(settled, point{p.t, onLine(c.last, next, p.t)})
		}
		c.previous, c.last, c.withheld = c.last, next, nil
		return courseUpdate{settled: append(settled, next), dip: len(withheld) > 0}
	}
	withheld = append(withheld, next)
	if len(withheld) > maxDipScrapes {
		c.previous, c.last, c.withheld = point{}, next, nil
		return courseUpdate{settled: withheld}
	}
	c.withheld = &withheld
	if c.previous.t == 0 {
		return courseUpdate{}
	}
	return courseUpdate{provisional: &point{t, onLine(c.previous, c.last, t)}}
}

// end is for a series that has ended and for a failed scrape. Withheld samples become the last value before them.
func (c *counterCourse) end() (settled []point) {
	if c.withheld == nil {
		return nil
	}
	for _, p := range *c.withheld {
		settled = append(settled, point{p.t, c.last.v})
	}
	c.withheld = nil
	return settled
}

// onLine returns the value at a time on the line through two samples. The conversions keep the compiler from fusing
// operations, so that all platforms and live mode have the same result.
func onLine(a, b point, t int64) float64 {
	rise := float64((b.v - a.v) * float64(t-a.t))
	return a.v + float64(rise/float64(b.t-a.t))
}
