package impact

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
)

// resamples is the number of resamples of the bootstrap. The largest 5 % of their deviations, which are 50, determine the
// critical value.
const resamples = 1000

// criticalValue returns how many standard errors wide the intervals of all figures have to be so that they hold together.
// Each resample draws nodes of both groups, and blocks of time for all nodes together, so that nodes keep what they have in
// common. The same data have the same resamples. The error is that of ctx.
func criticalValue(ctx context.Context, all []*comparison, load panel) (float64, error) {
	if len(all) == 0 {
		return 0, nil
	}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // G404: a bootstrap needs reproducible numbers, not secret ones
	length := len(all[0].groups[changedNodes].figure[0].before)
	var nodes [2]int
	for _, c := range all {
		for side, g := range c.groups {
			for _, node := range g.nodes {
				nodes[side] = max(nodes[side], node+1)
			}
		}
	}
	largest := make([]float64, resamples)
	for i := range largest {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		drawn := [2][]float64{draw(random, nodes[changedNodes]), draw(random, nodes[otherNodes])}
		w := windows{before: draw(random, length), after: draw(random, length)}
		loads := [2][]float64{loadChanges(load.changed, drawn[changedNodes], w), loadChanges(load.others, drawn[otherNodes], w)}
		for _, c := range all {
			largest[i] = max(largest[i], c.deviation(drawn, loads, w))
		}
	}
	slices.Sort(largest)
	return largest[int(math.Ceil(confidence*resamples))-1], nil
}

// draw draws n of n items with replacement, and returns how often it drew each.
func draw(random *rand.Rand, n int) []float64 {
	out := make([]float64, n)
	for range n {
		out[random.IntN(n)]++
	}
	return out
}

// loadChanges returns the changes of the load in a resample, for the nodes that it drew.
func loadChanges(load []blocks, drawn []float64, w windows) []float64 {
	out := make([]float64, len(drawn))
	for i := range min(len(load), len(drawn)) {
		if drawn[i] > 0 {
			out[i] = change(load[i].before, load[i].after, w, false)
		}
	}
	return out
}

// deviation returns by how many of its standard errors the estimate of a resample deviates from that of the data.
func (c *comparison) deviation(drawn, loads [2][]float64, w windows) float64 {
	if c.standardError == 0 {
		return 0
	}
	theta, variance := 0.0, 0.0
	for side, g := range c.groups {
		if side == otherNodes && !c.controlled {
			continue
		}
		changes, weights := make([]float64, 0, len(g.nodes)), make([]float64, 0, len(g.nodes))
		total := 0.0
		for i, node := range g.nodes {
			weight := drawn[side][node]
			if weight == 0 {
				continue
			}
			moved := change(g.figure[i].before, g.figure[i].after, w, c.absolute)
			if c.normalised {
				moved -= c.slope * loads[side][node]
			}
			if executor.Finite(moved) {
				changes, weights = append(changes, moved), append(weights, weight)
				total += weight
			}
		}
		if len(changes) < 2 {
			return math.Inf(1) // a single node has no variance
		}
		m, v := stat.MeanVariance(changes, weights)
		if side == changedNodes {
			theta += m
		} else {
			theta -= m
		}
		variance += v / total
	}
	if variance == 0 {
		return math.Inf(1)
	}
	return math.Abs(theta-c.theta) / math.Sqrt(variance)
}
