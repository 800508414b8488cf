package scrape

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestReleasedHistoryIsKeptForTenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		f := &falco{host: "node-1", start: time.Now()}
		n.serve("a:1", f.ServeHTTP)
		p := NewManager(ManagerOptions{Resolver: n})
		start := time.Now()
		first, err := p.Lease(n.config(TargetConfig{URL: "a:1"}))
		require.NoError(t, err)
		time.Sleep(time.Minute)
		first.Release()
		first.Release() // releasing twice is harmless
		asked := len(f.requests())
		time.Sleep(9 * time.Minute)
		require.Len(t, f.requests(), asked, "scraping ends at once")

		second, err := p.Lease(n.config(TargetConfig{URL: "a:1"}))
		require.NoError(t, err)
		require.Same(t, first.pools[0], second.pools[0])
		require.Equal(t, start, second.Since())
		require.Regexp(t, ` end@1m0s( 1@10m0s)?$`, dump(t, second, start, named("up"))[0])
		time.Sleep(time.Hour)
		require.Equal(t, []string{"node-1 http://a:1/metrics up"}, targetStates(second))

		second.Release()
		time.Sleep(11 * time.Minute)
		synctest.Wait()
		require.Empty(t, p.pools)
		asked = len(f.requests())
		time.Sleep(time.Hour)
		require.Equal(t, asked, len(f.requests()))
		// Nothing is left although the manager was not closed. Otherwise the bubble would not end.
	})
}

func TestOneTargetChangesTheOthersStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		for _, node := range []string{"a", "b", "c"} {
			n.serve(node+":1", (&falco{host: node, start: time.Now()}).ServeHTTP)
		}
		p := NewManager(ManagerOptions{Resolver: n})
		defer p.Close()
		before, err := p.Lease(n.config(TargetConfig{URL: "a:1"}, TargetConfig{URL: "b:1"}))
		require.NoError(t, err)
		wait(t, before)
		after, err := p.Lease(n.config(TargetConfig{URL: "a:1"}, TargetConfig{URL: "c:1"}, TargetConfig{URL: "a:1"}))
		require.NoError(t, err)
		before.Release()
		require.Len(t, after.pools, 2)
		require.Same(t, before.pools[0], after.pools[0])
		require.Len(t, p.pools, 3)

		changes := map[string]func(*Config){
			"organisation": func(c *Config) { c.OrgID++ },
			"interval":     func(c *Config) { c.Interval++ },
			"timeout":      func(c *Config) { c.Timeout-- },
			"retention":    func(c *Config) { c.Retention++ },
			"limits":       func(c *Config) { c.Limits.LabelValueLengthLimit++ },
			"credentials":  func(c *Config) { c.ClientKey = "other" },
			"labels":       func(c *Config) { c.Targets[0].Labels = map[string]string{"cluster": "x"} },
			"kind":         func(c *Config) { c.Targets[0].Kind = KindFalcosidekick },
			"discovery":    func(c *Config) { c.Targets[0].Discovery = DiscoveryDNS },
		}
		for what, change := range changes {
			c := n.config(TargetConfig{URL: "a:1"})
			change(&c)
			other, err := p.Lease(c)
			require.NoError(t, err)
			require.NotSame(t, before.pools[0], other.pools[0], what)
		}
		c := n.config(TargetConfig{URL: "a:1", Kind: KindFalco, Discovery: DiscoveryStatic})
		c.RetentionBytes++ // the budget belongs to the lease
		same, err := p.Lease(c)
		require.NoError(t, err)
		require.Same(t, before.pools[0], same.pools[0])
	})
}

func TestUnusedLeaseStopsAndStartsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		f := &falco{host: "node-1", start: time.Now()}
		n.serve("a:1", f.ServeHTTP)
		start := time.Now()
		l, end := n.lease(t, TargetConfig{URL: "a:1"})
		defer end()
		time.Sleep(5 * time.Hour)
		l.Use()
		time.Sleep(2 * time.Hour)
		require.Equal(t, Up, l.Targets()[0].State)
		time.Sleep(5 * time.Hour)
		asked := len(f.requests())
		time.Sleep(time.Hour)
		require.Equal(t, asked, len(f.requests()))
		up := dump(t, l, start, named("up"))[0]
		require.Regexp(t, ` 1@10h59m\S+ end@11h0m0s$`, up)

		l.Use()
		wait(t, l)
		require.Equal(t, asked+1, len(f.requests()))
		require.Equal(t, start, l.Since())
		require.Regexp(t, ` end@11h0m0s 1@13h0m0s$`, dump(t, l, start, named("up"))[0])
	})
}

func last(times []time.Time) time.Time { return times[len(times)-1] }

// A pool is scraped as long as one of its leases is used.
func TestIdleLeaseBesideAUsedOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		f := &falco{host: "node-1", start: time.Now()}
		n.serve("a:1", f.ServeHTTP)
		p := NewManager(ManagerOptions{Resolver: n})
		defer p.Close()
		idle, err := p.Lease(n.config(TargetConfig{URL: "a:1"}))
		require.NoError(t, err)
		time.Sleep(5 * time.Hour)
		used, err := p.Lease(n.config(TargetConfig{URL: "a:1"}))
		require.NoError(t, err)
		time.Sleep(2 * time.Hour)
		p.mu.Lock()
		require.True(t, idle.idle)
		p.mu.Unlock()
		require.WithinDuration(t, time.Now(), last(f.requests()), 15*time.Second)
		used.Release()
		before := len(f.requests())
		time.Sleep(time.Minute)
		require.Equal(t, before, len(f.requests()))
		idle.Use()
		time.Sleep(time.Minute)
		require.Greater(t, len(f.requests()), before)
	})
}

func TestHistoryStaysWithinItsBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		var targets []TargetConfig
		for i := range 5 {
			address := fmt.Sprintf("node-%d:1", i)
			noise := uint64(i + 1)
			host := fmt.Sprintf("node-%d", i)
			n.serve(address, func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprint(w, falcoText(host, time.Unix(1, 0), 1))
				for k := range 50 {
					noise = noise*6364136223846793005 + 1442695040888963407
					fmt.Fprintf(w, "noise_%d_total %d\n", k, noise>>20)
				}
			})
			targets = append(targets, TargetConfig{URL: address})
		}
		p := NewManager(ManagerOptions{Resolver: n})
		defer p.Close()
		c := n.config(targets...)
		c.RetentionBytes = 2 << 20
		l, err := p.Lease(c)
		require.NoError(t, err)
		start := time.Now()
		for range 5 {
			time.Sleep(time.Hour)
			require.Less(t, l.Stats().Bytes, int64(2<<20)*11/10)
		}
		require.Greater(t, l.Stats().Bytes, int64(1<<20)) // and the budget is used
		for _, series := range dump(t, l, start, named("noise_7_total")) {
			require.NotContains(t, series, "@0s") // the oldest samples of every target were evicted
		}
	})
}

// A target with new series in every response neither exceeds the budget nor takes it from the others.
func TestChurnStaysWithinTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		var rounds, churn atomic.Int64
		churn.Store(19_000)
		n.serve("churn:1", func(w http.ResponseWriter, _ *http.Request) {
			round := rounds.Add(1)
			fmt.Fprint(w, falcoText("churn", time.Unix(1, 0), int(round)))
			for i := range churn.Load() {
				fmt.Fprintf(w, "falcosecurity_rules_matches_total{rule_name=\"rule %d of response %d\"} 1\n", i, round)
			}
		})
		n.serve("steady:1", (&falco{host: "steady", start: time.Unix(1, 0)}).ServeHTTP)
		p := NewManager(ManagerOptions{Resolver: n})
		defer p.Close()
		c := n.config(TargetConfig{URL: "churn:1"}, TargetConfig{URL: "steady:1"})
		c.Interval, c.Timeout, c.RetentionBytes = time.Second, time.Second, 4<<20
		l, err := p.Lease(c)
		require.NoError(t, err)
		start := time.Now()
		for range 40 {
			time.Sleep(time.Second)
			require.Less(t, l.Stats().Bytes, int64(4<<20)*13/10)
		}
		s := l.Targets()[0]
		require.Equal(t, Up, s.State)
		require.Equal(t, TooManySeries, s.Cause)
		require.Regexp(t, `^\d+ of 19006 samples are not stored: the targets have more series than retention.size allows \(4 MiB for all targets\)\. Raise it, or lower limits\.sampleLimit\. If this target has new series at every scrape, find out why\.$`, s.Message)
		require.Equal(t, "", l.Targets()[1].Message)
		require.Regexp(t, `( \d+@\d+(\.\d+)?s){2,}$`, dump(t, l, start, named("falcosecurity_scap_n_evts_total"))[1])

		churn.Store(0)
		time.Sleep(10 * time.Second)
		require.Equal(t, "", l.Targets()[0].Message)
	})
}

