package datasource

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
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

// beginning is a fleet whose first scrape came a second before noon. The second comes while a request waits for rates.
type beginning struct {
	*fakeFleet
	now *time.Time
}

func (f beginning) Wait(_ context.Context, scrapes int) error {
	if scrapes == 2 {
		f.scrapedAt(noon.Add(time.Second), 200)
		*f.now = noon.Add(1100 * time.Millisecond)
	}
	return nil
}

func (f beginning) scrapedAt(at time.Time, events float64) {
	labels := []string{"cluster", "demo", "node", "node-1"}
	f.setAt(at, events, append(labels, "__name__", "falcosecurity_scap_n_evts_total")...)
	f.setAt(at, events/20, append(labels, "__name__", "falcosecurity_scap_n_drops_total")...)
	f.setAt(at, 1, append(labels, "__name__", "up")...)
}

// A user saves the data source and looks at a rate at once. Its only value is after the end of the range, between two steps, and
// is shown at the end of the range.
func TestFirstLookAtARate(t *testing.T) {
	d, f := newTest(t, falco("node-1", kernelCounters...))
	now := noon
	d.source.Now = func() time.Time { return now }
	f.since = noon.Add(-time.Second)
	fleet := beginning{f, &now}
	fleet.scrapedAt(f.since, 100)
	d.source.Executor.(*executor.Embedded).Fleet = fleet

	for _, q := range []string{`{"signals": ["kernel-drop-ratio"]}`, `{"signals": ["kernel-drop-ratio"], "format": "table"}`} {
		now = noon
		res := queryOne(t, d, q)
		require.NoError(t, res.Error)
		require.Equal(t, 1, res.Frames[0].Rows(), q)
		require.InDelta(t, 0.05, figure(t, res.Frames[0], 0), 1e-9)
		if field := res.Frames[0].Fields[0]; field.Type() == data.FieldTypeTime {
			require.Equal(t, noon, field.At(0), "panels leave out what comes after their range")
		}
	}
}
