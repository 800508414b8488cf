package store

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
		return 200, vector(`{"instance": "a"} 1`)
	})
	s := server.store(t, func(c *Config) { c.Timeout = time.Minute })
	first, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		_, err := s.Evaluate(first, Query{Expr: "x", Start: noon, End: noon})
		require.ErrorIs(t, err, context.Canceled)
	})
	<-arrived
	for range 5 {
		all.Go(func() {
			result, err := s.Evaluate(t.Context(), Query{Expr: "x", Start: noon, End: noon})
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

// When all callers give up, the request ends, and the next caller sends a new one.
func TestRequestEndsWithItsLastCaller(t *testing.T) {
	var f flights
	started, ended := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-started
		cancel()
	}()
	_, err := f.do(ctx, "key", func(ctx context.Context) (Result, error) {
		close(started)
		<-ctx.Done()
		close(ended)
		return Result{}, ctx.Err()
	})
	require.ErrorIs(t, err, context.Canceled)
	<-ended
	result, err := f.do(t.Context(), "key", func(context.Context) (Result, error) { return Result{Executed: "x"}, nil })
	require.NoError(t, err)
	require.Equal(t, "x", result.Executed)
}

// Within a scrape interval a result is reused; afterwards, only the steps that may have changed are requested.
func TestClosedRangesAreReused(t *testing.T) {
	server := newEngine(t, "load 15s\n  x{instance=\"a\"} 0+1x1000\n", nil)
	s := server.store(t, func(c *Config) { c.MaxSamples = 100_000 })
	ask := func(now, length time.Duration) {
		s.now = func() time.Time { return timeAt(now) }
		q := Query{Expr: "x", Start: timeAt(now - length).Truncate(15 * time.Second), End: timeAt(now).Truncate(15 * time.Second), Step: 15 * time.Second}
		result, err := s.Evaluate(t.Context(), q)
		require.NoError(t, err)
		require.Len(t, result.Value.(promql.Matrix)[0].Floats, int(length/q.Step)+1)
	}
	requested := func() string {
		if len(server.requests) == 0 {
			return "none"
		}
		p := server.requests[len(server.requests)-1].parameters
		server.requests = nil
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

// Evaluations at the current time are shared within a scrape interval.
func TestInstantsAreSharedWithinAnInterval(t *testing.T) {
	server := newEngine(t, "load 15s\n  x{instance=\"a\"} 0+1x1000\n", nil)
	s := server.store(t)
	ask := func(now, end time.Duration, userWritten bool) string {
		s.now = func() time.Time { return timeAt(now) }
		result, err := s.Evaluate(t.Context(), Query{Expr: "x", Start: timeAt(end), End: timeAt(end), UserWritten: userWritten})
		require.NoError(t, err)
		return result.Value.String()
	}
	require.Equal(t, `{__name__="x", node="a"} => 480 @[7200000]`, ask(7203*time.Second, 7203*time.Second, false))
	require.Equal(t, `{__name__="x", node="a"} => 480 @[7200000]`, ask(7213*time.Second, 7213*time.Second, false))
	require.Len(t, server.requests, 1)
	require.Equal(t, `{__name__="x", node="a"} => 481 @[7215000]`, ask(7216*time.Second, 7216*time.Second, false))
	require.Equal(t, `{__name__="x", instance="a"} => 481 @[7216000]`, ask(7216*time.Second, 7216*time.Second, true), "an expression of a user")
	require.Equal(t, `{__name__="x", node="a"} => 240 @[3607000]`, ask(7216*time.Second, 3607*time.Second, false), "in the past")
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
	s := newEngine(t, script.String(), nil).store(t, func(c *Config) { c.MaxSamples = 100_000 })
	now := 2000 * time.Second
	for range 300 {
		now += time.Duration(random.IntN(20)) * time.Second
		if now > 5900*time.Second {
			break
		}
		s.now = func() time.Time { return timeAt(now) }
		step := []time.Duration{15 * time.Second, time.Minute}[random.IntN(2)]
		length := time.Duration(1+random.IntN(4)) * 5 * time.Minute
		q := Query{
			Expr:  []string{"x", "sum by (node) (x)", "topk(2, x)", "rate(x[1m])", "max_over_time(x[5m:15s])"}[random.IntN(5)],
			Start: timeAt(now - length).Truncate(step), End: timeAt(now).Truncate(step), Step: step,
		}
		got, err := s.Evaluate(t.Context(), q)
		require.NoError(t, err)
		expr, _, err := s.rewrite(t.Context(), q)
		require.NoError(t, err)
		q.Expr = expr
		want, err := s.send(t.Context(), q)
		require.NoError(t, err)
		require.Equal(t, want.Value.String(), got.Value.String(), "%s at %s", expr, now)
	}
}

func TestCacheIsBounded(t *testing.T) {
	var c resultCache
	put := func(name string, bytes uint64) {
		c.put(&entry{key: name, bytes: bytes, expires: noon.Add(time.Minute), start: noon, end: noon, final: noon})
	}
	put("too large", maxEntryBytes+1)
	require.Nil(t, c.get("too large", noon))
	for i := range 20 {
		put(fmt.Sprint(i), maxEntryBytes)
		require.LessOrEqual(t, c.bytes, uint64(maxCacheBytes))
	}
	require.Nil(t, c.get("11", noon))
	require.NotNil(t, c.get("12", noon))
	put("12", 1)
	require.EqualValues(t, 7*maxEntryBytes+1, c.bytes)
	require.Nil(t, c.get("13", noon.Add(time.Hour)), "out of date")
	require.Equal(t, len(c.entries), c.recent.Len())
}

// Partial results and errors are not reused.
func TestFailuresAreNotReused(t *testing.T) {
	server := newFakeServer(t, nil)
	s := server.store(t)
	for i, body := range []string{`{"status": "error", "errorType": "bad_data", "error": "x"}`, strings.Replace(vector(), `"data"`, `"isPartial": true, "data"`, 1), vector()} {
		server.respond = always(200, body)
		_, _ = s.Evaluate(t.Context(), Query{Expr: "x", Start: noon, End: noon})
		require.Len(t, server.requests, i+1)
	}
	_, _ = s.Evaluate(t.Context(), Query{Expr: "x", Start: noon, End: noon})
	require.Len(t, server.requests, 3)
}
