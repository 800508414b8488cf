package fetch

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// waitLimit bounds waiting in tests that do not use a simulated clock.
const waitLimit = 30 * time.Second

func TestGateKeys(t *testing.T) {
	for _, c := range []struct{ address, want string }{
		{"http://Node-1:8765/metrics", "node-1:8765/metrics"},
		{"http://node-1.:8765/metrics?a=b", "node-1:8765/metrics"},
		{"http://node-1/metrics", "node-1:80/metrics"},
		{"https://node-1/metrics", "node-1:443/metrics"},
		{"https://node-1:8765/metrics", "node-1:8765/metrics"},
		{"http://node-1:8765", "node-1:8765/"},
		{"http://node-1:8765/a%2Fb", "node-1:8765/a%2Fb"},
		{"http://[::ffff:10.0.0.1]:8765/metrics", "10.0.0.1:8765/metrics"},
		{"http://[FD00:0::1]:8765/metrics", "[fd00::1]:8765/metrics"},
	} {
		u, err := url.Parse(c.address)
		require.NoError(t, err)
		require.Equal(t, c.want, gateKey(u), c.address)
	}
}

// waiting returns how many wait at a gate.
func (g *addressGates) waitingAt(key string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	if gate := g.gates[key]; gate != nil {
		return len(gate.waiting)
	}
	return 0
}

// Turns are taken in the order of arrival, also when somebody in between has left.
func TestGateTakesTurnsInOrder(t *testing.T) {
	g := newAddressGates()
	require.NoError(t, g.acquire(t.Context(), "a", waitLimit))
	require.NoError(t, g.acquire(t.Context(), "b", waitLimit), "another address")
	leaving, leave := context.WithCancel(t.Context())
	got := make(chan int)
	for i := range 5 {
		ctx := t.Context()
		if i == 2 {
			ctx = leaving
		}
		go func() {
			if g.acquire(ctx, "a", waitLimit) != nil {
				got <- -1
				return
			}
			got <- i
			g.release("a")
		}()
		require.Eventually(t, func() bool { return g.waitingAt("a") == i+1 }, waitLimit, time.Millisecond)
	}
	leave()
	require.Equal(t, -1, <-got)
	g.release("a")
	for _, want := range []int{0, 1, 3, 4} {
		require.Equal(t, want, <-got)
	}
	g.release("b")
	require.Eventually(t, func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return len(g.gates) == 0
	}, waitLimit, time.Millisecond)
	require.ErrorIs(t, g.acquire(leaving, "a", waitLimit), context.Canceled)
}

// Somebody whose context ends at the moment of the hand-over passes the turn on.
func TestGateHandOverToSomebodyWhoLeaves(t *testing.T) {
	g := newAddressGates()
	for range 1000 {
		require.NoError(t, g.acquire(t.Context(), "a", waitLimit))
		ctx, leave := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- g.acquire(ctx, "a", waitLimit) }()
		require.Eventually(t, func() bool { return g.waitingAt("a") == 1 }, waitLimit, time.Millisecond)
		go leave()
		g.release("a")
		if <-done == nil {
			g.release("a")
		}
		require.Empty(t, g.gates)
	}
}

func TestProxiedConnectionsAreNotMatched(t *testing.T) {
	proxy, err := url.Parse("http://proxy.example:3128")
	require.NoError(t, err)
	direct, err := http.NewRequest(http.MethodGet, "http://a:1/metrics", nil)
	require.NoError(t, err)
	require.False(t, (&Fetcher{transport: &http.Transport{}}).isProxied(direct))
	require.True(t, (&Fetcher{transport: &http.Transport{}, socksProxy: true}).isProxied(direct))
	require.True(t, (&Fetcher{transport: &http.Transport{Proxy: http.ProxyURL(proxy)}}).isProxied(direct))
}
