package promapi

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/prometheus/prometheus/promql"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/budget"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi/promapitest"
)

// asUser returns a context for the queries of a user to a data source.
func asUser(t *testing.T, login, uid string) context.Context {
	return budget.WithClient(backend.WithPluginContext(t.Context(), backend.PluginContext{
		OrgID: 1, User: &backend.User{Login: login}, DataSourceInstanceSettings: &backend.DataSourceInstanceSettings{UID: uid}, //nolint:staticcheck // SA1019: every supported Grafana sends the number
	}), login == "")
}

// matrixOf returns a response with one series of some points.
func matrixOf(points int) string {
	var all []string
	for i := range slices.Backward(make([]bool, points)) {
		all = append(all, fmt.Sprintf(`[%d, "1"]`, promapitest.Noon.Unix()-int64(i)))
	}
	return `{"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {"a": "b"}, "values": [` + strings.Join(all, ",") + `]}]}}`
}

func rangeQuery(expr string) Query {
	return Query{Expr: expr, Start: promapitest.Noon.Add(-time.Hour), End: promapitest.Noon, Step: time.Second}
}

// A response that does not fit into its place gets the large place, and one that does not fit in there is refused. Nothing of
// either stays counted.
func TestLargeResponses(t *testing.T) {
	server := newFakeServer(t, nil)
	s := server.client(t, func(c *Config) { c.MaxSamples, c.Shared = 3200, NewShared(budget.New(1)) }) // 150 samples, or 800
	ctx := asUser(t, "a", "falco")
	for range 20 {
		for points, want := range map[int]string{
			100: "", 700: "",
			801: "The Prometheus server's response needs more memory than 800 samples, which is the share of a query of limits.maxSamples. The plugin discarded it. Narrow the time range or the filters, or raise limits.maxSamples.",
		} {
			server.Respond = promapitest.Always(200, matrixOf(points))
			result, err := s.Evaluate(ctx, rangeQuery("x"))
			s.config.Shared.cache.drop(s)
			if want != "" {
				require.EqualError(t, err, want)
				continue
			}
			require.NoError(t, err)
			require.Len(t, result.Value.(promql.Matrix)[0].Floats, points)
			_, err = s.config.Shared.budget.Hold(ctx, 800, 3200)
			require.ErrorAs(t, err, new(budget.ResultsFull), "the result is counted until it is released")
			result.Release()
			result.Release()
		}
	}
	release, err := s.config.Shared.budget.Hold(ctx, 800, 3200)
	require.NoError(t, err)
	release()
}

// Lists of strings count as well.
func TestLargeListsOfLabels(t *testing.T) {
	body := `{"status": "success", "data": ["` + strings.Repeat(`a", "`, 1000) + `a"]}`
	s := newFakeServer(t, promapitest.Always(200, body)).client(t, func(c *Config) { c.MaxSamples = 3200 })
	_, err := s.LabelNames(asUser(t, "a", "falco"), 0, 1)
	require.ErrorContains(t, err, "needs more memory than 800 samples")
}

// Callers that share a result give it back together, also those that have given up.
func TestSharedResultsAreReleasedOnce(t *testing.T) {
	var f flights
	freed, proceed := 0, make(chan struct{})
	send := func(context.Context, []Query) ([]Result, []error) {
		<-proceed
		return make([]Result, 1), make([]error, 1)
	}
	finish := func(context.Context, Result, error) (Result, func(), error) {
		return Result{}, func() { freed++ }, nil
	}
	gone, cancel := context.WithCancel(t.Context())
	results := make(chan Result)
	for _, ctx := range []context.Context{t.Context(), t.Context(), gone} {
		go func() {
			result, err := f.do(ctx, errand{key: "key", finish: finish}, admitAll, send)
			if err == nil {
				results <- result
			}
		}()
	}
	waiting := func(n int) {
		require.Eventually(t, func() bool {
			f.mu.Lock()
			defer f.mu.Unlock()
			return f.running["key"] != nil && f.running["key"].waiting == n
		}, 30*time.Second, time.Millisecond)
	}
	waiting(3)
	cancel()
	waiting(2)
	close(proceed)
	first, second := <-results, <-results
	first.Release()
	first.Release()
	require.Zero(t, freed)
	second.Release()
	require.Equal(t, 1, freed)
}

