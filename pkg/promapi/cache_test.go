package promapi

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi/promapitest"
)

// Panels, viewers and alert rules that ask the same at the same time share one request. One that gives up does not end it for
// the others.
func TestIdenticalRequestsInFlight(t *testing.T) {
	var sent atomic.Int32
	arrived, release := make(chan struct{}, 10), make(chan struct{})
	server := newFakeServer(t, func(string, url.Values) (int, string) {
		sent.Add(1)
		arrived <- struct{}{}
		<-release
		return 200, promapitest.Vector(`{"instance": "a"} 1`)
	})
	s := server.client(t, func(c *Config) { c.Timeout = time.Minute })
	first, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		_, err := s.Evaluate(first, Query{Expr: "x", Start: promapitest.Noon, End: promapitest.Noon})
		require.ErrorIs(t, err, context.Canceled)
	})
	<-arrived
	for range 5 {
		all.Go(func() {
			result, err := s.Evaluate(t.Context(), Query{Expr: "x", Start: promapitest.Noon, End: promapitest.Noon})
			require.NoError(t, err)
			require.Len(t, result.Value, 1)
		})
	}
	require.Eventually(t, func() bool {
		s.flights.mu.Lock()
		defer s.flights.mu.Unlock()
		for _, one := range s.flights.running {
			return one.waiting == 6
		}
		return false
	}, 30*time.Second, time.Millisecond)
	cancel()
	require.Eventually(t, func() bool {
		s.flights.mu.Lock()
		defer s.flights.mu.Unlock()
		for _, one := range s.flights.running {
			return one.waiting == 5
		}
		return false
	}, 30*time.Second, time.Millisecond)
	close(release)
	all.Wait()
	require.EqualValues(t, 1, sent.Load())
}

func admitAll(context.Context) (func(), error) { return func() {}, nil }

// When all callers give up, the request ends, and the next caller sends a new one.
func TestRequestEndsWithItsLastCaller(t *testing.T) {
	var f flights
	started, ended := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-started
		cancel()
	}()
	finish := func(_ context.Context, result Result, err error) (Result, func(), error) { return result, nil, err }
	_, err := f.do(ctx, errand{key: "key", finish: finish}, admitAll, func(ctx context.Context, _ []Query) ([]Result, []error) {
		close(started)
		<-ctx.Done()
		close(ended)
		return make([]Result, 1), []error{ctx.Err()}
	})
	require.ErrorIs(t, err, context.Canceled)
	<-ended
	result, err := f.do(t.Context(), errand{key: "key", finish: finish}, admitAll, func(context.Context, []Query) ([]Result, []error) {
		return []Result{{Executed: "x"}}, make([]error, 1)
	})
	require.NoError(t, err)
	require.Equal(t, "x", result.Executed)
}

// Within a scrape interval a result is reused; afterwards, only the steps that may have changed are requested.
func TestClosedRangesAreReused(t *testing.T) {
	server := newEngine(t, "load 15s\n  x{instance=\"a\"} 0+1x1000\n", nil)
	s := server.client(t)
	ask := func(now, length time.Duration) {
		s.config.Now = func() time.Time { return promapitest.TimeAt(now) }
		q := Query{Expr: "x", Start: promapitest.TimeAt(now - length).Truncate(15 * time.Second), End: promapitest.TimeAt(now).Truncate(15 * time.Second), Step: 15 * time.Second}
		result, err := s.Evaluate(t.Context(), q)
		require.NoError(t, err)
		require.Len(t, result.Value.(promql.Matrix)[0].Floats, int(length/q.Step)+1)
	}
	requested := func() string {
		if len(server.Requests) == 0 {
			return "none"
		}
		p := server.Requests[len(server.Requests)-1].Parameters
		server.Requests = nil
		return p.Get("start") + " to " + p.Get("end")
	}
	ask(7207*time.Second, time.Hour)
	require.Equal(t, "3600.000 to 7200.000", requested())
	ask(7212*time.Second, time.Hour)
	require.Equal(t, "none", requested(), "no scrape since")
	ask(7217*time.Second, time.Hour)
	require.Equal(t, "7095.000 to 7215.000", requested(), "what may have changed")
	ask(7217*time.Second, 10*time.Minute)
	require.Equal(t, "6615.000 to 7215.000", requested(), "another length")
	ask(10_000*time.Second, time.Hour)
	require.Equal(t, "6390.000 to 9990.000", requested(), "nothing is known for long")
}

