package datasource

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/prometheus/prometheus/promql"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

// serveHistory answers queries of the Prometheus API with Prometheus's engine over a history.
func serveHistory(h *history.History) http.HandlerFunc {
	engine := history.NewEngine(history.EngineOptions{MaxSamples: 1e8, Timeout: time.Minute})
	data := history.NewView([]*history.History{h}, nil, "")
	return func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		seconds := func(name string) float64 { v, _ := strconv.ParseFloat(r.Form.Get(name), 64); return v }
		at := func(name string) time.Time { return time.UnixMilli(int64(1000 * seconds(name))) }
		var (
			q   promql.Query
			err error
		)
		switch r.URL.Path {
		case "/api/v1/query":
			q, err = engine.NewInstantQuery(r.Context(), data, nil, r.Form.Get("query"), at("time"))
		case "/api/v1/query_range":
			q, err = engine.NewRangeQuery(r.Context(), data, nil, r.Form.Get("query"), at("start"), at("end"), time.Duration(1e9*seconds("step")))
		default:
			http.NotFound(w, r)
			return
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		defer q.Close()
		w.Header().Set("Content-Type", "application/json")
		result := q.Exec(r.Context())
		if result.Err != nil {
			w.WriteHeader(http.StatusUnprocessableEntity)
			fmt.Fprintf(w, `{"status": "error", "errorType": "execution", "error": %q}`, result.Err)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"status": "success", "data": map[string]any{"resultType": result.Value.Type(), "result": result.Value}})
	}
}

// The report of a Prometheus server is that of the history. Its identity label is instance, and so is that of the
// expression of the settings.
func TestImpactInPrometheusMode(t *testing.T) {
	h := history.New(history.Options{})
	now := time.Now()
	writeImpact(h, now, 10, 5, "instance", "job", "falco")
	d := storeWithSettings(t, `"impact": {"expressions": [{"name": "request latency", "expression": "avg by (instance) (request_seconds)", "unit": "s", "worse": "higher"}]}, `, serveHistory(h))
	text := `{"queryType": "impact", "window": "30m", "signals": ["memory-rss-avg", "request latency"]}`
	res, err := d.QueryData(t.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{
		{RefID: "A", JSON: json.RawMessage(text), TimeRange: backend.TimeRange{From: now.Add(-time.Hour), To: now}},
	}})
	require.NoError(t, err)
	require.Equal(t, []string{
		"Version change 0.44.1 → 0.45.0 | Average memory (RSS) | higher by 19–21 % | 5 / 5",
		"Version change 0.44.1 → 0.45.0 | request latency | no measurable change | 5 / 5",
	}, rows(t, res.Responses["A"], "event", "figure", "verdict", "nodes"))
}
