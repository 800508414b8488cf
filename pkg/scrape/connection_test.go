package scrape

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// cutOffResponse breaks the connection in the middle of a response.
func cutOffResponse(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	fmt.Fprint(w, "falcosecurity_scap_n_evts_total 1\n")
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

func TestCrashWhileScraped(t *testing.T) {
	const remark = "Falco may have crashed while being scraped (fixed in 0.45.1): the response at 00:00:XX UTC was cut off, and Falco has a new start time. Upgrade, and until then let only one scraper read this Falco."
	for _, c := range []struct {
		name, version string
		restart       bool
		remark        string
	}{
		{"a new start time", "0.44.1", true, remark},
		{"the same start time", "0.44.1", false, ""},
		{"a version with the fix", "0.45.1", true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newFakeNet(t)
				f := &falco{host: "node-1", start: time.Now().Add(-time.Hour), version: c.version}
				n.serve("a:1", f.ServeHTTP)
				start := time.Now()
				l, end := n.lease(t, TargetConfig{URL: "a:1"})
				defer end()
				time.Sleep(3 * time.Second)
				n.serve("a:1", cutOffResponse)
				time.Sleep(15 * time.Second)
				require.Equal(t, CutOff, l.Targets()[0].Cause)
				n.down("a:1")
				time.Sleep(15 * time.Second)
				if c.restart {
					f.set(func(f *falco) { f.start = time.Now() })
				}
				n.serve("a:1", f.ServeHTTP)
				time.Sleep(15 * time.Second)
				s := l.Targets()[0]
				require.Equal(t, Up, s.State)
				if c.remark == "" {
					require.Empty(t, s.Message)
				} else {
					require.Equal(t, CrashedWhileScraped, s.Cause)
					before, after, _ := strings.Cut(c.remark, "XX")
					require.Regexp(t, "^"+regexp.QuoteMeta(before)+`\d\d`+regexp.QuoteMeta(after)+"$", s.Message)
					time.Sleep(time.Hour)
					require.Empty(t, l.Targets()[0].Message)
				}
				failures := dump(t, l, start, named("falco_target_connection_failures_total"))
				require.Len(t, failures, 1)
				require.Regexp(t, `^\{__name__="falco_target_connection_failures_total", node="node-1"\} 0@0s 0@2s 1@\S+ 2@\S+ 2@`, failures[0])
				crashes := dump(t, l, start, named("falco_target_crashes_while_scraped_total"))
				want := "0"
				if c.restart {
					want = "1"
				}
				require.Regexp(t, `^\{__name__="falco_target_crashes_while_scraped_total", node="node-1"\} 0@0s 0@2s 0@\S+ 0@\S+ `+want+"@", crashes[0])
			})
		})
	}
}

// A process that ends before it is ever scraped is visible in its connections.
func TestCrashLoopWithoutAScrape(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		start := time.Now()
		l, end := n.lease(t, TargetConfig{URL: "a:1"})
		defer end()
		time.Sleep(3 * time.Second)
		n.serve("a:1", func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				conn.Close()
			}
		})
		time.Sleep(30 * time.Second)
		require.Regexp(t, `^\{__name__="falco_target_connection_failures_total", node="a:1"\} 1@0s 2@2s 3@\S+ 4@\S+$`, dump(t, l, start, named("falco_target_connection_failures_total"))[0])
	})
}

// From some version on Falco serves a snapshot, which live need not request more often than it is refreshed.
func TestLiveFollowsTheSnapshot(t *testing.T) {
	for version, want := range map[string]time.Duration{"0.45.0": 500 * time.Millisecond, "0.45.1": time.Second} {
		synctest.Test(t, func(t *testing.T) {
			n := newFakeNet(t)
			f := &falco{host: "node-1", start: time.Now(), version: version}
			n.serve("a:1", f.ServeHTTP)
			l, end := n.lease(t, TargetConfig{URL: "a:1"})
			defer end()
			time.Sleep(4 * time.Second)
			ids := []string{idOf(t, l, "a:1")}
			first := l.Live(t.Context(), ids, 500*time.Millisecond)[0]
			second := l.Live(t.Context(), ids, 500*time.Millisecond)[0]
			require.Equal(t, want, second.LastScrape.Sub(first.LastScrape))
			limit := time.Duration(0)
			if want == time.Second {
				limit = time.Second
			}
			require.Equal(t, limit, first.SnapshotInterval)
			require.Equal(t, limit, second.SnapshotInterval)
			require.Zero(t, l.Live(t.Context(), ids, time.Second)[0].SnapshotInterval)
		})
	}
}
