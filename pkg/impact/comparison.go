package impact

import (
	"math"

	"gonum.org/v1/gonum/stat"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
)

// comparison is a figure of a trial with what stays the same in all resamples. Its changes are logarithms of ratios, or
// differences if the figure is absolute.
type comparison struct {
	estimate
	groups         [2]group // the nodes that changed, and the others
	slope          float64  // of the figure over the logarithm of the load
	theta          float64  // the estimate
	standardError  float64  // of theta
	drift          float64  // root mean square of the changes between earlier windows
	earlierChanges int      // number of those changes
}

// group holds nodes that have enough values.
type group struct {
	nodes  []int // positions in the trial
	figure []blocks
	load   []blocks // empty without normalisation
}

const (
	changedNodes = iota
	otherNodes
)

// compare estimates the change of a figure, but not yet its interval.
func compare(figure, load panel) *comparison {
	c := &comparison{estimate: estimate{absolute: figure.absolute, before: math.NaN(), after: math.NaN(), change: math.NaN(), otherChange: math.NaN()}}
	c.groups = [2]group{usable(figure.changed), usable(figure.others)}
	c.nodes, c.others = len(c.groups[changedNodes].nodes), len(c.groups[otherNodes].nodes)
	c.controlled = c.others >= fewestNodes
	c.covered = covered(figure.changed)
	if c.nodes == 0 {
		c.lack = lacksValues
		if c.covered > 0 {
			c.lack = lacksTime
		}
		return c
	}
	c.before = c.meanOf(func(b blocks) []float64 { return b.before })
	c.after = c.meanOf(func(b blocks) []float64 { return b.after })
	c.absolute = c.absolute || c.reachesZero()
	if !figure.raw {
		c.normalise(load)
	}

	changed, others := c.changes(changedNodes), c.changes(otherNodes)
	mean, variance := stat.MeanVariance(changed, nil)
	c.theta = mean
	c.standardError = variance / float64(len(changed))
	if len(others) > 0 {
		mean, variance = stat.MeanVariance(others, nil)
		c.otherChange = c.asShare(mean)
		if c.controlled {
			c.theta -= mean
			c.standardError += variance / float64(len(others))
		}
	}
	c.standardError = math.Sqrt(c.standardError)
	c.change = c.asShare(c.theta)
	if !c.controlled {
		c.compareEarlier()
	}
	switch {
	case c.nodes < fewestNodes:
		c.lack = lacksNodes
	case !c.controlled && c.earlierChanges < fewestEarlier:
		c.lack = lacksEarlier
	}
	return c
}

// asShare turns a change into a share of the value before, unless it is a difference.
func (c *comparison) asShare(change float64) float64 {
	if c.absolute {
		return change
	}
	return math.Expm1(change)
}

// usable returns the nodes that have values in at least half of the blocks on both sides.
func usable(all []blocks) (g group) {
	for i, b := range all {
		if enough(b.before) && enough(b.after) {
			g.nodes, g.figure = append(g.nodes, i), append(g.figure, b)
		}
	}
	return g
}

func enough(window []float64) bool { return len(window) > 0 && 2*count(window) >= len(window) }

func count(window []float64) (n int) {
	for _, v := range window {
		if !math.IsNaN(v) {
			n++
		}
	}
	return n
}

// covered returns how many blocks have values on the shorter side.
func covered(all []blocks) int {
	before, after := 0, 0
	for _, b := range all {
		before, after = max(before, count(b.before)), max(after, count(b.after))
	}
	return min(before, after)
}

// meanOf returns the mean of a window over the nodes that changed.
func (c *comparison) meanOf(window func(blocks) []float64) float64 {
	var means []float64
	for _, b := range c.groups[changedNodes].figure {
		means = append(means, mean(window(b), nil))
	}
	return stat.Mean(means, nil)
}

// reachesZero reports whether the mean of a window is not above 0 on a node, so that it has no logarithm.
func (c *comparison) reachesZero() bool {
	for _, g := range c.groups {
		for _, b := range g.figure {
			if !(mean(b.before, nil) > 0 && mean(b.after, nil) > 0) {
				return true
			}
		}
	}
	return false
}

