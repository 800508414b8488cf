package scrape

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// overlapCounter is a Falco that counts how many requests it handles at a time. It goes on with a request when the
// client has left, as Falco does.
type overlapCounter struct {
	takes time.Duration // for a response

	current, most, total atomic.Int32
	start                time.Time
}

func (c *overlapCounter) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	current := c.current.Add(1)
	defer c.current.Add(-1)
	for most := c.most.Load(); current > most && !c.most.CompareAndSwap(most, current); most = c.most.Load() {
	}
	if c.takes > 0 {
		time.Sleep(c.takes) // on the clock of testing/synctest
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	fmt.Fprint(w, falcoText("node-1", c.start, int(c.total.Add(1))))
}

// overlapTest runs on a simulated network and clock, with responses that take a second.
func overlapTest(t *testing.T, name string, atLeast int, run func(t *testing.T, n *fakeNet, m *Manager)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			n := newFakeNet(t)
			c := &overlapCounter{takes: time.Second, start: time.Now()}
			n.serve("a:1", c.ServeHTTP)
			m := NewManager(ManagerOptions{Resolver: n})
			run(t, n, m)
			require.EqualValues(t, 1, c.most.Load())
			require.GreaterOrEqual(t, int(c.total.Load()), atLeast)
			m.Close()
			time.Sleep(30 * time.Second) // lets the last response end
		})
	})
}

func leaseOf(t *testing.T, m *Manager, c Config) *Lease {
	t.Helper()
	l, err := m.Lease(c)
	require.NoError(t, err)
	return l
}

func TestRequestsNeverOverlap(t *testing.T) {
	target := TargetConfig{URL: "a:1"}
	pairs := map[string]func(other *Config){
		"different credentials": func(c *Config) { c.ClientKey = "other" },
		"different labels":      func(c *Config) { c.Targets = []TargetConfig{{URL: "a:1", Labels: map[string]string{"cluster": "x"}}} },
		"another organisation":  func(c *Config) { c.OrgID = 2 },
		"another spelling":      func(c *Config) { c.Targets = []TargetConfig{{URL: "http://A:1/metrics?x=y"}} },
	}
	for name, change := range pairs {
		overlapTest(t, name, 8, func(t *testing.T, n *fakeNet, m *Manager) {
			c := n.config(target)
			leaseOf(t, m, c)
			change(&c)
			leaseOf(t, m, c)
			time.Sleep(time.Minute)
		})
	}
	overlapTest(t, "a target listed twice", 8, func(t *testing.T, n *fakeNet, m *Manager) {
		leaseOf(t, m, n.config(target, TargetConfig{URL: "a:1", Labels: map[string]string{"node": "x"}}))
		time.Sleep(time.Minute)
	})
	overlapTest(t, "intervals of 5 and 7 seconds", 30, func(t *testing.T, n *fakeNet, m *Manager) {
		for _, interval := range []time.Duration{5 * time.Second, 7 * time.Second} {
			c := n.config(target)
			c.Interval, c.Timeout = interval, interval
			leaseOf(t, m, c)
		}
		time.Sleep(2 * time.Minute)
	})
	overlapTest(t, "live beside the history", 50, func(t *testing.T, n *fakeNet, m *Manager) {
		l := leaseOf(t, m, n.config(target))
		wait(t, l)
		watch(t, l, idOf(t, l, "a:1"), time.Minute)
	})
	overlapTest(t, "two live data sources", 50, func(t *testing.T, n *fakeNet, m *Manager) {
		first := leaseOf(t, m, n.config(target))
		c := n.config(target)
		c.ClientKey = "other"
		second := leaseOf(t, m, c)
		wait(t, first)
		wait(t, second)
		var both sync.WaitGroup
		for _, l := range []*Lease{first, second} {
			both.Go(func() { watch(t, l, idOf(t, l, "a:1"), time.Minute) })
		}
		both.Wait()
	})
	overlapTest(t, "responses slower than the timeout", 5, func(t *testing.T, n *fakeNet, m *Manager) {
		c := &overlapCounter{takes: 25 * time.Second, start: time.Now()}
		n.serve("slow:1", c.ServeHTTP)
		start := time.Now()
		l := leaseOf(t, m, n.config(target, TargetConfig{URL: "slow:1"}))
		time.Sleep(2 * time.Minute)
		require.EqualValues(t, 1, c.most.Load())
		require.Greater(t, int(c.total.Load()), 2)
		s := l.Targets()[1]
		require.Equal(t, []any{"slow:1", Down, Timeout}, []any{s.Node(), s.State, s.Cause})
		require.Regexp(t, `^\{__name__="up", node="slow:1"\}( 0@\S+){5,}$`, dump(t, l, start, named("up"))[1])

	})
	overlapTest(t, "20 saves of a setting", 21, func(t *testing.T, n *fakeNet, m *Manager) {
		var previous *Lease
		for i := range 21 {
			l := leaseOf(t, m, n.config(TargetConfig{URL: "a:1", Labels: map[string]string{"save": fmt.Sprint(i)}}))
			if previous != nil {
				time.Sleep(500 * time.Millisecond)
				previous.Release()
			}
			previous = l
			time.Sleep(time.Second)
		}
		require.Equal(t, 1, m.scraping(), "old loops end with their lease")
		time.Sleep(time.Minute)
	})
}