// heldServer answers expressions that begin with "heavy" only when its test lets it: either the whole response is late, or
// its body.
func heldServer(t *testing.T, lateBody bool) (c Config, inside *atomic.Int32, release func()) {
	gate := make(chan struct{})
	inside = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		w.Header().Set("Content-Type", "application/json")
		if strings.HasPrefix(r.Form.Get("query"), "heavy") {
			if lateBody {
				w.WriteHeader(http.StatusOK)
				_ = http.NewResponseController(w).Flush()
			}
			inside.Add(1)
			<-gate
		}
		_, _ = w.Write([]byte(matrixOf(10)))
	}))
	t.Cleanup(server.Close)
	u, err := ParseURL(server.URL)
	require.NoError(t, err)
	return Config{URL: u, Method: http.MethodPost, Interval: 15 * time.Second, Timeout: time.Minute}, inside, sync.OnceFunc(func() { close(gate) })
}

// While one user's heavy queries take everything that user can have, other users, alert rules and other data sources are
// answered, whether the server is slow to evaluate or slow to send.
func TestHeavyQueriesOfOneUser(t *testing.T) {
	for _, lateBody := range []bool{false, true} {
		t.Run(fmt.Sprint("late body ", lateBody), func(t *testing.T) {
			config, inside, release := heldServer(t, lateBody)
			defer release()
			config.Shared = NewShared(budget.New(1))
			var clients []*Client
			for range 2 {
				c, err := New(config)
				require.NoError(t, err)
				t.Cleanup(c.Close)
				clients = append(clients, c)
			}
			done := make(chan error)
			for i := range 20 {
				go func() {
					result, err := clients[0].Evaluate(asUser(t, "greedy", "busy"), rangeQuery(fmt.Sprintf("heavy%d", i)))
					result.Release()
					done <- err
				}()
			}
			require.Eventually(t, func() bool { return inside.Load() == 6 }, 30*time.Second, time.Millisecond)
			for _, ask := range []struct {
				client    *Client
				user, uid string
			}{{clients[0], "modest", "busy"}, {clients[0], "", "busy"}, {clients[1], "modest", "quiet"}, {clients[1], "", "quiet"}} {
				result, err := ask.client.Evaluate(asUser(t, ask.user, ask.uid), rangeQuery("light of "+ask.user+ask.uid))
				require.NoError(t, err)
				require.Len(t, result.Value, 1)
				result.Release()
			}
			require.EqualValues(t, 6, inside.Load(), "the others wait")
			release()
			for range 20 {
				require.NoError(t, <-done)
			}
		})
	}
}

// A caller that waits behind its own heavy queries does not hold up another one that asks the same.
func TestIdenticalQueriesOfABusyUser(t *testing.T) {
	config, inside, release := heldServer(t, false)
	defer release()
	s, err := New(config)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	done := make(chan error)
	ask := func(user, expr string) {
		result, err := s.Evaluate(asUser(t, user, "falco"), rangeQuery(expr))
		result.Release()
		done <- err
	}
	for i := range 6 {
		go ask("greedy", fmt.Sprintf("heavy%d", i))
	}
	require.Eventually(t, func() bool { return inside.Load() == 6 }, 30*time.Second, time.Millisecond)
	go ask("greedy", "light")
	require.Eventually(t, func() bool {
		s.flights.mu.Lock()
		defer s.flights.mu.Unlock()
		return len(s.flights.running) == 7
	}, 30*time.Second, time.Millisecond)
	go ask("modest", "light")
	require.NoError(t, <-done)
	require.NoError(t, <-done, "both have the result")
	release()
	for range 6 {
		require.NoError(t, <-done)
	}
}

// What is kept of all servers together is bounded, and goes with its client.
func TestClientsShareTheCache(t *testing.T) {
	shared := NewShared(budget.Default())
	server := newFakeServer(t, promapitest.Always(200, promapitest.Vector(`{"a": "b"} 1`)))
	first := server.client(t, func(c *Config) { c.Shared = shared })
	second := server.client(t, func(c *Config) { c.Shared = shared })
	for _, s := range []*Client{first, second, first, second} {
		result, err := s.Evaluate(t.Context(), Query{Expr: "x", End: promapitest.Noon})
		require.NoError(t, err)
		result.Release()
	}
	require.Len(t, server.Requests, 2, "one for each, because their credentials may differ")
	require.Len(t, shared.cache.entries, 2)
	first.Close()
	require.Len(t, shared.cache.entries, 1)
	second.Close()
	require.Zero(t, shared.cache.bytes)
}
