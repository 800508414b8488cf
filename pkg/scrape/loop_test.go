package scrape

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/fetch"
)

func TestScrapesOnTheGrid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		f := &falco{host: "node-1", start: time.Now().Add(-time.Hour)}
		n.serve("a:1", f.ServeHTTP)
		start := time.Now()
		l, end := n.lease(t, TargetConfig{URL: "a:1"})
		defer end()
		require.NoError(t, l.Wait(t.Context(), 1))
		require.Zero(t, time.Since(start))
		require.NoError(t, l.Wait(t.Context(), 2))
		require.Equal(t, 2*time.Second, time.Since(start))
		time.Sleep(58 * time.Second)
		synctest.Wait()

		shift := l.pools[0].nextOnGrid(l.pools[0].targets["http://a:1/metrics"], start).Sub(start) % (15 * time.Second)
		var want []time.Duration
		for at := shift; at <= time.Minute; at += 15 * time.Second {
			if at > 2*time.Second {
				want = append(want, at)
			}
		}
		var got []time.Duration
		for _, at := range f.requests() {
			got = append(got, at.Sub(start))
		}
		require.Equal(t, append([]time.Duration{0, 2 * time.Second}, want...), got)

		line := `{__name__="falcosecurity_scap_n_evts_total", node="node-1"}`
		up := `{__name__="up", node="node-1"}`
		for i, at := range got {
			line += fmt.Sprintf(" %d@%s", 10*(i+1), at)
			up += " 1@" + at.String()
		}
		require.Equal(t, []string{line}, dump(t, l, start, named("falcosecurity_scap_n_evts_total")))
		require.Equal(t, []string{up}, dump(t, l, start, named("up")))
		require.Equal(t, start, l.Since())
	})
}

func TestManyTargetsAreSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		var targets []TargetConfig
		fleet := map[string]*falco{}
		for i := range 1000 {
			address := fmt.Sprintf("node-%d:8765", i)
			fleet[address] = &falco{host: fmt.Sprintf("node-%d", i), start: time.Now()}
			n.serve(address, fleet[address].ServeHTTP)
			targets = append(targets, TargetConfig{URL: address})
		}
		l, end := n.lease(t, targets...)
		defer end()
		time.Sleep(time.Minute)
		synctest.Wait()
		perSecond := map[int]int{}
		for _, f := range fleet {
			require.InDelta(t, 6, len(f.requests()), 1)
			for _, at := range f.requests()[2:] {
				perSecond[at.Second()]++
			}
		}
		for second, scrapes := range perSecond {
			require.Less(t, scrapes, 120, second) // 67 on average
		}
		for _, s := range l.Targets() {
			require.Equal(t, Up, s.State, s.Message)
		}
	})
}

// Replicas of Grafana do not scrape a Falco at the same moment.
func TestReplicasAreSpread(t *testing.T) {
	now := time.Now()
	shifts := map[time.Time]bool{}
	for range 20 {
		u, err := newScrapePool(NewManager(ManagerOptions{}), config(), TargetConfig{URL: "a:1"})
		require.NoError(t, err)
		at := u.nextOnGrid(&target{address: "http://a:1/metrics"}, now)
		require.Equal(t, at, u.nextOnGrid(&target{address: "http://a:1/metrics"}, now))
		shifts[at] = true
	}
	require.Greater(t, len(shifts), 15)
}

// All targets are scraped when scraping begins, but only some response bodies are in memory at a time.
func TestResponseBodiesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		var now, most atomic.Int32
		var targets []TargetConfig
		for i := range 2 * fetch.MaxConcurrentBodies {
			address := fmt.Sprintf("node-%d:1", i)
			start := time.Now()
			n.serve(address, func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprint(w, falcoText(address, start, 1), strings.Repeat("# nothing\n", 20_000))
				w.(http.Flusher).Flush() // blocks until it has been read
				most.Store(max(most.Load(), now.Add(1)))
				time.Sleep(time.Second)
				now.Add(-1)
			})
			targets = append(targets, TargetConfig{URL: address})
		}
		l, end := n.lease(t, targets...)
		wait(t, l)
		for _, s := range l.Targets() {
			require.Equal(t, Up, s.State, s.Message)
		}
		require.EqualValues(t, fetch.MaxConcurrentBodies, most.Load())
		end()
		time.Sleep(time.Minute) // lets pending responses end
	})
}

// Bodies that arrive too slowly do not take the places of others for longer than the timeout.
func TestSlowBodiesGiveTheirPlacesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		var targets []TargetConfig
		for i := range fetch.MaxConcurrentBodies {
			address := fmt.Sprintf("slow-%d:1", i)
			n.serve(address, endless("# slow\n", 20*time.Second))
			targets = append(targets, TargetConfig{URL: address})
		}
		good := &falco{host: "good", start: time.Now()}
		n.serve("good:1", good.ServeHTTP)
		c := n.config(append(targets, TargetConfig{URL: "good:1"})...)
		m := NewManager(ManagerOptions{Resolver: n})
		l := leaseOf(t, m, c)
		time.Sleep(12 * time.Second) // the first timeouts
		up := 0
		for range 40 {
			time.Sleep(time.Second)
			if s := l.Targets()[0]; s.State == Up {
				up++
			}
		}
		require.Greater(t, up, 25)
		m.Close()
		time.Sleep(time.Minute)
	})
}

