package scrape

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/proxy"
	"github.com/stretchr/testify/require"
)

var headless = TargetConfig{URL: "http://falco.example:8765/metrics", Discovery: DiscoveryDNS}

// targetStates returns node, address and state of each target.
func targetStates(l *Lease) (lines []string) {
	for _, s := range l.Targets() {
		lines = append(lines, fmt.Sprintf("%s %s %s", s.Node(), s.Address, s.State))
	}
	return lines
}

func TestDNSDiscovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		n.name("falco.example", "10.0.0.1", "fd00::2", "169.254.0.9")
		one, two := &falco{host: "node-1", start: time.Now()}, &falco{host: "node-2", start: time.Now()}
		n.serve("10.0.0.1:8765", one.ServeHTTP)
		n.serve("[fd00::2]:8765", two.ServeHTTP)
		l, end := n.lease(t, headless)
		defer end()
		wait(t, l)
		require.Equal(t, []string{
			"node-1 http://10.0.0.1:8765/metrics up",
			"node-2 http://[fd00::2]:8765/metrics up",
		}, targetStates(l))
		require.Equal(t, "falco.example:8765", one.firstHost())
		require.Equal(t, "1 of 3 listed targets are left out. 169.254.0.9: loopback and link-local addresses need allowLoopback: true in the entry of the settings.", l.Targets()[0].Discovery)
	})
}

// When a pod moves, the name resolves to another address and the same node responds there.
func TestMovedPodGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		n.name("falco.example", "10.0.0.1")
		f := &falco{host: "node-1", start: time.Now()}
		n.serve("10.0.0.1:8765", f.ServeHTTP)
		start := time.Now()
		l, end := n.lease(t, headless)
		defer end()
		time.Sleep(time.Minute + time.Second)
		require.Equal(t, []string{"node-1 http://10.0.0.1:8765/metrics up"}, targetStates(l))

		n.down("10.0.0.1:8765")
		n.name("falco.example")
		time.Sleep(time.Minute)
		require.Equal(t, []string{"node-1 http://10.0.0.1:8765/metrics vanished"}, targetStates(l))
		s := l.Targets()[0]
		require.Equal(t, Vanished, s.Cause)
		require.Equal(t, "The target left discovery at 00:01:30 UTC: its pod is gone or not ready, for example because it is in a crash loop. The target is shown as down for 1h0m0s, or until its node responds from another address.", s.Message)
		require.Equal(t, `DNS has no address for "falco.example". Check the spelling, and that the host that runs Grafana can resolve the name.`, s.Discovery)

		n.name("falco.example", "10.0.0.7")
		n.serve("10.0.0.7:8765", f.ServeHTTP)
		time.Sleep(time.Minute)
		require.Equal(t, []string{"node-1 http://10.0.0.7:8765/metrics up"}, targetStates(l))

		lines := dump(t, l, start, named("up"))
		require.Len(t, lines, 1)
		require.Regexp(t, `^\{__name__="up", node="node-1"\} 1@0s( 1@\S+)+( 0@\S+)+( 1@\S+)+$`, lines[0])
		events := dump(t, l, start, named("falcosecurity_scap_n_evts_total"))
		require.Len(t, events, 1)
		require.Contains(t, events[0], "end@")
	})
}

func TestVanishedStaysForAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		n.name("falco.example", "10.0.0.1", "10.0.0.2")
		n.serve("10.0.0.1:8765", (&falco{host: "node-1", start: time.Now()}).ServeHTTP)
		n.serve("10.0.0.2:8765", (&falco{host: "node-2", start: time.Now()}).ServeHTTP)
		start := time.Now()
		l, end := n.lease(t, headless)
		defer end()
		time.Sleep(time.Second)
		n.name("falco.example", "10.0.0.2")
		time.Sleep(time.Hour)
		require.Equal(t, []string{"node-1 http://10.0.0.1:8765/metrics vanished", "node-2 http://10.0.0.2:8765/metrics up"}, targetStates(l))
		time.Sleep(time.Minute)
		require.Equal(t, []string{"node-2 http://10.0.0.2:8765/metrics up"}, targetStates(l))
		up := dump(t, l, start, named("up"))[0]
		require.Contains(t, up, " 0@59m")
		require.Regexp(t, ` end@1h0m30s$`, up)

		// It may return.
		n.name("falco.example", "10.0.0.1", "10.0.0.2")
		time.Sleep(time.Minute)
		require.Len(t, targetStates(l), 2)
	})
}

