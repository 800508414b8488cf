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

// stands writes who is where in which state.
func stands(l *Lease) (lines []string) {
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
		}, stands(l))
		require.Equal(t, "falco.example:8765", one.called())
		require.Equal(t, "169.254.0.9 is a link-local or cloud metadata address, and is never scraped. Give the target's own address.", l.Targets()[0].Discovery)
	})
}

// A pod that moves: the name gives another address, the same node answers there.
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
		require.Equal(t, []string{"node-1 http://10.0.0.1:8765/metrics up"}, stands(l))

		n.down("10.0.0.1:8765")
		n.name("falco.example")
		time.Sleep(time.Minute)
		require.Equal(t, []string{"node-1 http://10.0.0.1:8765/metrics vanished"}, stands(l))
		s := l.Targets()[0]
		require.Equal(t, Vanished, s.Cause)
		require.Equal(t, "The target left discovery at 00:01:30 UTC: its pod has gone or is not ready (a crash loop?). It stays here as down for 1h0m0s, or until its node answers from another address.", s.Message)
		require.Equal(t, `DNS knows no address for "falco.example". Check the spelling, and that the name is known where Grafana runs.`, s.Discovery)

		n.name("falco.example", "10.0.0.7")
		n.serve("10.0.0.7:8765", f.ServeHTTP)
		time.Sleep(time.Minute)
		require.Equal(t, []string{"node-1 http://10.0.0.7:8765/metrics up"}, stands(l))

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
		require.Equal(t, []string{"node-1 http://10.0.0.1:8765/metrics vanished", "node-2 http://10.0.0.2:8765/metrics up"}, stands(l))
		time.Sleep(time.Minute)
		require.Equal(t, []string{"node-2 http://10.0.0.2:8765/metrics up"}, stands(l))
		up := dump(t, l, start, named("up"))[0]
		require.Contains(t, up, " 0@59m")
		require.Regexp(t, ` end@1h0m30s$`, up)

		// It may come back.
		n.name("falco.example", "10.0.0.1", "10.0.0.2")
		time.Sleep(time.Minute)
		require.Len(t, stands(l), 2)
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
		require.Equal(t, []string{"node-1 http://10.0.0.1:8765/metrics up"}, stands(l))
		require.Equal(t, `The address of "falco.example" could not be resolved: DNS gave no answer. Check the resolver where Grafana runs, and network policies for port 53.`, l.Targets()[0].Discovery)
	})
}

// A name that is not known yet is down, not absent.
func TestNothingFoundIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		start := time.Now()
		l, end := n.lease(t, headless)
		defer end()
		wait(t, l)
		require.Equal(t, []string{"falco.example:8765 http://falco.example:8765/metrics down"}, stands(l))
		require.Equal(t, Discovery, l.Targets()[0].Cause)
		require.Equal(t, l.Targets()[0].Discovery, l.Targets()[0].Message)
		require.Equal(t, []string{`{__name__="up", node="falco.example:8765"} 0@0s`}, dump(t, l, start, named("up")))

		n.name("falco.example", "10.0.0.1")
		n.serve("10.0.0.1:8765", (&falco{host: "node-1", start: time.Now()}).ServeHTTP)
		time.Sleep(time.Minute)
		require.Equal(t, []string{"node-1 http://10.0.0.1:8765/metrics up"}, stands(l))
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
		}, stands(l))
		require.Equal(t, "falco.example", one.called())
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
		}, stands(l))
		s := l.Targets()[0]
		require.Equal(t, `{cluster="demo", node="node-1", team="blue"}`, s.Labels.String())
		require.Equal(t, "http://sd.example/targets", s.Configured)
		require.Equal(t, "Some targets of the list are left out: 169.254.169.254 is a link-local or cloud metadata address, and is never scraped. Give the target's own address.", s.Discovery)

		for _, trouble := range []struct {
			list    string
			code    int
			message string
		}{
			{"not JSON", 200, `The list of targets could not be had. A list in the format of Prometheus's HTTP service discovery was expected: [{"targets": ["host:port"], "labels": {}}].`},
			{"", 404, `The list of targets could not be had. 404 Not Found was answered: check the path /targets.`},
			{"", 500, `The list of targets could not be had. The target answered 500 Internal Server Error. Look into its log, or into that of the proxy before it.`},
		} {
			serve(trouble.list, trouble.code)
			time.Sleep(time.Minute)
			require.Len(t, stands(l), 2)
			require.Equal(t, trouble.message, l.Targets()[0].Discovery)
			require.Equal(t, Up, l.Targets()[0].State)
		}
		n.down("sd.example:80")
		time.Sleep(time.Minute)
		require.Equal(t, "The list of targets could not be had. Connection refused: nothing listens on port 80. Check the port, and that what lists the targets runs.", l.Targets()[0].Discovery)

		serve(`[{"targets": ["10.0.0.1:8765"], "labels": {"team": "red"}}]`, http.StatusOK)
		time.Sleep(time.Minute)
		require.Equal(t, []string{"node-1 http://10.0.0.1:8765/metrics up", "node-2 http://10.0.0.2:9000/falco/metrics vanished"}, stands(l))
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
		require.Equal(t, []string{"node-1 http://a:1/metrics up", "node-2 http://b:1/metrics up"}, stands(l))
		require.Equal(t, "The list has http://a:1/metrics more than once, with different labels; only the first is used. Remove the others, or make one group of them.", l.Targets()[0].Discovery)
	})
}

func TestEmptyListIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		n.serve("sd.example:80", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "[]") })
		l, end := n.lease(t, TargetConfig{URL: "http://sd.example/targets", Discovery: DiscoveryHTTP})
		defer end()
		wait(t, l)
		require.Equal(t, []string{"sd.example:80 http://sd.example/targets down"}, stands(l))
		require.Equal(t, "Discovery works, but lists no target. Check that the pods are ready and that the name or the list is the right one.", l.Targets()[0].Message)
	})
}

func TestNamesBehindTheSecureSocksProxy(t *testing.T) {
	u := &scrapePool{entry: headless, config: Config{}}
	u.config.Client.ProxyOptions = &proxy.Options{Enabled: true}
	got := u.resolve(t.Context())
	require.True(t, got.unusable)
	require.Equal(t, "Names cannot be resolved behind the secure socks proxy, so that discovery: dns does not work there. Use discovery: http, or list the targets.", got.why.Message)
}
