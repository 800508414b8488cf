package datasource

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

// The request that starts the scraping asks for a range that ended before it: it sees the first scrape all the same.
func TestFirstLook(t *testing.T) {
	server := overloaded(t)
	pool := scrape.NewManager(scrape.ManagerOptions{})
	t.Cleanup(pool.Close)
	asked := time.Now()
	d := start(t, pool, server.URL+"/metrics", password)
	t.Cleanup(d.Dispose)

	answer, err := d.QueryData(t.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{{
		RefID: "A", JSON: json.RawMessage(`{"queryType": "signal", "signals": ["up"], "instant": true}`),
		TimeRange: backend.TimeRange{From: asked.Add(-time.Minute), To: asked},
	}}})

	require.NoError(t, err)
	res := answer.Responses["A"]
	require.NoError(t, res.Error)
	require.Len(t, res.Frames, 1)
	require.Len(t, res.Frames[0].Fields, 1, "a value, not an empty frame")
	require.Equal(t, 1.0, res.Frames[0].Fields[0].At(0))
}
