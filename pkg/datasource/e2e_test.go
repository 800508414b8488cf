package datasource

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

const password = "correct horse"

// overloaded answers as a Falco that handles 1000 events a second and loses 80 of them.
func overloaded(t *testing.T) *httptest.Server {
	start := time.Now().Add(-time.Hour)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, given, _ := r.BasicAuth(); given != password {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		lots := int64(time.Since(start).Seconds() * 40) // whole lots of 25 events: the ratio is exact at any moment
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		for _, sample := range []string{
			`falcosecurity_falco_version_info{version="0.44.1"} 1`,
			`falcosecurity_evt_hostname_info{hostname="worker-1"} 1`,
			`falcosecurity_scap_engine_name_info{engine_name="modern_bpf",evt_source="syscall"} 1`,
			fmt.Sprintf("falcosecurity_falco_start_timestamp_nanoseconds %d", start.UnixNano()),
			fmt.Sprintf("falcosecurity_scap_n_evts_total %d", 25*lots),
			fmt.Sprintf("falcosecurity_scap_n_drops_total %d", 2*lots),
		} {
			fmt.Fprintf(w, "# HELP x https://falco.org/docs/metrics/\n# TYPE x counter\n%s\n", sample)
		}
	}))
	t.Cleanup(server.Close)
	return server
}

// start makes an instance as the SDK does.
func start(t *testing.T, pool *scrape.Manager, url, password string) *Instance {
	t.Helper()
	return inOrganisation(t, pool, 1, url, password)
}

func settingsOf(url, password string) backend.DataSourceInstanceSettings {
	return backend.DataSourceInstanceSettings{
		UID: "falco", Name: "Falco", BasicAuthEnabled: true, BasicAuthUser: "grafana",
		JSONData:                json.RawMessage(fmt.Sprintf(`{"scrapeInterval": "1s", "targets": [{"url": %q, "labels": {"cluster": "test"}}]}`, url)),
		DecryptedSecureJSONData: map[string]string{"basicAuthPassword": password},
	}
}

// now asks for the last five minutes as an alert rule does.
func now(d *Instance, query string) backend.DataResponse {
	res, err := d.QueryData(context.Background(), &backend.QueryDataRequest{
		Headers: map[string]string{"FromAlert": "true"},
		Queries: []backend.DataQuery{{
			RefID: "A", JSON: json.RawMessage(query), Interval: time.Second, MaxDataPoints: 43_200,
			TimeRange: backend.TimeRange{From: time.Now().Add(-5 * time.Minute), To: time.Now()},
		}},
	})
	if err != nil {
		return backend.DataResponse{Error: err}
	}
	return res.Responses["A"]
}

func TestFromEndpointToFrame(t *testing.T) {
	server := overloaded(t)
	pool := scrape.NewManager(scrape.ManagerOptions{})
	defer pool.Close()
	d := start(t, pool, server.URL, password)
	defer d.Dispose()

	up := now(d, `{"signals": ["up"], "instant": true}`)
	require.NoError(t, up.Error, "the first scrape is waited for")
	up = now(d, `{"signals": ["up"], "instant": true}`) // the one before may have asked for a moment before that scrape
	require.Equal(t, data.Labels{"cluster": "test", "node": "worker-1"}, up.Frames[0].Fields[0].Labels)
	require.Equal(t, 1.0, up.Frames[0].Fields[0].At(0))

	var res backend.DataResponse
	require.Eventually(t, func() bool {
		res = now(d, `{"instant": true, "window": "1m"}`)
		// The targets are looked at before the samples: between them the second scrape may have come.
		return res.Error == nil && len(res.Frames[0].Fields) > 0 && len(res.Frames[0].Meta.Notices) == 1
	}, 10*time.Second, 100*time.Millisecond, "a drop ratio after the second scrape")
	require.Equal(t, data.FrameTypeNumericMulti, res.Frames[0].Meta.Type)
	require.InDelta(t, 0.08, res.Frames[0].Fields[0].At(0), 0.001)
	require.Len(t, texts(t, res), 1)
	require.Contains(t, texts(t, res)[0], "info: Data starts at", "the window is longer than the history")

	checked, err := d.CheckHealth(t.Context(), &backend.CheckHealthRequest{})
	require.NoError(t, err)
	require.Equal(t, backend.HealthStatusOk, checked.Status)
	require.Contains(t, checked.Message, "The target responds. Falco 0.44.1.")
	require.NotContains(t, checked.Message+string(checked.JSONDetails), password)

	_, body := look(t, d, http.MethodGet, "labels/node/values")
	require.Equal(t, `{"data":["worker-1"]}`, body)
}

// A data source with a wrong password must not see what another one fetched from the same address.
func TestCredentialsAreNotShared(t *testing.T) {
	server := overloaded(t)
	pool := scrape.NewManager(scrape.ManagerOptions{})
	defer pool.Close()
	good, wrong := start(t, pool, server.URL, password), start(t, pool, server.URL, "guessed")
	defer good.Dispose()
	defer wrong.Dispose()

	require.NoError(t, now(good, `{"expr": "falcosecurity_scap_n_evts_total", "instant": true}`).Error)
	res := now(wrong, `{"expr": "falcosecurity_scap_n_evts_total", "instant": true}`)
	require.ErrorContains(t, res.Error, "The target responded with 401 Unauthorized.")
	require.NotContains(t, res.Error.Error(), "guessed")
	_, body := look(t, wrong, http.MethodGet, "metrics")
	require.NotContains(t, body, "falcosecurity")
}