// noisy serves a Falco with counters that do not compress and one value that never changes.
func (n *fakeNet) noisy(address string) {
	noise := uint64(1)
	n.serve(address, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, falcoText(address, time.Unix(1, 0), 1))
		for k := range 50 {
			noise = noise*6364136223846793005 + 1442695040888963407
			fmt.Fprintf(w, "noise_%d_total %d\n", k, noise>>20)
		}
	})
}

// leaseNoisy returns a lease of one noisy Falco with the given byte budget.
func leaseNoisy(t *testing.T, budget int64) (p *Manager, c Config, l *Lease) {
	n := newFakeNet(t)
	n.noisy("a:1")
	p = NewManager(ManagerOptions{Resolver: n})
	c = n.config(TargetConfig{URL: "a:1"})
	c.RetentionBytes = budget
	l, err := p.Lease(c)
	require.NoError(t, err)
	return p, c, l
}

// Histories that fill their budgets leave room for everything else, so that garbage is not collected all the time.
func TestTheMemoryLimitLeavesRoomBesideHistories(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	synctest.Test(t, func(t *testing.T) {
		p, _, _ := leaseNoisy(t, 16<<30)
		defer p.Close()
		time.Sleep(cleanupInterval + time.Second)
		const histories, rest, oneTarget = 16 << 30, 832 << 20, 160 << 10
		require.EqualValues(t, histories+rest+oneTarget, debug.SetMemoryLimit(-1))
	})
}

// A data source with a smaller budget evicts nothing of another's history and may read it.
func TestTheLargestBudgetHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, c, large := leaseNoisy(t, 64<<20)
		defer p.Close()
		start := time.Now()
		time.Sleep(2 * time.Hour)

		c.RetentionBytes = 100 << 10
		small, err := p.Lease(c)
		require.NoError(t, err)
		held := large.Stats().Samples
		time.Sleep(time.Minute)
		require.Greater(t, large.Stats().Samples, held)
		require.Equal(t, start, small.Since())
		require.False(t, small.Trimmed())

		large.Release()
		time.Sleep(time.Minute)
		require.Less(t, small.Stats().Bytes, int64(110<<10), "its budget is now the largest")
		require.True(t, small.Trimmed())
	})
}

// Chunks of a series that rarely changes begin earlier than the remaining chunks of the others.
func TestHistoryThatWasTrimmedBeginsWhereAllOfItIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, c, l := leaseNoisy(t, 120<<10)
		defer p.Close()
		require.False(t, l.Trimmed())
		start := time.Now()
		time.Sleep(90 * time.Minute)
		require.True(t, l.Trimmed())
		require.Contains(t, dump(t, l, start, named("up"))[0], " 1@0s ")
		since := l.Since().Sub(start)
		for _, series := range dump(t, l, start, named("noise_7_total")) {
			first := strings.Split(strings.Split(series, "@")[1], " ")[0]
			begin, err := time.ParseDuration(first)
			require.NoError(t, err)
			require.LessOrEqual(t, begin, since+c.Interval)
			require.Greater(t, since, 10*time.Minute)
		}
	})
}
