package scrape

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/counters"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/exposition"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

const (
	dipEpoch   = 1_790_000_000_000 // ms
	dipCounter = "falcosecurity_scap_n_evts_total"
)

// dipTarget is a target whose scrapes a test writes to a history.
type dipTarget struct {
	t    *testing.T
	pool *scrapePool
	*target
}

func newDipTarget(t *testing.T) dipTarget {
	sp := &scrapePool{config: config(), history: history.New(history.Options{})}
	sp.entry.Kind = KindFalco
	sp.budgetLease.Store(&Lease{budget: 1 << 40})
	reading := signals.Load().Reading
	one := &target{reader: exposition.NewReader(reading, testLimits.Limits), reading: reading, fallbackNode: "a"}
	one.identity = sp.identify(one)
	return dipTarget{t, sp, one}
}

// scrape writes one scrape at a time in seconds. Times of the process of 0 are not exported; a nil value is a failed scrape.
func (d dipTarget) scrape(at float64, v *float64, start, reload int) {
	var o scrapeOutcome
	if v != nil {
		text := ""
		for name, value := range map[string]int{"start": start, "reload": reload} {
			if value != 0 {
				text += fmt.Sprintf("falcosecurity_falco_%s_timestamp_nanoseconds %d\n", name, value)
			}
		}
		text += fmt.Sprintf("%s %v\nfalcosecurity_scap_n_threads_total %v\n", dipCounter, *v, math.Mod(at, 7))
		result, failure := d.reader.Read([]byte(text))
		require.Nil(d.t, failure)
		o.result = result
	}
	require.Empty(d.t, d.pool.write(d.target, dipEpoch+int64(at*1000), o))
}

// samples returns the samples of a series, without staleness markers. Times are seconds.
func (d dipTarget) samples(metric string) (out [][2]float64) {
	q, err := history.NewView([]*history.History{d.pool.history}, nil, "").Querier(0, math.MaxInt64)
	require.NoError(d.t, err)
	set := q.Select(context.Background(), false, nil, labels.MustNewMatcher(labels.MatchEqual, "__name__", metric))
	for set.Next() {
		for it := set.At().Iterator(nil); it.Next() == chunkenc.ValFloat; {
			if at, v := it.At(); !isStale(v) {
				out = append(out, [2]float64{float64(at-dipEpoch) / 1000, v})
			}
		}
	}
	return out
}

func (d dipTarget) rate(engine *promql.Engine, at float64, window string) float64 {
	query, err := engine.NewInstantQuery(context.Background(), history.NewView([]*history.History{d.pool.history}, nil, ""), nil,
		fmt.Sprintf("rate(%s[%s])", dipCounter, window), time.UnixMilli(dipEpoch+int64(at*1000)))
	require.NoError(d.t, err)
	defer query.Close()
	vector, err := query.Exec(context.Background()).Vector()
	require.NoError(d.t, err)
	require.Len(d.t, vector, 1)
	return vector[0].F
}

// The cases are those of live mode, too.
func TestCountersThatFall(t *testing.T) {
	file, err := os.ReadFile("../../tests/corpora/dips.json")
	require.NoError(t, err)
	var cases []struct {
		Name    string
		Scrapes []struct {
			Time          float64
			Value         *float64
			Start, Reload int
		}
		Stored, Provisional [][2]float64
	}
	require.NoError(t, json.Unmarshal(file, &cases))
	require.NotEmpty(t, cases)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			d := newDipTarget(t)
			var provisional [][2]float64
			for _, s := range c.Scrapes {
				before := d.pool.history.Stats().Samples
				d.scrape(s.Time, s.Value, s.Start, s.Reload)
				seen := d.samples(dipCounter)
				if n := len(seen); n > 0 && seen[n-1][0] == s.Time && d.withheld() {
					provisional = append(provisional, seen[n-1])
				}
				require.Greater(t, d.pool.history.Stats().Samples, before)
			}
			require.Equal(t, c.Stored, d.samples(dipCounter))
			require.Equal(t, c.Provisional, provisional)
			require.Zero(t, d.pool.history.Stats().Dropped)
		})
	}
}

func (d dipTarget) withheld() bool {
	for _, s := range d.active {
		if s.Name == dipCounter && d.stateOf(s).course.Withholds() {
			return true
		}
	}
	return false
}

func TestDipsLeaveGaugesAlone(t *testing.T) {
	d := newDipTarget(t)
	for i, at := range []float64{6, 13, 14, 20} {
		v := float64(i)
		d.scrape(at, &v, 1, 0)
	}
	require.Equal(t, [][2]float64{{6, 6}, {13, 6}, {14, 0}, {20, 6}}, d.samples("falcosecurity_scap_n_threads_total"))
}

func TestDipsAreCounted(t *testing.T) {
	d := newDipTarget(t)
	for i, v := range []float64{100, 200, 50, 400, 500} {
		d.scrape(float64(15*i), &v, 1, 1)
	}
	counted := d.samples(signals.Load().Reading.Scraping.TargetCounters.CounterDips)
	require.Equal(t, [][2]float64{{0, 0}, {15, 0}, {30, 0}, {45, 1}, {60, 1}}, counted)
	require.Contains(t, d.dipRemark(time.Now()).Message, "Counters fell without a restart and came back")
	require.Nil(t, d.dipRemark(time.Now().Add(2*time.Hour)))
}

// With dips at random, a rate stays within 5 % of the truth at every evaluation. Restarts stay resets.
func TestRatesWithDips(t *testing.T) {
	const events = 10_000.0 // a second
	engine := history.NewEngine(history.EngineOptions{MaxSamples: 1e6, Timeout: time.Minute})
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		d := newDipTarget(t)
		born, restarted, dips, last := 0.0, math.Inf(-1), 0, 0.0
		for i := range 80 {
			at := float64(15 * i)
			if random.IntN(25) == 0 {
				born, restarted = at-1, at
			}
			v := events * (at - born)
			if i > 1 && at-restarted > 30 && dips < counters.MaxDipScrapes && random.IntN(4) == 0 {
				v, dips = last*random.Float64()*0.99, dips+1
			} else {
				last, dips = v, 0
			}
			d.scrape(at, &v, int(born)+10, 1)
			if i < 8 {
				continue
			}
			for _, after := range []float64{0, 4.9, 14.9} {
				rate := d.rate(engine, at+after, "1m")
				if at-restarted > 60 {
					require.InEpsilon(t, events, rate, 0.05, "seed %d at %v", seed, at+after)
				} else {
					require.Less(t, rate, 1.2*events, "seed %d at %v", seed, at+after)
				}
			}
		}
	}
}