// Whatever is reused equals a fresh evaluation.
func TestReusedResultsEqualFreshOnes(t *testing.T) {
	var script strings.Builder
	script.WriteString("load 15s\n")
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 6 {
		fmt.Fprintf(&script, "  x{instance=\"%d\"} ", i)
		for range 400 {
			switch random.IntN(20) {
			case 0:
				script.WriteString("stale ")
			case 1, 2:
				script.WriteString("_ ")
			default:
				fmt.Fprintf(&script, "%d ", random.IntN(100))
			}
		}
		script.WriteString("\n")
	}
	s := newEngine(t, script.String(), nil).client(t)
	now := 2000 * time.Second
	for range 300 {
		now += time.Duration(random.IntN(20)) * time.Second
		if now > 5900*time.Second {
			break
		}
		s.config.Now = func() time.Time { return promapitest.TimeAt(now) }
		step := []time.Duration{15 * time.Second, time.Minute}[random.IntN(2)]
		length := time.Duration(1+random.IntN(4)) * 5 * time.Minute
		q := Query{
			Expr:  []string{"x", "sum by (instance) (x)", "topk(2, x)", "rate(x[1m])", "max_over_time(x[5m:15s])"}[random.IntN(5)],
			Start: promapitest.TimeAt(now - length).Truncate(step), End: promapitest.TimeAt(now).Truncate(step), Step: step,
		}
		got, err := s.Evaluate(t.Context(), q)
		require.NoError(t, err)
		want, err := s.Send(t.Context(), q)
		require.NoError(t, err)
		require.Equal(t, want.Value.String(), got.Value.String(), "%s at %s", q.Expr, now)
	}
}

func TestCacheIsBounded(t *testing.T) {
	var c resultCache
	key := func(name string) cacheKey { return cacheKey{query: name} }
	put := func(name string, bytes int) {
		c.put(&entry{key: key(name), bytes: bytes, expires: promapitest.Noon.Add(time.Minute), start: promapitest.Noon, end: promapitest.Noon, final: promapitest.Noon})
	}
	put("too large", maxEntryBytes+1)
	require.Nil(t, c.get(key("too large"), promapitest.Noon))
	for i := range 20 {
		put(fmt.Sprint(i), maxEntryBytes)
		require.LessOrEqual(t, c.bytes, maxCacheBytes)
	}
	require.Nil(t, c.get(key("11"), promapitest.Noon))
	require.NotNil(t, c.get(key("12"), promapitest.Noon))
	put("12", 1)
	require.EqualValues(t, 7*maxEntryBytes+1, c.bytes)
	require.Nil(t, c.get(key("13"), promapitest.Noon.Add(time.Hour)), "out of date")
	require.Equal(t, len(c.entries), c.recent.Len())
}

// Partial results and errors are not reused.
func TestFailuresAreNotReused(t *testing.T) {
	server := newFakeServer(t, nil)
	s := server.client(t)
	for i, body := range []string{`{"status": "error", "errorType": "bad_data", "error": "x"}`, strings.Replace(promapitest.Vector(), `"data"`, `"isPartial": true, "data"`, 1), promapitest.Vector()} {
		server.Respond = promapitest.Always(200, body)
		_, _ = s.Evaluate(t.Context(), Query{Expr: "x", Start: promapitest.Noon, End: promapitest.Noon})
		require.Len(t, server.Requests, i+1)
	}
	_, _ = s.Evaluate(t.Context(), Query{Expr: "x", Start: promapitest.Noon, End: promapitest.Noon})
	require.Len(t, server.Requests, 3)
}
