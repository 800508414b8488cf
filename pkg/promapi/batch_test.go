package promapi

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi/promapitest"
)

// Queries of one time go together, and each gets the result, or the error, that it gets alone.
func TestQueriesTogetherEqualQueriesAlone(t *testing.T) {
	exprs := []string{
		`x`,
		`x{instance="a"} or y`,
		`sum by (instance) (rate(x[1m]))`,
		`count(x)`,
		`x * on (instance) group_left () y`,
		`nothing`,
		`x + on () y`, // many-to-many
		`vector(1)`,
		`1 + 1`, // no vector
		`{__name__=~"x|y"}`,
		`label_replace(x, "z", "$1", "instance", "(.*)")`,
	}
	for _, step := range []time.Duration{0, 15 * time.Second} {
		server := newEngine(t, "load 15s\n  x{instance=\"a\",b=\"1\"} 0+1x100\n  x{instance=\"b\",zz=\"1\"} 0+2x100\n  y{instance=\"a\"} 0+3x100\n", nil)
		client := server.client(t)
		query := func(expr string) Query {
			q := Query{Expr: expr, Start: promapitest.TimeAt(10 * time.Minute), End: promapitest.TimeAt(10 * time.Minute), Step: step}
			if step > 0 {
				q.Start = q.Start.Add(-5 * time.Minute)
			}
			return q
		}
		results, errs := make([]Result, len(exprs)), make([]error, len(exprs))
		var all sync.WaitGroup
		for i, expr := range exprs {
			all.Go(func() { results[i], errs[i] = client.Evaluate(t.Context(), query(expr)) })
		}
		all.Wait()
		for i, expr := range exprs {
			alone, err := server.client(t).Send(t.Context(), query(expr))
			require.Equal(t, fmt.Sprint(err), fmt.Sprint(errs[i]), expr)
			if err != nil {
				continue
			}
			require.Equal(t, expr, results[i].Executed)
			require.Equal(t, alone.Value.Type(), results[i].Value.Type(), expr)
			require.ElementsMatch(t, lines(alone), lines(results[i]), "%s every %s", expr, step)
		}
	}
}

// lines prints the series of a value.
func lines(r Result) []string {
	var out []string
	switch v := r.Value.(type) {
	case promql.Vector:
		for _, s := range v {
			out = append(out, s.String())
		}
	default:
		out = strings.Split(v.String(), "\n")
	}
	return out
}

// What does not fit into a request goes into the next one, and users' own expressions go alone. A long URL is refused earlier
// than a long body.
func TestSizeOfRequests(t *testing.T) {
	server := newEngine(t, "load 15s\n  x{instance=\"a\"} 0+1x100\n", nil)
	long := strings.Repeat(" + 0", 1000)
	for method, sizes := range map[string]struct{ bytes, requestsOfLong int }{http.MethodPost: {36 << 10, 2}, http.MethodGet: {16 << 10, 4}} {
		client := server.client(t, func(c *Config) { c.Method = method })
		ask := func(count int, expr func(i int) string, user bool) (requests int) {
			server.Requests = nil
			var all sync.WaitGroup
			for i := range count {
				all.Go(func() {
					_, err := client.Evaluate(t.Context(), Query{Expr: expr(i), Start: promapitest.TimeAt(time.Minute), End: promapitest.TimeAt(time.Minute), UserWritten: user})
					require.NoError(t, err)
				})
			}
			all.Wait()
			for _, request := range server.Requests {
				require.Less(t, len(request.Parameters.Get("query")), sizes.bytes)
			}
			return len(server.Requests)
		}
		require.Equal(t, 5, ask(5, func(i int) string { return fmt.Sprintf("x * %d", i) }, true))
		require.GreaterOrEqual(t, ask(12, func(i int) string { return fmt.Sprintf("x * %d%s", i, long) }, false), sizes.requestsOfLong, "4 kB each")
		require.Less(t, ask(100, func(i int) string { return fmt.Sprintf("x * 1%d", i) }, false), 50)
	}
}

// Queries that arrive while another waits for them go with it, even if all of them could be sent at once.
func TestQueriesOfAMomentGoTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := flights{mostBytes: func() int { return largeBytesTogether }}
		var mu sync.Mutex
		var sizes []int
		send := func(_ context.Context, queries []Query) ([]Result, []error) {
			mu.Lock()
			defer mu.Unlock()
			sizes = append(sizes, len(queries))
			return make([]Result, len(queries)), make([]error, len(queries))
		}
		finish := func(_ context.Context, r Result, err error) (Result, func(), error) { return r, nil, err }
		ask := func(count int, class func(i int) string, after func(i int) time.Duration) []int {
			sizes = nil
			for i := range count {
				time.AfterFunc(after(i), func() {
					q := Query{Expr: fmt.Sprint("x", i)}
					_, err := f.do(t.Context(), errand{q.Expr, batch{q, class(i)}, nil, finish}, admitAll, send)
					require.NoError(t, err)
				})
			}
			time.Sleep(time.Second)
			mu.Lock()
			defer mu.Unlock()
			slices.Sort(sizes)
			return sizes
		}
		instant, atOnce := func(int) string { return "instant" }, func(int) time.Duration { return 0 }
		require.Equal(t, []int{8, 32}, ask(40, instant, atOnce))
		require.Equal(t, []int{6}, ask(6, instant, func(i int) time.Duration { return time.Duration(i) * 4 * time.Millisecond }), "as long as others arrive")
		require.Equal(t, []int{1, 1}, ask(2, instant, func(i int) time.Duration { return time.Duration(i) * 11 * time.Millisecond }))
		require.Equal(t, []int{5, 5}, ask(10, func(i int) string { return fmt.Sprint(i % 2) }, atOnce), "of different times")
		require.Equal(t, []int{1, 1, 1}, ask(3, func(int) string { return "" }, atOnce), "alone")
	})
}

// The expressions of Vectors go together. One that the server rejects does not keep the others from being evaluated.
func TestVectors(t *testing.T) {
	server := newEngine(t, "load 15s\n  x{instance=\"a\"} 0+1x100\n  y{instance=\"b\"} 0+2x100\n", nil)
	client, at := server.client(t), promapitest.TimeAt(time.Minute)
	found, err := client.Vectors(t.Context(), []string{"x", "nothing", "y * 10"}, at)
	require.NoError(t, err)
	require.Equal(t, `[{__name__="x", instance="a"} => 4 @[60000]  {instance="b"} => 80 @[60000]]`, fmt.Sprint(found))
	require.Len(t, server.Requests, 1)
	_, err = client.Vectors(t.Context(), []string{"x", `label_replace(x, "instance", "", "", "") + on () {__name__=~"x|y"}`, "y"}, at)
	require.ErrorContains(t, err, "The Prometheus server rejected the expression")
}

// A proxy in front of the server may accept less than the server.
func TestRequestThatIsTooLong(t *testing.T) {
	server := newEngine(t, "load 15s\n  x{instance=\"a\"} 0+1x100\n", nil)
	answer := server.Respond
	server.Respond = func(path string, p url.Values) (int, string) {
		if len(p.Get("query")) > 200 {
			return http.StatusRequestEntityTooLarge, "<html>"
		}
		return answer(path, p)
	}
	found, err := server.client(t).Vectors(t.Context(), []string{"x", "x * 2", "x * 3", "x * 4", "x * 5"}, promapitest.TimeAt(time.Minute))
	require.NoError(t, err)
	require.Equal(t, []float64{4, 8, 12, 16, 20}, []float64{found[0][0].F, found[1][0].F, found[2][0].F, found[3][0].F, found[4][0].F})
}