// normalise estimates how the figure follows the load, within nodes and windows. Without the load of every node, it does
// nothing: normalising only some would compare different things.
func (c *comparison) normalise(load panel) {
	var loads [2][]blocks
	for side, all := range [2][]blocks{load.changed, load.others} {
		for _, node := range c.groups[side].nodes {
			if node >= len(all) || !enough(all[node].before) || !enough(all[node].after) || mean(all[node].before, nil) <= 0 || mean(all[node].after, nil) <= 0 {
				return
			}
			loads[side] = append(loads[side], all[node])
		}
	}
	var xx, xy float64
	for side, g := range c.groups {
		for i, b := range g.figure {
			for _, window := range [2][2][]float64{{loads[side][i].before, b.before}, {loads[side][i].after, b.after}} {
				x, y := c.pairs(window[0], window[1])
				if len(x) > 1 {
					n := float64(len(x) - 1)
					xx, xy = xx+n*stat.Variance(x, nil), xy+n*stat.Covariance(x, y, nil)
				}
			}
		}
	}
	if xx == 0 {
		return
	}
	c.slope, c.normalised = xy/xx, true
	c.groups[changedNodes].load, c.groups[otherNodes].load = loads[changedNodes], loads[otherNodes]
}

// pairs returns the logarithms of the load, and the figure or its logarithm, of the blocks that have both.
func (c *comparison) pairs(load, figure []float64) (x, y []float64) {
	for i, v := range figure {
		if !(load[i] > 0) || math.IsNaN(v) || !c.absolute && v <= 0 {
			continue
		}
		if !c.absolute {
			v = math.Log(v)
		}
		x, y = append(x, math.Log(load[i])), append(y, v)
	}
	return x, y
}

// windows are the weights of the blocks of two windows: how often each was drawn. nil means once.
type windows struct{ before, after []float64 }

// changes returns the change of every node of a group.
func (c *comparison) changes(side int) []float64 {
	g := c.groups[side]
	out := make([]float64, len(g.nodes))
	for i, b := range g.figure {
		load := 0.0
		if c.normalised {
			load = change(g.load[i].before, g.load[i].after, windows{}, false)
		}
		out[i] = change(b.before, b.after, windows{}, c.absolute) - c.slope*load
	}
	return out
}

// change returns the change between the means of two windows: the logarithm of their ratio, or their difference.
func change(before, after []float64, w windows, absolute bool) float64 {
	from, to := mean(before, w.before), mean(after, w.after)
	if absolute {
		return to - from
	}
	return math.Log(to / from)
}

// compareEarlier measures how the figure changes from window to window without a change of Falco: on the mean of the nodes,
// between each pair of neighbours among the earlier windows and the one before the change.
func (c *comparison) compareEarlier() {
	g := c.groups[changedNodes]
	length := len(g.figure[0].before)
	neighbours := func(b blocks, at int) (from, to []float64) {
		all := append(b.earlier[:len(b.earlier):len(b.earlier)], b.before...)
		return all[at : at+length], all[at+length : at+2*length]
	}
	squares := 0.0
	for at := 0; at+length <= len(g.figure[0].earlier); at += length {
		var changes []float64
		for i, b := range g.figure {
			from, to := neighbours(b, at)
			moved := change(from, to, windows{}, c.absolute)
			if c.normalised {
				from, to = neighbours(g.load[i], at)
				moved -= c.slope * change(from, to, windows{}, false)
			}
			if executor.Finite(moved) {
				changes = append(changes, moved)
			}
		}
		if 2*len(changes) >= len(g.nodes) {
			moved := stat.Mean(changes, nil)
			squares += moved * moved
			c.earlierChanges++
		}
	}
	if c.earlierChanges > 0 {
		c.drift = math.Sqrt(squares / float64(c.earlierChanges))
	}
}

// mean returns the mean of the values that are not NaN, each as often as its weight says; nil means once.
func mean(values, weights []float64) float64 {
	sum, n := 0.0, 0.0
	if weights == nil {
		for _, v := range values {
			if !math.IsNaN(v) {
				sum, n = sum+v, n+1
			}
		}
		return sum / n
	}
	weights = weights[:len(values)] // checks the bounds once: this is what a resample spends its time on
	for i, v := range values {
		if !math.IsNaN(v) {
			sum, n = sum+weights[i]*v, n+weights[i]
		}
	}
	return sum / n
}