// scraping returns how many pools scrape.
func (m *Manager) scraping() (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, sp := range m.pools {
		sp.mu.Lock()
		if sp.cancel != nil {
			n++
		}
		sp.mu.Unlock()
	}
	return n
}

// watch asks for live scrapes as a browser does.
func watch(t *testing.T, l *Lease, id string, duration time.Duration) {
	for end := time.Now().Add(duration); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		l.Live(t.Context(), []string{id}, time.Second)
	}
}

// Many saves at once are followed by one request each at most, and by no more than those of one loop afterwards.
func TestRequestsAfterSaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		c := &overlapCounter{takes: time.Second, start: time.Now()}
		n.serve("a:1", c.ServeHTTP)
		m := NewManager(ManagerOptions{Resolver: n})
		var leases []*Lease
		for i := range 21 {
			leases = append(leases, leaseOf(t, m, n.config(TargetConfig{URL: "a:1", Labels: map[string]string{"save": fmt.Sprint(i)}})))
		}
		time.Sleep(2500 * time.Millisecond)
		for _, l := range leases[:20] {
			l.Release()
		}
		time.Sleep(27500 * time.Millisecond)
		require.EqualValues(t, 1, c.most.Load())
		require.LessOrEqual(t, c.total.Load(), int32(3+4), "who waits for a turn leaves with its lease")
		require.NotEmpty(t, dump(t, leases[20], time.Now(), named("falcosecurity_scap_n_evts_total")))
		m.Close()
		time.Sleep(2 * time.Second)
	})
}

// A scrape that had to wait for its turn has the time of its request, not that of the grid.
func TestSamplesOfADelayedScrape(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		c := &overlapCounter{takes: time.Second, start: time.Now()}
		n.serve("a:1", c.ServeHTTP)
		m := NewManager(ManagerOptions{Resolver: n})
		start := time.Now()
		first := leaseOf(t, m, n.config(TargetConfig{URL: "a:1"}))
		synctest.Wait() // its request has been sent
		second := leaseOf(t, m, n.config(TargetConfig{URL: "a:1", Labels: map[string]string{"team": "blue"}}))
		time.Sleep(2500 * time.Millisecond)
		require.Equal(t, `{__name__="up", node="node-1"} 1@0s`, dump(t, first, start, named("up"))[0])
		require.Equal(t, `{__name__="up", node="node-1", team="blue"} 1@1s`, dump(t, second, start, named("up"))[0])
		require.Equal(t, time.Second, second.Targets()[0].Duration, "waiting does not count")
		m.Close()
		time.Sleep(2 * time.Second)
	})
}

// A target that never responds gets a new request when the old one has lingered, and is down meanwhile.
func TestTargetThatNeverResponds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		requests := make(chan time.Duration, 10)
		start := time.Now()
		n.serve("a:1", func(_ http.ResponseWriter, r *http.Request) {
			requests <- time.Since(start)
			<-r.Context().Done()
		})
		l, end := n.lease(t, TargetConfig{URL: "a:1"})
		time.Sleep(35 * time.Second)
		require.Equal(t, "The target is still busy with an earlier request, which timed out after 10s. Requests must not overlap, because that can crash Falco. Find out what keeps it busy.", l.Targets()[0].Message)
		time.Sleep(25 * time.Second)
		require.Len(t, requests, 2)
		<-requests
		require.GreaterOrEqual(t, <-requests, 40*time.Second)
		n.serve("a:1", (&falco{host: "node-1", start: time.Now()}).ServeHTTP) // a restart breaks the connection
		time.Sleep(16 * time.Second)
		require.Equal(t, Up, l.Targets()[0].State)
		end()
	})
}

// A name and the address it resolves to are one address, which is known once connected. Leases come and go meanwhile.
func TestRequestsNeverOverlapOnRealConnections(t *testing.T) {
	c := &overlapCounter{start: time.Now()}
	s := httptest.NewServer(c)
	defer s.Close()
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	require.NoError(t, err)
	m := NewManager(ManagerOptions{})
	defer m.Close()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for round := range 15 {
				host := []string{"localhost", "127.0.0.1", "LocalHost", "[::ffff:127.0.0.1]"}[i%4]
				c := config(TargetConfig{URL: host + ":" + port, Labels: map[string]string{"save": fmt.Sprint(i, round)}})
				c.Interval, c.Timeout = waitLimit, waitLimit
				c.ClientKey = fmt.Sprint(i)
				l, err := m.Lease(c)
				if err != nil {
					t.Error(err)
					return
				}
				if err := l.Wait(t.Context(), 1); err != nil {
					t.Error(err)
				}
				for _, s := range l.Targets() {
					if s.State != Up {
						t.Error(s.Message)
					}
					l.Live(t.Context(), []string{s.ID}, time.Millisecond)
				}
				l.Release()
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 1, c.most.Load())
	require.Greater(t, int(c.total.Load()), 8*15)
}
