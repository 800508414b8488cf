package scrape

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTwoAddressesOfOneNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		n.name("falco.example", "10.0.0.1", "10.0.0.2")
		one, two := &falco{host: "node-1", start: time.Now()}, &falco{host: "node-1", start: time.Now(), events: 500_000}
		n.serve("10.0.0.1:8765", one.ServeHTTP)
		start := time.Now()
		l, end := n.lease(t, headless)
		defer end()
		time.Sleep(time.Second)
		n.serve("10.0.0.2:8765", two.ServeHTTP)
		time.Sleep(time.Minute)
		require.Equal(t, []string{
			"node-1 http://10.0.0.1:8765/metrics up",
			"node-1 http://10.0.0.2:8765/metrics duplicate",
		}, targetStates(l))
		require.Equal(t, "Node node-1 is already scraped at http://10.0.0.1:8765/metrics. The metrics of this target are ignored. Remove one of the two targets, or give them different node or cluster labels.", l.Targets()[1].Message)
		require.NotContains(t, dump(t, l, start, named("falcosecurity_scap_n_evts_total"))[0], "500")

		// When the first one fails, the other continues the same series.
		n.down("10.0.0.1:8765")
		time.Sleep(time.Minute)
		require.Equal(t, []string{
			"node-1 http://10.0.0.1:8765/metrics down",
			"node-1 http://10.0.0.2:8765/metrics up",
		}, targetStates(l))
		require.Equal(t, "Connection refused: nothing listens on port 8765. Check the port, and that Falco is running with its web server enabled (webserver.enabled, webserver.listen_port). Its node node-1 responds at http://10.0.0.2:8765/metrics.", l.Targets()[0].Message)
		events := dump(t, l, start, named("falcosecurity_scap_n_evts_total"))
		require.Len(t, events, 1)
		require.Contains(t, events[0], " 500")
	})
}

func TestTwoEntriesOfOneNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		one, two := &falco{host: "node-1", start: time.Now()}, &falco{host: "node-1", start: time.Now(), events: 5000}
		n.serve("a:1", one.ServeHTTP)
		n.serve("b:1", two.ServeHTTP)
		start := time.Now()
		l, end := n.lease(t, TargetConfig{URL: "b:1"}, TargetConfig{URL: "a:1"}) // the first in the settings wins
		defer end()
		wait(t, l)
		require.Equal(t, []string{"node-1 http://a:1/metrics duplicate", "node-1 http://b:1/metrics up"}, targetStates(l))
		require.Equal(t, "Node node-1 is already scraped at http://b:1/metrics. The metrics of this target are ignored. Remove one of the two targets, or give them different node or cluster labels.", l.Targets()[0].Message)
		require.Equal(t, []string{`{__name__="falcosecurity_scap_n_evts_total", node="node-1"} 5010@0s`}, dump(t, l, start, named("falcosecurity_scap_n_evts_total")))

		n.down("b:1")
		time.Sleep(time.Minute)
		require.Equal(t, []string{"node-1 http://a:1/metrics up", "node-1 http://b:1/metrics down"}, targetStates(l))
		require.Contains(t, dump(t, l, start, named("falcosecurity_scap_n_evts_total"))[0], " 10@0s 20@2s")
	})
}

// alternating serves several Falcos in turn at one address.
func alternating(all ...*falco) http.HandlerFunc {
	turn := 0
	return func(w http.ResponseWriter, r *http.Request) {
		turn++
		all[turn%len(all)].ServeHTTP(w, r)
	}
}

