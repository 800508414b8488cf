package datasource

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi/promapitest"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/receiver"
)

// A refresh of the overview after a scrape sends a third at most of the 137 requests that it took when each expression had its
// own, with those for the list of targets and for counters that fell. Which expressions go together depends on when they
// arrive, so the best of three counts.
func TestRequestsOfAWarmOverview(t *testing.T) {
	f := newBenchFleet(t, 6, 241)
	server := promapitest.NewServer(t, promapitest.Evaluate(t, f.Queryable(), nil))
	f.useStore(t, backend.DataSourceInstanceSettings{JSONData: json.RawMessage(fmt.Sprintf(
		`{"mode": "prometheus", "prometheus": {"url": %q, "identityLabels": ["cluster", "node"]}, "scrapeInterval": "15s"}`, server.URL))})
	defer f.instance.Dispose()
	var counts []int
	for range 4 {
		f.scrape()
		server.Requests = nil
		f.askAtOnce(t, refresh(t, "../../src/dashboards/overview.json", 6, f.now))
		counts = append(counts, len(server.Requests))
	}
	require.LessOrEqual(t, slices.Min(counts[1:]), 45, "%v", counts)
}

// useStore opens a data source in Prometheus mode, whose clock is that of the fleet.
func (f *benchFleet) useStore(t testing.TB, settings backend.DataSourceInstanceSettings) {
	f.instance = newInstance(t.Context(), settings, nil, receiver.NewRecorder(), executor.NewShared())
	require.NoError(t, f.instance.broken)
	f.instance.source.Executor.Release()
	config := *f.instance.source.Settings.Store
	config.Now = func() time.Time { return f.now }
	store, err := executor.NewPrometheus(config, executor.NewShared())
	require.NoError(t, err)
	f.instance.source.Executor, f.instance.source.Now = store, config.Now
}
