package promapitest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/storage"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

// NewEngine returns a server that evaluates queries with Prometheus's engine over the samples of a promqltest script. other
// answers all other requests; it may be nil.
func NewEngine(t *testing.T, script string, other func(path string, p url.Values) (int, string)) *Server {
	t.Helper()
	samples := promqltest.LoadedStorage(t, script)
	t.Cleanup(func() { samples.Close() })
	return NewServer(t, Evaluate(t, samples, other))
}

// Evaluate answers queries with Prometheus's engine, one at a time. other answers all other requests; it may be nil.
func Evaluate(t *testing.T, samples storage.Queryable, other func(path string, p url.Values) (int, string)) func(path string, p url.Values) (int, string) {
	engine := history.NewEngine(history.EngineOptions{MaxSamples: 1e7, Timeout: time.Minute})
	at := func(text string) time.Time {
		seconds, err := strconv.ParseFloat(text, 64)
		require.NoError(t, err)
		return time.UnixMilli(int64(seconds * 1000))
	}
	var mu sync.Mutex // the storage of a script does not allow concurrent use
	return func(path string, p url.Values) (int, string) {
		mu.Lock()
		defer mu.Unlock()
		var (
			q   promql.Query
			err error
		)
		switch path {
		case "query":
			q, err = engine.NewInstantQuery(t.Context(), samples, nil, p.Get("query"), at(p.Get("time")))
		case "query_range":
			step, _ := strconv.ParseFloat(p.Get("step"), 64)
			q, err = engine.NewRangeQuery(t.Context(), samples, nil, p.Get("query"), at(p.Get("start")), at(p.Get("end")), time.Duration(step*1e9))
		default:
			return other(path, p)
		}
		if err != nil {
			return 400, fmt.Sprintf(`{"status": "error", "errorType": "bad_data", "error": %q}`, err)
		}
		result := q.Exec(t.Context())
		if result.Err != nil {
			return 422, fmt.Sprintf(`{"status": "error", "errorType": "execution", "error": %q}`, result.Err)
		}
		data, err := json.Marshal(map[string]any{"status": "success", "data": map[string]any{"resultType": result.Value.Type(), "result": result.Value}})
		require.NoError(t, err)
		return 200, string(data)
	}
}

// TimeAt returns a time of a script, whose first sample is at 0.
func TimeAt(d time.Duration) time.Time { return time.UnixMilli(d.Milliseconds()) }
