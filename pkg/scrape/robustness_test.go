package scrape

import (
	"context"
	"net/http"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
	"github.com/stretchr/testify/require"
)

// panickingResolver panics at the first lookup.
type panickingResolver struct {
	*fakeNet
	lookups atomic.Int32
}

func (r *panickingResolver) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	if r.lookups.Add(1) == 1 {
		panic("boom")
	}
	return r.fakeNet.LookupNetIP(ctx, network, host)
}

func TestDiscoveryRecoversFromAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		n.name("falco.example", "10.0.0.1")
		n.serve("10.0.0.1:8765", (&falco{host: "node-1", start: time.Now()}).ServeHTTP)
		m := NewManager(ManagerOptions{Resolver: &panickingResolver{fakeNet: n}})
		defer m.Close()
		l, err := m.Lease(n.config(headless))
		require.NoError(t, err)
		wait(t, l)
		require.Equal(t, "The plugin failed to discover these targets (boom). This is a bug: please report it with the plugin's log.", l.Targets()[0].Message)
		time.Sleep(time.Minute)
		require.Equal(t, []string{"node-1 http://10.0.0.1:8765/metrics up"}, targetStates(l))
	})
}

func TestCleanupRecoversFromAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		m := NewManager(ManagerOptions{Resolver: n})
		l, err := m.Lease(n.config(TargetConfig{URL: "a:1"}))
		require.NoError(t, err)
		m.mu.Lock()
		m.pools["broken"] = nil // the cleanup dereferences it
		m.mu.Unlock()
		time.Sleep(2 * cleanupInterval)
		m.mu.Lock()
		delete(m.pools, "broken")
		m.mu.Unlock()
		l.Release()
		time.Sleep(releasedRetention + cleanupInterval)
		m.mu.Lock()
		defer m.mu.Unlock()
		require.Empty(t, m.pools, "the cleanup continues")
	})
}

// stuckTransport ignores the end of a request's context until the channel is closed.
func stuckTransport(reached, leave chan struct{}) httpclient.Middleware {
	return httpclient.MiddlewareFunc(func(_ httpclient.Options, next http.RoundTripper) http.RoundTripper {
		return httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
			select {
			case reached <- struct{}{}:
			case <-leave:
			}
			<-leave
			return next.RoundTrip(r)
		})
	})
}

// Stopping holds the manager's lock, so it must not wait for scrapes in progress.
func TestStopDoesNotWaitForScrapes(t *testing.T) {
	reached, leave := make(chan struct{}), make(chan struct{})
	m := NewManager(ManagerOptions{})
	c := config(TargetConfig{URL: "127.0.0.1:9"})
	c.Client.Middlewares = []httpclient.Middleware{stuckTransport(reached, leave)}
	l, err := m.Lease(c)
	require.NoError(t, err)
	<-reached
	stopped := make(chan struct{})
	go func() {
		m.cleanUp(time.Now().Add(idleAfter))
		l.Use() // starts again
		close(stopped)
	}()
	select {
	case <-stopped:
	case <-time.After(30 * time.Second):
		t.Error("stopping waits for a scrape")
	}
	close(leave)
	wait(t, l)
	m.Close()
}

// Eviction visits all histories of a data source, so it must not hold the lock of one scrape pool.
func TestEvictionDoesNotHoldThePoolsLock(t *testing.T) {
	respond := make(chan struct{})
	n := newFakeNet(t)
	n.serve("a:1", func(w http.ResponseWriter, r *http.Request) {
		<-respond
		serveFalco("node-1")(w, r)
	})
	m := NewManager(ManagerOptions{Resolver: n})
	defer m.Close()
	c := n.config(TargetConfig{URL: "a:1"})
	c.RetentionBytes = 1
	l, err := m.Lease(c)
	require.NoError(t, err)
	l.evicting.Lock()
	close(respond)
	require.Eventually(t, func() bool { return l.Stats().Samples > 0 }, 30*time.Second, time.Millisecond)
	read := make(chan struct{})
	go func() {
		l.Targets()
		close(read)
	}()
	select {
	case <-read:
	case <-time.After(30 * time.Second):
		t.Error("eviction holds the pool's lock")
	}
	l.evicting.Unlock()
	wait(t, l)
}