func TestLoadBalancer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		old := time.Now().Add(-time.Hour)
		one, two := &falco{host: "node-1", start: old}, &falco{host: "node-2", start: old}
		n.serve("falco:80", alternating(one, two))
		start := time.Now()
		l, end := n.lease(t, TargetConfig{URL: "falco:80", Labels: map[string]string{"cluster": "demo"}})
		defer end()
		time.Sleep(time.Minute)
		require.Equal(t, []string{"falco:80 http://falco:80/metrics load-balancer"}, targetStates(l))
		s := l.Targets()[0]
		require.Equal(t, BehindLoadBalancer, s.Cause)
		require.Equal(t, "node-1, node-2 take turns to respond at this address: it is a load balancer, and rates cannot be calculated. Make the Service headless (clusterIP: None) and set discovery: dns, so that each instance is scraped separately.", s.Message)
		require.Empty(t, dump(t, l, start, named("falcosecurity_scap_n_evts_total")))
		up := dump(t, l, start, named("up"))
		require.Len(t, up, 1)
		require.Regexp(t, `^\{__name__="up", cluster="demo", node="falco:80"\}( 0@\S+)+$`, up[0])

		// Only one Falco for an hour.
		n.serve("falco:80", one.ServeHTTP)
		time.Sleep(59 * time.Minute)
		require.Equal(t, LoadBalancer, l.Targets()[0].State)
		time.Sleep(2 * time.Minute)
		require.Equal(t, []string{"node-1 http://falco:80/metrics up"}, targetStates(l))
		require.NotEmpty(t, dump(t, l, start, named("falcosecurity_scap_n_evts_total")))
	})
}

// With many Falcos behind an address, the third response is proof.
func TestLoadBalancerOverMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		var all []*falco
		for i := range 50 {
			all = append(all, &falco{host: fmt.Sprintf("node-%d", i), start: time.Now().Add(-time.Hour)})
		}
		n.serve("falco:80", alternating(all...))
		l, end := n.lease(t, TargetConfig{URL: "falco:80"})
		defer end()
		time.Sleep(2*time.Second + 16*time.Second)
		require.Equal(t, LoadBalancer, l.Targets()[0].State)
		time.Sleep(time.Minute)
		require.Regexp(t, `^node-1, node-2, node-3 and \d more take turns to respond`, l.Targets()[0].Message)
	})
}

// Neither restarts, even many of them, nor an address that is pointed elsewhere are a load balancer.
func TestNoLoadBalancer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		f := &falco{host: "node-1", start: time.Now()}
		n.serve("falco:80", f.ServeHTTP)
		l, end := n.lease(t, TargetConfig{URL: "falco:80"})
		defer end()
		for range 10 {
			time.Sleep(20 * time.Second)
			f.set(func(f *falco) { f.start, f.events = time.Now(), 0 })
		}
		other := &falco{host: "node-2", start: time.Now().Add(-time.Hour)}
		n.serve("falco:80", other.ServeHTTP)
		time.Sleep(time.Minute)
		require.Equal(t, []string{"node-2 http://falco:80/metrics up"}, targetStates(l))
	})
}

// Two processes on one node have the same host name.
func TestLoadBalancerOnOneNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		n.serve("falco:80", alternating(&falco{host: "node-1", start: time.Now().Add(-time.Hour)}, &falco{host: "node-1", start: time.Now().Add(-time.Minute)}))
		l, end := n.lease(t, TargetConfig{URL: "falco:80"})
		defer end()
		time.Sleep(time.Minute)
		require.Equal(t, LoadBalancer, l.Targets()[0].State)
		require.Regexp(t, "^Several processes take turns to respond at this address", l.Targets()[0].Message)
	})
}

// sidekick serves a Falcosidekick with the given lines.
func sidekick(lines string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, lines) }
}

// inTurn serves handlers in turn.
func inTurn(all ...http.HandlerFunc) http.HandlerFunc {
	turn := -1
	return func(w http.ResponseWriter, r *http.Request) {
		turn++
		all[turn%len(all)](w, r)
	}
}

const (
	sidekickOne = `falcosecurity_falcosidekick_inputs_total{source="requests",status="accepted"} 2
falcosecurity_falcosidekick_outputs_total{destination="slack",status="ok"} 2
falcosecurity_falcosidekick_outputs_total{destination="webui",status="ok"} 1
falcosecurity_falcosidekick_outputs_total{destination="webui",status="error"} 1
`
	sidekickTwo = `falcosecurity_falcosidekick_inputs_total{source="requests",status="accepted"} 1
falcosecurity_falcosidekick_outputs_total{destination="slack",status="ok"} 1
falcosecurity_falcosidekick_outputs_total{destination="webui",status="ok"} 1
`
)

