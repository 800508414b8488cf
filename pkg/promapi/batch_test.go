package promapi

import (
	"fmt"
	"strings"
	"sync"
	"testing"
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

// What does not fit into a request goes into the next one, and users' own expressions go alone.
func TestSizeOfRequests(t *testing.T) {
	server := newEngine(t, "load 15s\n  x{instance=\"a\"} 0+1x100\n", nil)
	client := server.client(t)
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
			require.Less(t, len(request.Parameters.Get("query")), 16<<10)
		}
		return len(server.Requests)
	}
	long := strings.Repeat(" + 0", 1000)
	require.Equal(t, 5, ask(5, func(i int) string { return fmt.Sprintf("x * %d", i) }, true))
	require.GreaterOrEqual(t, ask(8, func(i int) string { return fmt.Sprintf("x * %d%s", i, long) }, false), 3, "two of 4 kB each")
	require.Less(t, ask(100, func(i int) string { return fmt.Sprintf("x * 1%d", i) }, false), 50)
}