// A query does not wait for a target that is listed later.
func TestNobodyWaitsForALaterTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		n.name("falco.example", "10.0.0.1")
		n.serve("10.0.0.1:8765", (&falco{host: "node-1", start: time.Now()}).ServeHTTP)
		n.serve("10.0.0.2:8765", hang)
		l, end := n.lease(t, headless)
		defer end()
		wait(t, l)
		n.name("falco.example", "10.0.0.1", "10.0.0.2")
		time.Sleep(31 * time.Second) // its first scrape is running
		require.Len(t, l.Targets(), 2)
		asked := time.Now()
		wait(t, l)
		require.Zero(t, time.Since(asked))
	})
}

func TestDNSTroubleKeepsTheTargets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		n.name("falco.example", "10.0.0.1")
		n.serve("10.0.0.1:8765", (&falco{host: "node-1", start: time.Now()}).ServeHTTP)
		l, end := n.lease(t, headless)
		defer end()
		time.Sleep(time.Second)
		n.breakDNS()
		time.Sleep(time.Minute)
		require.Equal(t, []string{"node-1 http://10.0.0.1:8765/metrics up"}, targetStates(l))
		require.Equal(t, `Cannot resolve "falco.example": DNS did not respond. Check the resolver of the host that runs Grafana, and network policies for port 53.`, l.Targets()[0].Discovery)
	})
}

// A name that DNS does not know yet is shown as down.
func TestNothingFoundIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		start := time.Now()
		l, end := n.lease(t, headless)
		defer end()
		wait(t, l)
		require.Equal(t, []string{"falco.example:8765 http://falco.example:8765/metrics down"}, targetStates(l))
		require.Equal(t, Discovery, l.Targets()[0].Cause)
		require.Equal(t, l.Targets()[0].Discovery, l.Targets()[0].Message)
		require.Equal(t, []string{`{__name__="up", node="falco.example:8765"} 0@0s`}, dump(t, l, start, named("up")))

		n.name("falco.example", "10.0.0.1")
		n.serve("10.0.0.1:8765", (&falco{host: "node-1", start: time.Now()}).ServeHTTP)
		time.Sleep(time.Minute)
		require.Equal(t, []string{"node-1 http://10.0.0.1:8765/metrics up"}, targetStates(l))
		require.Contains(t, dump(t, l, start, named("up"))[0], "end@")
	})
}

func TestSRVDiscovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		n.name("_metrics._tcp.falco.example", "pod-1.falco.example:8765", "pod-2.falco.example:8766")
		one := &falco{host: "node-1", start: time.Now()}
		n.serve("pod-1.falco.example:8765", one.ServeHTTP)
		n.serve("pod-2.falco.example:8766", (&falco{host: "node-2", start: time.Now()}).ServeHTTP)
		l, end := n.lease(t, TargetConfig{URL: "_metrics._tcp.falco.example", Discovery: DiscoverySRV})
		defer end()
		wait(t, l)
		require.Equal(t, []string{
			"node-1 http://pod-1.falco.example:8765/metrics up",
			"node-2 http://pod-2.falco.example:8766/metrics up",
		}, targetStates(l))
		require.Equal(t, "falco.example", one.firstHost())
	})
}

func TestHTTPDiscovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		list := `[{"targets": ["10.0.0.1:8765", "169.254.169.254:80"], "labels": {"cluster": "listed", "team": "blue", "__meta_x": "y", "a-b": "c"}},
			{"targets": ["10.0.0.2:9000"], "labels": {"__metrics_path__": "/falco/metrics", "__scheme__": "http"}}]`
		serve := func(list string, code int) {
			n.serve("sd.example:80", func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(code)
				io.WriteString(w, list)
			})
		}
		serve(list, http.StatusOK)
		n.serve("10.0.0.1:8765", (&falco{host: "node-1", start: time.Now()}).ServeHTTP)
		n.serve("10.0.0.2:9000", (&falco{host: "node-2", start: time.Now()}).ServeHTTP)
		l, end := n.lease(t, TargetConfig{URL: "http://sd.example/targets", Discovery: DiscoveryHTTP, Labels: map[string]string{"cluster": "demo"}})
		defer end()
		time.Sleep(time.Second)
		require.Equal(t, []string{
			"node-1 http://10.0.0.1:8765/metrics up",
			"node-2 http://10.0.0.2:9000/falco/metrics up",
		}, targetStates(l))
		s := l.Targets()[0]
		require.Equal(t, `{cluster="demo", node="node-1", team="blue"}`, s.Labels.String())
		require.Equal(t, "http://sd.example/targets", s.Configured)
		require.Equal(t, "1 of 3 listed targets are left out. 169.254.169.254: cloud metadata addresses are never scraped.", s.Discovery)

		for _, trouble := range []struct {
			list    string
			code    int
			message string
		}{
			{"not JSON", 200, `Cannot get the list of targets. Expected a list in the format of Prometheus's HTTP service discovery: [{"targets": ["host:port"], "labels": {}}].`},
			{"", 404, `Cannot get the list of targets. The server responded with 404 Not Found: check the path /targets.`},
			{"", 500, `Cannot get the list of targets. The target responded with 500 Internal Server Error. Check its log, or that of the proxy in front of it.`},
		} {
			serve(trouble.list, trouble.code)
			time.Sleep(time.Minute)
			require.Len(t, targetStates(l), 2)
			require.Equal(t, trouble.message, l.Targets()[0].Discovery)
			require.Equal(t, Up, l.Targets()[0].State)
		}
		n.down("sd.example:80")
		time.Sleep(time.Minute)
		require.Equal(t, "Cannot get the list of targets. Connection refused: nothing listens on port 80. Check the port, and that the server of the target list is running.", l.Targets()[0].Discovery)

		serve(`[{"targets": ["10.0.0.1:8765"], "labels": {"team": "red"}}]`, http.StatusOK)
		time.Sleep(time.Minute)
		require.Equal(t, []string{"node-1 http://10.0.0.1:8765/metrics up", "node-2 http://10.0.0.2:9000/falco/metrics vanished"}, targetStates(l))
		require.Equal(t, `{cluster="demo", node="node-1", team="red"}`, l.Targets()[0].Labels.String())
	})
}

func TestListWithAnAddressTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		n.serve("sd.example:80", func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `[{"targets": ["a:1", "b:1"], "labels": {"team": "blue"}}, {"targets": ["b:1"], "labels": {"team": "blue"}}, {"targets": ["a:1"], "labels": {"team": "red"}}]`)
		})
		n.serve("a:1", (&falco{host: "node-1", start: time.Now()}).ServeHTTP)
		n.serve("b:1", (&falco{host: "node-2", start: time.Now()}).ServeHTTP)
		l, end := n.lease(t, TargetConfig{URL: "http://sd.example/targets", Discovery: DiscoveryHTTP})
		defer end()
		wait(t, l)
		require.Equal(t, []string{"node-1 http://a:1/metrics up", "node-2 http://b:1/metrics up"}, targetStates(l))
		require.Equal(t, "1 of 3 listed targets are left out. http://a:1/metrics: listed more than once with different labels; only the first entry is used.", l.Targets()[0].Discovery)
	})
}

func TestEmptyListIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		n.serve("sd.example:80", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "[]") })
		l, end := n.lease(t, TargetConfig{URL: "http://sd.example/targets", Discovery: DiscoveryHTTP})
		defer end()
		wait(t, l)
		require.Equal(t, []string{"sd.example:80 http://sd.example/targets down"}, targetStates(l))
		require.Equal(t, "Discovery works but lists no target. Check that the pods are ready and that the name or the list is the right one.", l.Targets()[0].Message)
	})
}

func TestNamesBehindTheSecureSocksProxy(t *testing.T) {
	u := &scrapePool{entry: headless, config: Config{}}
	u.config.Client.ProxyOptions = &proxy.Options{Enabled: true}
	got := u.resolve(t.Context())
	require.True(t, got.unusable)
	require.Equal(t, "Names cannot be resolved behind the secure socks proxy, so discovery: dns does not work. Use discovery: http, or list the targets.", got.why.Message)
}