func TestFailuresEndTheSeries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		f := &falco{host: "node-1", start: time.Now(), extra: "gone_total 1\n"}
		start := time.Now()
		l, end := n.lease(t, TargetConfig{URL: "a:1"})
		defer end()
		up := func() []string { return dump(t, l, start, named("up")) }
		tick := 15 * time.Second
		grid := l.pools[0].nextOnGrid(l.pools[0].targets["http://a:1/metrics"], start.Add(2*time.Second)).Sub(start)
		time.Sleep(grid - time.Second)
		// The host is not known yet.
		require.Equal(t, []string{`{__name__="up", node="a:1"} 0@0s 0@2s`}, up())

		n.serve("a:1", f.ServeHTTP)
		time.Sleep(tick)
		require.Equal(t, []string{
			fmt.Sprintf(`{__name__="up", node="a:1"} 0@0s 0@2s end@%s`, grid),
			fmt.Sprintf(`{__name__="up", node="node-1"} 1@%s`, grid),
		}, up())

		f.set(func(f *falco) { f.extra = "" })
		time.Sleep(tick)
		require.Equal(t, []string{fmt.Sprintf(`{__name__="gone_total", node="node-1"} 1@%s end@%s`, grid, grid+tick)},
			dump(t, l, start, named("gone_total")))

		f.set(func(f *falco) { f.status = 500 })
		time.Sleep(2 * tick)
		require.Equal(t, []string{fmt.Sprintf(`{__name__="falcosecurity_scap_n_evts_total", node="node-1"} 10@%s 20@%s end@%s`, grid, grid+tick, grid+2*tick)},
			dump(t, l, start, named("falcosecurity_scap_n_evts_total")))
		require.Equal(t, fmt.Sprintf(`{__name__="up", node="node-1"} 1@%s 1@%s 0@%s 0@%s`, grid, grid+tick, grid+2*tick, grid+3*tick), up()[1])
		require.Equal(t, map[string]string{"version": "0.44.1", "engine": "modern_bpf"}, l.Targets()[0].Facts)

		end()
		stopped := time.Since(start)
		require.Equal(t, fmt.Sprintf(`{__name__="up", node="node-1"} 1@%s 1@%s 0@%s 0@%s end@%s`, grid, grid+tick, grid+2*tick, grid+3*tick, stopped), up()[1])
	})
}

func TestNotFoundIsStartingUntilItLasts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		f := &falco{host: "node-1", start: time.Now(), status: http.StatusNotFound}
		n.serve("a:1", f.ServeHTTP)
		l, end := n.lease(t, TargetConfig{URL: "a:1"})
		defer end()
		time.Sleep(time.Minute)
		require.Equal(t, Starting, l.Targets()[0].State)
		time.Sleep(90 * time.Second)
		s := l.Targets()[0]
		require.Equal(t, Down, s.State)
		require.Equal(t, "The target has responded with 404 Not Found for more than 2m0s, longer than a start takes. Set metrics.enabled and webserver.prometheus_metrics_enabled to true in falco.yaml, or check the path /metrics.", s.Message)

		// A hot reload.
		f.set(func(f *falco) { f.status = 0 })
		time.Sleep(15 * time.Second)
		require.Equal(t, Up, l.Targets()[0].State)
		f.set(func(f *falco) { f.status = http.StatusNotFound })
		time.Sleep(15 * time.Second)
		require.Equal(t, Starting, l.Targets()[0].State)
	})
}

// A target that is up has a remark about an unusual response. Truncated program names are not unusual.
func TestRemarksOfTargetsThatAreUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		twice := "falcosecurity_scap_ia32_compat_ope_run_cnt_total 5\n" + "falcosecurity_scap_n_drops_total 1\n"
		n.serve("a:1", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, falcoText("node-1", time.Unix(1, 0), 1), twice, twice)
		})
		l, end := n.lease(t, TargetConfig{URL: "a:1"})
		defer end()
		time.Sleep(time.Minute)
		s := l.Targets()[0]
		require.Equal(t, Up, s.State)
		require.Equal(t, `The metrics were read although the content type is "text/html" instead of text/plain. Prometheus would reject them.`, s.Message)
		require.Equal(t, 1, s.Duplicates)
	})
}

func TestLabels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNet(t)
		f := &falco{host: "node-1", start: time.Now(), extra: `own_total{node="inner",cluster="x"} 1` + "\n"}
		n.serve("a:1", f.ServeHTTP)
		n.serve("b:1", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "falcosecurity_falcosidekick_inputs_total 1\n")
		})
		start := time.Now()
		l, end := n.lease(t,
			TargetConfig{URL: "a:1", Labels: map[string]string{"cluster": "demo", "team": "blue"}},
			TargetConfig{URL: "b:1", Kind: KindFalcosidekick, Labels: map[string]string{"node": "kick"}})
		defer end()
		time.Sleep(time.Second)
		require.Equal(t, []string{`{__name__="own_total", cluster="demo", exported_cluster="x", exported_node="inner", node="node-1", team="blue"} 1@0s`},
			dump(t, l, start, named("own_total")))
		require.Equal(t, []string{
			`{__name__="up", cluster="demo", node="node-1", team="blue"} 1@0s`,
			`{__name__="up", kind="falcosidekick", node="kick"} 1@0s`,
		}, dump(t, l, start, named("up")))
		require.Equal(t, []string{
			`{__name__="scrape_samples_scraped", cluster="demo", node="node-1", team="blue"} 7@0s`,
			`{__name__="scrape_samples_scraped", kind="falcosidekick", node="kick"} 1@0s`,
		}, dump(t, l, start, named("scrape_samples_scraped")))
		all := l.Targets()
		require.Equal(t, []string{"kick", "node-1"}, []string{all[0].Node(), all[1].Node()})
		require.True(t, all[1].Metrics["own_total"])
	})
}
