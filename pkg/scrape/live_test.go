package scrape

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// idOf returns the id of the target at an address.
func idOf(t *testing.T, l *Lease, address string) string {
	t.Helper()
	for _, s := range l.Targets() {
		if s.Address == "http://"+address+"/metrics" {
			return s.ID
		}
	}
	t.Fatalf("no target at %s", address)
	return ""
}

// nextLive returns the live scrape of a target in a second.
func nextLive(t *testing.T, l *Lease, id string) Live {
	t.Helper()
	time.Sleep(time.Second)
	return l.Live(t.Context(), []string{id}, time.Second)[0]
}

func TestLiveScrapesOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		f := &falco{host: "node-1", start: time.Now().Add(-time.Hour)}
		n.serve("a:1", f.ServeHTTP)
		start := time.Now()
		l, end := n.lease(t, TargetConfig{URL: "a:1"})
		defer end()
		time.Sleep(5 * time.Second) // between two regular scrapes
		id := idOf(t, l, "a:1")
		grid, before := dump(t, l, start), len(f.requests())

		// Three requests at once and one every 400 ms after that share one scrape per second.
		var viewers sync.WaitGroup
		for i := range 5 {
			viewers.Go(func() {
				time.Sleep(max(0, time.Duration(i-2)) * 400 * time.Millisecond)
				got := l.Live(t.Context(), []string{id}, time.Second)
				require.Equal(t, Up, got[0].State)
				require.Equal(t, "node-1", got[0].Node())
				require.Contains(t, got[0].Body, "falcosecurity_scap_n_evts_total")
			})
		}
		viewers.Wait()
		var got []time.Duration
		for _, at := range f.requests()[before:] {
			got = append(got, at.Sub(start))
		}
		require.Equal(t, []time.Duration{5 * time.Second, 6 * time.Second}, got)
		require.Equal(t, grid, dump(t, l, start), "live scrapes are not stored")
		require.Equal(t, before, l.Targets()[0].Scrapes)

		// If the next scrape is far away, a request gets the last result with its original time.
		again := l.Live(t.Context(), []string{id, id}, time.Minute)
		require.Equal(t, 6*time.Second, again[0].LastScrape.Sub(start))
		require.Equal(t, again[0], again[1])
		require.Len(t, f.requests(), before+2)
	})
}

func TestLiveDoesNotWaitForTheSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		quick := &falco{host: "quick", start: time.Now()}
		n.serve("a:1", quick.ServeHTTP)
		n.serve("b:1", func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(1200 * time.Millisecond)
			w.Header().Set("Content-Type", "text/plain")
			fmt.Fprint(w, falcoText("slow", time.Now(), 1))
		})
		l, end := n.lease(t, TargetConfig{URL: "a:1"}, TargetConfig{URL: "b:1"})
		defer end()
		time.Sleep(4 * time.Second) // between two regular scrapes
		ids := []string{idOf(t, l, "a:1"), idOf(t, l, "b:1")}

		start := time.Now()
		got := l.Live(t.Context(), ids, time.Second)
		require.Equal(t, 500*time.Millisecond, time.Since(start))
		require.Equal(t, start, got[0].LastScrape)
		require.Zero(t, got[1].LastScrape)
		require.Empty(t, got[1].Body)
		require.Equal(t, 500*time.Millisecond, got[1].Waiting)

		time.Sleep(500 * time.Millisecond)
		got = l.Live(t.Context(), ids, time.Second)
		require.Equal(t, start.Add(time.Second), got[0].LastScrape)
		require.Equal(t, start, got[1].LastScrape, "a later request gets the response, with the time of the scrape")
		require.Equal(t, 1200*time.Millisecond, got[1].Duration)
		require.Contains(t, got[1].Body, "falcosecurity_scap_n_evts_total")
		require.Zero(t, got[1].Waiting)

		// The scrape continues for others when the requester has left.
		gone, leave := context.WithCancel(t.Context())
		leave()
		time.Sleep(time.Second)
		l.Live(gone, ids[1:], time.Second)
		time.Sleep(300 * time.Millisecond)
		require.Equal(t, 300*time.Millisecond, l.Live(gone, ids[1:], time.Second)[0].Waiting)
		time.Sleep(2 * time.Second)
	})
}

func TestLiveSaysWhatIsWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		f := &falco{host: "node-1", start: time.Now()}
		n.serve("a:1", f.ServeHTTP)
		l, end := n.lease(t, TargetConfig{URL: "a:1"})
		defer end()
		time.Sleep(5 * time.Second) // between two regular scrapes
		id := idOf(t, l, "a:1")
		look := func() Live { return nextLive(t, l, id) }
		require.Equal(t, Up, look().State)

		f.set(func(f *falco) { f.status = http.StatusNotFound })
		require.Equal(t, Starting, look().State)
		require.Equal(t, Up, l.Targets()[0].State, "the next regular scrape has not run yet")
		time.Sleep(3 * time.Minute)
		require.Equal(t, Down, look().State)
		require.Contains(t, look().Message, "The target has responded with 404 Not Found for more than 2m0s")

		f.set(func(f *falco) { f.status, f.extra = 0, "oh dear\n" })
		got := look()
		require.Equal(t, []any{Up, 1, "oh dear"}, []any{got.State, got.Unreadable, got.Problems[0].Text}, "it was not up: the answer is read")
		n.down("a:1")
		got = look()
		require.Equal(t, []any{Down, Refused, ""}, []any{got.State, got.Cause, got.Body})
		require.Equal(t, "node-1", got.Node(), "it keeps its node")

		n.serve("a:1", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "node_load1 1\n") })
		require.Equal(t, []any{Down, NotFalco, ""}, []any{look().State, look().Cause, look().Body})

		got = l.Live(t.Context(), []string{"x"}, time.Second)[0]
		require.Equal(t, Unlisted, got.State)
		require.Equal(t, `No target has the id "x": it has left discovery, or the settings have changed. Use an id of the data source's current targets.`, got.Message)
	})
}

// The browser reads the answers. The backend reads those that no regular scrape vouches for.
func TestLiveDoesNotReadWhatItKnows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		f := &falco{host: "node-1", start: time.Now()}
		n.serve("a:1", f.ServeHTTP)
		l, end := n.lease(t, TargetConfig{URL: "a:1"})
		defer end()
		time.Sleep(5 * time.Second) // between two regular scrapes
		regular, id := l.Targets()[0], idOf(t, l, "a:1")
		look := func() Live { return nextLive(t, l, id) }
		f.set(func(f *falco) { f.extra = "oh dear\n" })
		got := look()
		require.Contains(t, got.Body, "oh dear")
		require.Equal(t, []any{Up, 0, regular.Samples, regular.Facts}, []any{got.State, got.Unreadable, got.Samples, got.Facts})
		require.Equal(t, got.LastScrape.Add(got.Duration), got.LastUp)

		for body, cause := range map[string]Cause{"node_load1 1\n": NotFalco, "": Empty, "<html>falcosecurity_</html>": HTML} {
			n.serve("a:1", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) })
			got = look()
			require.Equal(t, []any{Down, cause, ""}, []any{got.State, got.Cause, got.Body}, body)
		}
	})
}

func TestLiveKnowsWhoHasANode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		n.name("falco.example", "10.0.0.1", "10.0.0.2")
		for _, address := range []string{"10.0.0.1:8765", "10.0.0.2:8765", "c:1"} {
			n.serve(address, (&falco{host: "node-1", start: time.Now()}).ServeHTTP)
		}
		l, end := n.lease(t, headless, TargetConfig{URL: "c:1"})
		defer end()
		wait(t, l)
		time.Sleep(time.Second)
		var ids []string
		for _, s := range l.Targets() {
			ids = append(ids, s.ID)
		}
		var got []string
		for _, one := range l.Live(t.Context(), ids, time.Second) {
			got = append(got, fmt.Sprint(one.State, " ", one.DuplicateNode, " ", one.Body != ""))
		}
		require.ElementsMatch(t, []string{"up false true", "duplicate true false", "duplicate true false"}, got)
	})
}

