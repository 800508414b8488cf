//go:build !race

package impact

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fleet simulates a cluster minute by minute, with what makes real fleets hard to compare. Its truth is effect.
type fleet struct {
	nodes, changed int
	effect         float64 // on the first figure of the nodes that changed
	noise          float64 // standard deviation of a figure within a node, from minute to minute
	earlier        int     // number of earlier windows
}

const (
	windowMinutes = 60 // of a window
	blockLength   = 5
	gap           = 6 // minutes between the windows
	figures       = 12
)

// wave returns noise that forgets itself over some minutes (a first-order autoregression), with a standard deviation of deviation.
func wave(random *rand.Rand, length int, deviation, memory float64) []float64 {
	keep := math.Exp(-1 / memory)
	out := make([]float64, length)
	state := random.NormFloat64()
	for i := range out {
		state = keep*state + math.Sqrt(1-keep*keep)*random.NormFloat64()
		out[i] = deviation * state
	}
	return out
}

// trial simulates a roll-out. Each node has a size of its own, a daily load whose phase differs by up to an hour, and
// bursts; each figure follows the load by a power that differs from node to node, and has noise that lasts minutes, drift
// that lasts hours, and waves that all nodes share.
func (f fleet) trial(seed uint64) trial {
	random := rand.New(rand.NewPCG(seed, 7))
	length := (f.earlier+2)*windowMinutes + gap
	change := length - windowMinutes // of the first minute after
	start := random.Float64() * 24 * 60
	shared := wave(random, length, 0.05, 20)
	var out trial
	out.figures = make([]panel, figures)
	sharedBy := make([][]float64, figures)
	for k := range sharedBy {
		sharedBy[k] = wave(random, length, 0.05, 20)
	}
	for i := range f.nodes {
		size, phase := math.Exp(0.5*random.NormFloat64()), 60*(random.Float64()-0.5)
		bursts := wave(random, length, 0.15, 10)
		load := make([]float64, length)
		for m := range load {
			load[m] = 10_000 * size * (1 + 0.4*math.Sin(2*math.Pi*(start+phase+float64(m))/(24*60))) * math.Exp(shared[m]+bursts[m])
		}
		put := func(p *panel, b blocks) {
			if i < f.changed {
				p.changed = append(p.changed, b)
			} else {
				p.others = append(p.others, b)
			}
		}
		put(&out.load, f.blocks(load))
		for k := range out.figures {
			power := float64(k%4)*0.33 + 0.1*random.NormFloat64() // some figures do not depend on the load
			level := math.Exp(0.5 * random.NormFloat64())
			noise, drift := wave(random, length, f.noise, 5), wave(random, length, 0.03, 240)
			values := make([]float64, length)
			for m := range values {
				values[m] = level * math.Pow(load[m]/10_000, power) * math.Exp(noise[m]+drift[m]+sharedBy[k][m])
				if k == 0 && i < f.changed && m >= change {
					values[m] *= 1 + f.effect
				}
			}
			put(&out.figures[k], f.blocks(values))
		}
	}
	return out
}

// blocks averages minutes.
func (f fleet) blocks(values []float64) (b blocks) {
	average := func(from, to int) (out []float64) {
		for ; from < to; from += blockLength {
			out = append(out, mean(values[from:from+blockLength], nil))
		}
		return out
	}
	before := f.earlier * windowMinutes
	return blocks{average(0, before), average(before, before+windowMinutes), average(len(values)-windowMinutes, len(values))}
}

// rates are shares of simulated roll-outs.
type rates struct{ anyHigher, higher, found, covers float64 }

// rollouts runs many roll-outs. anyHigher counts those in which a figure without an effect is higher, higher such figures,
// found those in which the figure with the effect is, and covers those whose intervals all contain the truth.
func (f fleet) rollouts(t *testing.T, n int) (r rates) {
	t.Helper()
	for seed := range n {
		estimates, err := f.trial(uint64(seed)).run(t.Context())
		require.NoError(t, err)
		wrong, covers := 0, true
		for k, e := range estimates {
			require.Equal(t, lacksNothing, e.lack)
			truth := 0.0
			if k == 0 {
				truth = f.effect
			}
			covers = covers && e.low <= truth && truth <= e.high
			switch higher := e.low > 0; {
			case higher && k == 0 && f.effect > 0:
				r.found++
			case higher:
				wrong++
			}
		}
		r.higher += float64(wrong) / figures
		if wrong > 0 {
			r.anyHigher++
		}
		if covers {
			r.covers++
		}
	}
	total := float64(n)
	return rates{r.anyHigher / total, r.higher / total, r.found / total, r.covers / total}
}

// The promise of docs/impact.md: verdicts that are wrong are rare, and an effect that matters is found.
func TestRollouts(t *testing.T) {
	for _, c := range []struct {
		name  string
		fleet fleet
		found float64
	}{
		{"20 of 40 nodes, no effect", fleet{nodes: 40, changed: 20, noise: 0.1}, 0},
		{"20 of 40 nodes, 10 % effect", fleet{nodes: 40, changed: 20, noise: 0.1, effect: 0.1}, 0.9},
		{"4 of 8 nodes, no effect", fleet{nodes: 8, changed: 4, noise: 0.2}, 0},
		{"all of 12 nodes, no effect", fleet{nodes: 12, changed: 12, noise: 0.1, earlier: earlierWindows}, 0},
		{"all of 12 nodes, 40 % effect", fleet{nodes: 12, changed: 12, noise: 0.1, earlier: earlierWindows, effect: 0.4}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			got := c.fleet.rollouts(t, 200)
			t.Logf("%s: a false “higher” in %.1f %% of 200 roll-outs and %.2f %% of their figures, the effect found in %.1f %%, all intervals right in %.1f %% (%s)",
				c.name, 100*got.anyHigher, 100*got.higher, 100*got.found, 100*got.covers, time.Since(began).Round(time.Millisecond))
			require.LessOrEqual(t, got.anyHigher, 0.05)
			require.GreaterOrEqual(t, got.found, c.found)
		})
	}
}
