package settings

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/store"
)

func TestStoreSettings(t *testing.T) {
	s, err := Parse(json.RawMessage(`{
		"mode": "prometheus", "scrapeInterval": "30s", "targets": [{"url": "kept for later"}],
		"limits": {"responseSizeLimit": "64MB"},
		"prometheus": {"url": "mimir/prometheus", "identityLabels": ["cluster", "node"], "matchers": "job=\"falco\"", "method": "get", "parameters": "?dedup=true",
			"tenant": "team-a", "memoryLimit": "1Gi", "expectedInstances": 3}
	}`), signals.Load())
	require.NoError(t, err)
	require.Equal(t, "http://mimir/prometheus", s.Store.URL.String())
	require.Equal(t, store.Identity{"cluster", "node"}, s.Store.Identity)
	require.Equal(t, "GET", s.Store.Method)
	require.Equal(t, "dedup=true", s.Store.Parameters.Encode())
	require.Equal(t, http.Header{"X-Scope-Orgid": {"team-a"}}, s.Store.Header)
	require.Equal(t, 30*time.Second, s.Store.Interval)
	require.EqualValues(t, 64<<20, s.Store.MaxResponseBytes)
	require.Equal(t, []scrape.Gauge{
		{Name: "falco_target_thread_table_size", Value: 262144}, {Name: "falco_target_memory_limit_bytes", Value: 1 << 30}, {Name: "falco_target_expected", Value: 3},
	}, s.Store.Gauges)

	least, err := Parse(json.RawMessage(`{"mode": "prometheus", "limits": {"responseSizeLimit": ""}, "prometheus": {"url": "prometheus:9090"}}`), signals.Load())
	require.NoError(t, err)
	require.EqualValues(t, promapi.DefaultMaxResponseBytes, least.Store.MaxResponseBytes)

	for raw, want := range map[string]string{
		`{"url": "a", "method": "PUT"}`:                      `prometheus.method is "PUT": expected GET or POST`,
		`{"url": "a", "parameters": "query=x"}`:              `prometheus.parameters holds "query", which every query sets itself: remove it`,
		`{"url": "a", "parameters": "api_key=x"}`:            `prometheus.parameters holds "api_key", which every viewer could read: remove it and send it as a header`,
		`{"url": "a", "parameters": "%"}`:                    "prometheus.parameters cannot be read: expected them as in an address, such as dedup=true&partial_response=true",
		`{"url": "a", "tenant": "x", "tenantHeader": "a b"}`: `prometheus.tenantHeader is "a b": expected the name of an HTTP header, such as X-Scope-OrgID`,
		`{"url": "a", "tenant": "x\ny"}`:                     `prometheus.tenant is "x\ny": expected a value for an HTTP header, without control characters`,
		`{"url": "a", "memoryLimit": "x"}`:                   `prometheus.memoryLimit is "x": expected an amount of memory as Kubernetes writes it, such as 512Mi, 1.5Gi or 800M`,
		`{"url": 1}`:                                         "prometheus.url: expected a string in quotes, found number",
	} {
		_, err := Parse(json.RawMessage(`{"mode": "prometheus", "prometheus": `+raw+`}`), signals.Load())
		require.EqualError(t, err, want, raw)
	}
}
