package plugin_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/dev/preview/plugin"
)

// TestMain lets the test binary also be the plugin, for which go-plugin sets the magic cookie.
func TestMain(m *testing.M) {
	if os.Getenv(grpcplugin.MagicCookieKey) != grpcplugin.MagicCookieValue {
		os.Exit(m.Run())
	}
	if err := backend.Manage("test", backend.ServeOpts{
		QueryDataHandler: backend.QueryDataHandlerFunc(echoQueries),
		CheckHealthHandler: backend.CheckHealthHandlerFunc(func(_ context.Context, r *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
			return &backend.CheckHealthResult{Status: backend.HealthStatusOk, Message: r.PluginContext.DataSourceInstanceSettings.UID + " in Grafana " + os.Getenv("GF_VERSION")}, nil
		}),
		CallResourceHandler: backend.CallResourceHandlerFunc(func(_ context.Context, r *backend.CallResourceRequest, sender backend.CallResourceResponseSender) error {
			if r.Path == "die" {
				os.Exit(1)
			}
			return sender.Send(&backend.CallResourceResponse{Status: http.StatusTeapot, Body: []byte(r.URL)})
		}),
	}); err != nil {
		os.Exit(1)
	}
}

// echoQueries returns the headers and settings of each query in the notices of its frame.
func echoQueries(_ context.Context, r *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	response := backend.NewQueryDataResponse()
	said, _ := json.Marshal(r.Headers)
	for _, query := range r.Queries {
		frame := data.NewFrame("echo", data.NewField("secret", nil, []string{r.PluginContext.DataSourceInstanceSettings.DecryptedSecureJSONData["secret"]}))
		frame.Meta = &data.FrameMeta{Notices: []data.Notice{{Text: string(said)}}}
		response.Responses[query.RefID] = backend.DataResponse{Frames: data.Frames{frame}}
	}
	return response, nil
}

func start(t *testing.T) *plugin.Process {
	t.Helper()
	process, err := plugin.Start(os.Args[0], "12.3.4", hclog.NewNullLogger())
	require.NoError(t, err)
	t.Cleanup(process.Close)
	return process
}

func settings() backend.PluginContext {
	return backend.PluginContext{Namespace: "default", PluginID: "test", DataSourceInstanceSettings: &backend.DataSourceInstanceSettings{
		UID: "one", JSONData: []byte("{}"), Updated: time.Now(), DecryptedSecureJSONData: map[string]string{"secret": "s3cret"},
	}}
}

func TestQueryReachesThePluginWithHeadersAndSecrets(t *testing.T) {
	process := start(t)
	response, err := process.QueryData(t.Context(), &backend.QueryDataRequest{
		PluginContext: settings(),
		Headers:       map[string]string{"FromAlert": "true"},
		Queries:       []backend.DataQuery{{RefID: "B", JSON: []byte(`{}`), TimeRange: backend.TimeRange{From: time.Now(), To: time.Now()}}},
	})
	require.NoError(t, err)
	frame := response.Responses["B"].Frames[0]
	require.Equal(t, `{"FromAlert":"true"}`, frame.Meta.Notices[0].Text)
	require.Equal(t, "s3cret", frame.Fields[0].At(0))
}

func TestHealthAndResources(t *testing.T) {
	process := start(t)
	health, err := process.CheckHealth(t.Context(), &backend.CheckHealthRequest{PluginContext: settings()})
	require.NoError(t, err)
	require.Equal(t, backend.HealthStatusOk, health.Status)
	require.Equal(t, "one in Grafana 12.3.4", health.Message)

	got, status := "", 0
	err = process.CallResource(t.Context(), &backend.CallResourceRequest{PluginContext: settings(), Path: "labels", URL: "labels?x=1", Method: "GET"},
		func(part *backend.CallResourceResponse) error {
			got, status = got+string(part.Body), part.Status
			return nil
		})
	require.NoError(t, err)
	require.Equal(t, "labels?x=1", got)
	require.Equal(t, http.StatusTeapot, status)
}

func TestADeadPluginIsStartedAgainButNotForEver(t *testing.T) {
	process := start(t)
	die := func() error {
		return process.CallResource(t.Context(), &backend.CallResourceRequest{PluginContext: settings(), Path: "die", Method: "GET"},
			func(*backend.CallResourceResponse) error { return nil })
	}
	healthy := func() bool {
		_, err := process.CheckHealth(t.Context(), &backend.CheckHealthRequest{PluginContext: settings()})
		return err == nil
	}
	for range 4 {
		require.Error(t, die())
		require.Eventually(t, healthy, 5*time.Second, 10*time.Millisecond)
	}
	require.Error(t, die())
	refused := func() bool {
		_, err := process.CheckHealth(t.Context(), &backend.CheckHealthRequest{PluginContext: settings()})
		return err != nil && strings.Contains(err.Error(), "exited 5 times within 1m0s and is not restarted before")
	}
	require.Eventually(t, refused, 5*time.Second, 10*time.Millisecond)
}

func TestAMissingBinaryIsNamed(t *testing.T) {
	_, err := plugin.Start("/nowhere/gpx_x", "12.3.4", hclog.NewNullLogger())
	require.ErrorContains(t, err, "starting /nowhere/gpx_x: ")
}
