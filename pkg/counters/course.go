// Package counters tells counters that fell and came back from counters that restarted.
package counters

import "math"

// MaxDipScrapes is for how many scrapes a fallen counter may stay below its last value before that counts as a reset.
const MaxDipScrapes = 3

// Point is a sample without its series.
type Point struct {
	T int64 // unix ms
	V float64
}

// Update is what a scrape means for a counter.
type Update struct {
	Settled     []Point // to be stored, in order of time
	Provisional *Point  // stands in for a withheld sample until a later scrape settles it
	Dip         bool    // the counter fell without a restart and has returned
}

// Course follows one counter and tells dips from resets. A counter of a process that has not restarted cannot fall.
// If one does, its samples are withheld until it returns, which replaces them by a straight line, or until it has stayed
// below for more than MaxDipScrapes scrapes, which makes it a reset. docs/counter-dips.md defines the rule; live mode has
// the same one, and both pass tests/corpora/dips.json.
type Course struct {
	previous, last Point // the zero value means none
	withheld       *[]Point
}

// Withholds reports whether samples are withheld until it is clear whether this is a dip.
func (c *Course) Withholds() bool { return c.withheld != nil }

// Observe takes a sample that is not below the last one, the usual case. It returns false, and does nothing, if there is
// more to decide.
func (c *Course) Observe(t int64, v float64, sameProcess bool) bool {
	if c.Withholds() || sameProcess && v < c.last.V {
		return false
	}
	if sameProcess && !math.IsNaN(v) && !math.IsNaN(c.last.V) {
		c.previous = c.last
	} else {
		c.previous = Point{}
	}
	c.last = Point{t, v}
	return true
}

// Add takes the next sample. sameProcess says that the target has not restarted since its last successful scrape.
func (c *Course) Add(t int64, v float64, sameProcess bool) Update {
	next := Point{t, v}
	if c.last.T == 0 || !sameProcess || math.IsNaN(v) || math.IsNaN(c.last.V) {
		settled := append(c.End(), next)
		c.previous, c.last = Point{}, next
		return Update{Settled: settled}
	}
	var withheld []Point
	if c.withheld != nil {
		withheld = *c.withheld
	}
	if v >= c.last.V {
		settled := make([]Point, 0, len(withheld)+1)
		for _, p := range withheld {
			settled = append(settled, Point{p.T, onLine(c.last, next, p.T)})
		}
		c.previous, c.last, c.withheld = c.last, next, nil
		return Update{Settled: append(settled, next), Dip: len(withheld) > 0}
	}
	withheld = append(withheld, next)
	if len(withheld) > MaxDipScrapes {
		c.previous, c.last, c.withheld = Point{}, next, nil
		return Update{Settled: withheld}
	}
	c.withheld = &withheld
	if c.previous.T == 0 {
		return Update{}
	}
	return Update{Provisional: &Point{t, onLine(c.previous, c.last, t)}}
}

// End is for a series that has ended and for a failed scrape. Withheld samples become the last value before them.
func (c *Course) End() (settled []Point) {
	if c.withheld == nil {
		return nil
	}
	for _, p := range *c.withheld {
		settled = append(settled, Point{p.T, c.last.V})
	}
	c.withheld = nil
	return settled
}

// onLine returns the value at a time on the line through two samples. The conversions keep the compiler from fusing
// operations, so that all platforms and live mode have the same result.
func onLine(a, b Point, t int64) float64 {
	rise := float64((b.V - a.V) * float64(t-a.T))
	return a.V + float64(rise/float64(b.T-a.T))
}