func TestLiveThroughALoadBalancer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		old := time.Now().Add(-time.Hour)
		n.serve("a:1", alternating(&falco{host: "node-1", start: old}, &falco{host: "node-2", start: old}))
		l, end := n.lease(t, TargetConfig{URL: "a:1"})
		defer end()
		time.Sleep(time.Minute)
		got := l.Live(t.Context(), []string{l.Targets()[0].ID}, time.Second)[0]
		require.Equal(t, LoadBalancer, got.State)
		require.Equal(t, l.Targets()[0].Message, got.Message)
	})
}

// Open dashboards use the ids while Grafana restarts, and with all its replicas.
func TestTargetIDs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		targets := []TargetConfig{{URL: "a:1"}, {URL: "b:1"}, {URL: "a:1", Labels: map[string]string{"cluster": "x"}}}
		ids := func() (out []string) {
			l, end := n.lease(t, targets...)
			defer end()
			for _, s := range l.Targets() {
				out = append(out, s.ID)
			}
			return out
		}
		first := ids()
		require.Equal(t, first, ids())
		require.Len(t, first, 3)
		require.NotEqual(t, first[0], first[1])
		require.NotContains(t, strings.Join(first, ""), "a:1")
	})
}

func TestLiveEndsWithItsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		f := &falco{host: "node-1", start: time.Now()}
		n.serve("a:1", f.ServeHTTP)
		l, end := n.lease(t, TargetConfig{URL: "a:1"})
		wait(t, l)
		id := idOf(t, l, "a:1")
		l.Live(t.Context(), []string{id}, time.Second)
		go func() {
			time.Sleep(100 * time.Millisecond)
			end()
		}()
		l.Live(t.Context(), []string{id}, time.Second)
		asked := len(f.requests())
		require.Equal(t, Up, l.Live(t.Context(), []string{id}, time.Second)[0].State, "the last result is returned")
		require.Len(t, f.requests(), asked)
	})
}

// oneFalco returns a lease of a Falco at a:1 that has been scraped.
func oneFalco(t *testing.T) (l *Lease, end func()) {
	n := newFakeNet(t)
	n.serve("a:1", (&falco{host: "node-1", start: time.Now()}).ServeHTTP)
	l, end = n.lease(t, TargetConfig{URL: "a:1"})
	wait(t, l)
	return l, end
}

func TestLiveResultsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, end := oneFalco(t)
		defer end()
		l.Live(t.Context(), []string{idOf(t, l, "a:1")}, time.Second)
		remembered := func() bool {
			l.pools[0].mu.Lock()
			defer l.pools[0].mu.Unlock()
			return l.pools[0].targets["http://a:1/metrics"].live.last != nil
		}
		require.True(t, remembered())
		time.Sleep(2 * time.Minute)
		require.False(t, remembered())
	})
}

func TestLiveWaitsForAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, end := oneFalco(t)
		defer end()
		ids := []string{idOf(t, l, "a:1")}
		first := l.Live(t.Context(), ids, time.Second)[0].LastScrape

		places := l.pools[0].manager.liveSlots
		for range maxConcurrentLive {
			places <- struct{}{}
		}
		time.Sleep(5 * time.Second)
		got := l.Live(t.Context(), ids, time.Second)[0]
		require.Equal(t, first, got.LastScrape)
		require.Zero(t, got.Waiting, "no request has been sent yet")
		for range maxConcurrentLive {
			<-places
		}
		time.Sleep(time.Second)
		require.Equal(t, 5500*time.Millisecond, l.Live(t.Context(), ids, time.Minute)[0].LastScrape.Sub(first))
	})
}
