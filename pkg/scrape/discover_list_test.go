package scrape

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
	"github.com/stretchr/testify/require"
)

// serveList serves a target list of one group.
func serveList(addresses ...string) http.HandlerFunc {
	list, _ := json.Marshal([]targetGroup{{Targets: addresses}})
	return func(w http.ResponseWriter, _ *http.Request) { w.Write(list) }
}

func TestTargetsThatAreLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		addresses := []string{
			"10.0.0.1:8765", "127.0.0.1:8765", "localhost:3000", "api.localhost:3000", "[::1]:80", "0.0.0.0:80", "[::ffff:127.0.0.1]:80", "[64:ff9b::7f00:1]:80",
			"169.254.169.254:80", "[64:ff9b::a9fe:a9fe]:80", "[fd00:ec2::254]:80", "[fe80::1]:80", "me:pw@10.0.0.2:80", "me:p/w@10.0.0.2 :80", "bad host:1",
		}
		n.serve("sd.example:80", serveList(addresses...))
		n.serve("10.0.0.1:8765", (&falco{host: "node-1", start: time.Now()}).ServeHTTP)
		l, end := n.lease(t, TargetConfig{URL: "http://sd.example/", Discovery: DiscoveryHTTP})
		defer end()
		wait(t, l)
		require.Equal(t, []string{"node-1 http://10.0.0.1:8765/metrics up"}, targetStates(l))
		require.Equal(t, "14 of 15 listed targets are left out. "+
			"127.0.0.1, localhost, api.localhost and 5 more: loopback and link-local addresses need allowLoopback: true in the entry of the settings. "+
			"169.254.169.254, 64:ff9b::a9fe:a9fe, fd00:ec2::254: cloud metadata addresses are never scraped. "+
			"10.0.0.2:80, an address with credentials, bad host:1: not a valid address.", l.Targets()[0].Discovery)
	})
}

// With allowLoopback, an entry may have loopback and link-local targets, but none at a metadata address.
func TestAllowedTargets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		n.serve("sd.example:80", serveList("127.0.0.1:8765", "169.254.7.7:8765", "169.254.169.254:80", "metadata.google.internal:80"))
		for i, address := range []string{"127.0.0.1:8765", "169.254.7.7:8765"} {
			n.serve(address, (&falco{host: fmt.Sprintf("node-%d", i), start: time.Now()}).ServeHTTP)
		}
		l, end := n.lease(t, TargetConfig{URL: "http://sd.example/", Discovery: DiscoveryHTTP, AllowLoopback: true})
		defer end()
		wait(t, l)
		require.Equal(t, []string{"node-0 http://127.0.0.1:8765/metrics up", "node-1 http://169.254.7.7:8765/metrics up"}, targetStates(l))
		require.Equal(t, "2 of 4 listed targets are left out. 169.254.169.254, metadata.google.internal: cloud metadata addresses are never scraped.", l.Targets()[0].Discovery)
	})
	require.NoError(t, TargetConfig{URL: "169.254.7.7:8765", AllowLoopback: true}.Check())
	require.ErrorContains(t, TargetConfig{URL: "169.254.7.7:8765"}.Check(), "allowLoopback: true")
	require.ErrorContains(t, TargetConfig{URL: "169.254.169.254:80", AllowLoopback: true}.Check(), "never scraped")
}

func TestTargetLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		addresses := func(round int) (all []string) {
			for i := range 30 {
				all = append(all, fmt.Sprintf("10.0.%d.%d:8765", round, i))
			}
			return all
		}
		n.serve("sd.example:80", serveList(addresses(0)...))
		c := n.config(TargetConfig{URL: "http://sd.example/", Discovery: DiscoveryHTTP})
		c.Limits.TargetLimit = 10
		m := NewManager(ManagerOptions{Resolver: n})
		defer m.Close()
		l := leaseOf(t, m, c)
		wait(t, l)
		require.Len(t, l.Targets(), 10)
		require.Equal(t, "20 of 30 listed targets are left out. 10.0.0.10:8765, 10.0.0.11:8765, 10.0.0.12:8765 and 17 more: limits.targetLimit is 10.", l.Targets()[0].Discovery)
		for round := range 10 { // new addresses each time
			n.serve("sd.example:80", serveList(addresses(round)...))
			time.Sleep(time.Minute)
			require.LessOrEqual(t, len(l.Targets()), 20)
		}
	})
	require.Equal(t, 5000, (&scrapePool{}).newTargetList().limit)
}

// What exceeds the limit is counted, and costs little more: a list of 16 MB has millions of addresses.
func TestRestOfALongListIsOnlyCounted(t *testing.T) {
	l := &targetList{limit: 2, targets: make([]discoveredTarget, 2)}
	l.leaveOutRest("me:pw@10.0.0.2:80")
	l.leaveOutRest("a:1")
	l.leaveOutRest("b:1/metrics")
	require.LessOrEqual(t, testing.AllocsPerRun(1000, func() { l.leaveOutRest("c:1") }), 1.)
	require.Equal(t, "1004 of 1006 listed targets are left out. 10.0.0.2:80, a:1, b:1 and 1001 more: limits.targetLimit is 2.", l.result().why.Message)
}

// A name that discovery accepted may lead elsewhere when the connection is made.
func TestLoopbackIsRefusedAtConnectionTime(t *testing.T) {
	var requests atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		serveFalco("node-1")(w, r)
	}))
	defer s.Close()
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	require.NoError(t, err)
	list := httptest.NewServer(serveList("rebound.example:" + port)) // itself on a loopback address, as configured
	defer list.Close()
	for allow, want := range map[bool]string{
		false: "127.0.0.1 is a loopback address. Discovered targets may only have one if the entry of the settings has allowLoopback: true.",
		true:  "",
	} {
		requests.Store(0)
		c := config(TargetConfig{URL: list.URL, Discovery: DiscoveryHTTP, AllowLoopback: allow})
		c.Client.ConfigureTransport = func(_ httpclient.Options, transport *http.Transport) {
			dial := transport.DialContext
			transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				return dial(ctx, network, strings.Replace(address, "rebound.example", "127.0.0.1", 1))
			}
		}
		l := lease(t, ManagerOptions{}, c)
		wait(t, l)
		require.Equal(t, want, l.Targets()[0].Message)
		require.Equal(t, allow, requests.Load() > 0)
	}
}

func TestLoopbackInDNS(t *testing.T) {
	s := httptest.NewServer(serveFalco("node-1"))
	defer s.Close()
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	require.NoError(t, err)
	dns := &fakeNet{names: map[string][]string{"falco.example": {"127.0.0.1"}}}
	l := lease(t, ManagerOptions{Resolver: dns}, config(TargetConfig{URL: "falco.example:" + port, Discovery: DiscoveryDNS}))
	wait(t, l)
	require.Equal(t, "1 of 1 listed targets are left out. 127.0.0.1: loopback and link-local addresses need allowLoopback: true in the entry of the settings.", l.Targets()[0].Message)
}
