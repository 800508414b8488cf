package datasource

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/receiver"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

// counted is a Falco that counts who asks it, by the Authorization header.
type counted struct {
	*httptest.Server
	mu    sync.Mutex
	asked map[string]int
}

func newCounted(t *testing.T) *counted {
	c := &counted{asked: map[string]int{}}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.asked[r.Header.Get("Authorization")]++
		c.mu.Unlock()
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		fmt.Fprintln(w, `falcosecurity_falco_version_info{version="0.44.1"} 1`)
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *counted) total() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, times := range c.asked {
		n += times
	}
	return n
}

// names are the credentials that it has been asked with.
func (c *counted) names() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Keys(c.asked))
}

// origin is the process and the time that an answer names.
func origin(t *testing.T, d *Instance) map[string]any {
	t.Helper()
	var found map[string]any
	require.Eventually(t, func() bool {
		res := now(d, `{"signals": ["up"], "instant": true}`)
		if res.Error != nil || len(res.Frames) == 0 {
			return false
		}
		custom, _ := res.Frames[0].Meta.Custom.(map[string]any)
		found, _ = custom["history"].(map[string]any)
		return found != nil && len(res.Frames[0].Fields) > 0
	}, 10*time.Second, 20*time.Millisecond)
	return found
}

// Two data sources on the same target, of one organisation and with the same credentials, share its scrapes and history.
func TestDataSourcesShareScrapes(t *testing.T) {
	falco := newCounted(t)
	pool := scrape.NewManager(scrape.ManagerOptions{})
	defer pool.Close()
	one, other := inOrganisation(t, pool, 1, falco.URL, "word"), inOrganisation(t, pool, 1, falco.URL, "word")
	defer one.Dispose()
	defer other.Dispose()
	require.Equal(t, origin(t, one), origin(t, other), "one process, one history")
	require.Len(t, falco.names(), 1)
	require.Equal(t, one.source.Executor.HistoryStart(), other.source.Executor.HistoryStart())
}

// What one organisation, or one set of credentials, has fetched another one never sees, from the same address or not.
func TestNothingIsSharedAcrossOrganisations(t *testing.T) {
	falco := newCounted(t)
	pool := scrape.NewManager(scrape.ManagerOptions{})
	defer pool.Close()
	first := inOrganisation(t, pool, 1, falco.URL, "word")
	defer first.Dispose()
	origin(t, first)
	before := falco.total()
	second := inOrganisation(t, pool, 2, falco.URL, "word")
	defer second.Dispose()
	origin(t, second)
	require.Greater(t, falco.total(), before, "it is asked again for the second")

	third := inOrganisation(t, pool, 1, falco.URL, "another")
	defer third.Dispose()
	origin(t, third)
	require.Len(t, falco.names(), 2)
}

// Each replica of Grafana has a process of its own: every answer tells which one it is from, and since when that has figures.
func TestReplicasTellWhoseHistoryItIs(t *testing.T) {
	falco := newCounted(t)
	var seen []map[string]any
	for range 2 {
		pool := scrape.NewManager(scrape.ManagerOptions{})
		defer pool.Close()
		d := inOrganisation(t, pool, 1, falco.URL, "word")
		defer d.Dispose()
		found := origin(t, d)
		require.Equal(t, d.source.Executor.HistoryStart().UTC().Format(time.RFC3339), found["since"])
		seen = append(seen, found)
	}
	require.NotEqual(t, seen[0]["process"], seen[1]["process"])
	require.GreaterOrEqual(t, falco.total(), 2, "each scrapes for itself")
}

func inOrganisation(t *testing.T, pool *scrape.Manager, org int64, url, password string) *Instance {
	t.Helper()
	settings := settingsOf(url, password)
	ctx := backend.WithPluginContext(t.Context(), backend.PluginContext{OrgID: org, DataSourceInstanceSettings: &settings}) //nolint:staticcheck // SA1019: as in newInstance
	made, err := Factory(pool, receiver.NewRecorder())(ctx, settings)
	require.NoError(t, err)
	d := made.(*Instance)
	require.NoError(t, d.broken)
	return d
}