// A Falcosidekick exports no host name. Its start time or its counters tell replicas apart.
func TestLoadBalancerOfFalcosidekick(t *testing.T) {
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		after   time.Duration
	}{
		"start times": {inTurn(sidekick("process_start_time_seconds 1.78100001e+09\n"+sidekickOne), sidekick("process_start_time_seconds 1.78100002e+09\n"+sidekickOne)), 20 * time.Second},
		"counters":    {inTurn(sidekick(sidekickOne), sidekick(sidekickTwo)), time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newFakeNet(t)
				n.serve("sidekick:2801", c.handler)
				start := time.Now()
				l, end := n.lease(t, TargetConfig{URL: "sidekick:2801", Kind: KindFalcosidekick})
				defer end()
				time.Sleep(c.after)
				require.Equal(t, []string{"sidekick:2801 http://sidekick:2801/metrics load-balancer"}, targetStates(l))
				require.Equal(t, "Several processes take turns to respond at this address: it is a load balancer, and rates cannot be calculated. Make the Service headless (clusterIP: None) and set discovery: dns, so that each instance is scraped separately.", l.Targets()[0].Message)
				require.Empty(t, dump(t, l, start, named("falcosecurity_falcosidekick_inputs_total")))

				n.serve("sidekick:2801", sidekick(sidekickOne))
				time.Sleep(time.Hour + time.Minute)
				require.Equal(t, Up, l.Targets()[0].State)
			})
		})
	}
}

// Restarts of a Falcosidekick are no load balancer, even if its counters catch up at once one time.
func TestNoLoadBalancerOfFalcosidekick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		var values = []int{5, 8, 9, 1, 12, 20, 0, 1, 2, 3, 4, 5, 6, 7, 30, 31}
		i := -1
		n.serve("sidekick:2801", func(w http.ResponseWriter, _ *http.Request) {
			i = min(i+1, len(values)-1)
			fmt.Fprintf(w, "falcosecurity_falcosidekick_inputs_total %d\n", values[i])
		})
		l, end := n.lease(t, TargetConfig{URL: "sidekick:2801", Kind: KindFalcosidekick})
		defer end()
		for range 2 * len(values) {
			time.Sleep(15 * time.Second)
			require.Equal(t, Up, l.Targets()[0].State)
		}
	})
}

// A series that was dropped is created again by the next scrape.
func TestSeriesComeBackAfterForgetting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		n.serve("a:1", func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, falcoText("node-1", time.Unix(1, 0), 7))
		})
		start := time.Now()
		l, end := n.lease(t, TargetConfig{URL: "a:1"})
		defer end()
		time.Sleep(time.Second)
		l.pools[0].history.Truncate(time.Now().UnixMilli())
		require.Empty(t, dump(t, l, start))
		time.Sleep(2 * time.Second)
		require.Equal(t, []string{`{__name__="falcosecurity_scap_n_evts_total", node="node-1"} 7@2s`}, dump(t, l, start, named("falcosecurity_scap_n_evts_total")))
	})
}

// Configured gauges are written together with up, also while the target is down, and end with it.
func TestGauges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		n.serve("a:1", (&falco{host: "node-1", start: time.Now()}).ServeHTTP)
		start := time.Now()
		gauges := []Gauge{{Name: "table", Value: 3}, {Name: "pinned_info", Labels: map[string]string{"version": "1.2"}, Value: 1}}
		l, end := n.lease(t, TargetConfig{URL: "a:1", Labels: map[string]string{"zone": "x"},
			Gauges: gauges}, TargetConfig{URL: "b:1"})
		time.Sleep(time.Second)
		require.Equal(t, gauges, l.Targets()[1].Gauges)
		n.down("a:1")
		time.Sleep(2 * time.Second)
		end()
		require.Equal(t, []string{`{__name__="table", node="node-1", zone="x"} 3@0s 3@2s end@3s`}, dump(t, l, start, named("table")))
		require.Equal(t, []string{`{__name__="pinned_info", node="node-1", version="1.2", zone="x"} 1@0s 1@2s end@3s`}, dump(t, l, start, named("pinned_info")))
		require.Equal(t, `{__name__="up", node="node-1", zone="x"} 1@0s 0@2s end@3s`, dump(t, l, start, named("up"))[1])
	})
}
