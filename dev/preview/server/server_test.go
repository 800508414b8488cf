package server_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/dev/preview/plugin"
	"github.com/falco-metrics/falco-metrics-datasource/dev/preview/provision"
	"github.com/falco-metrics/falco-metrics-datasource/dev/preview/server"
)

// fake returns a frame for query A, an error for query bad, and fails for every other query.
type fake struct{ requests []*backend.QueryDataRequest }

func (f *fake) QueryData(_ context.Context, r *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	f.requests = append(f.requests, r)
	response := backend.NewQueryDataResponse()
	for _, query := range r.Queries {
		switch query.RefID {
		case "A":
			response.Responses["A"] = backend.DataResponse{Frames: data.Frames{data.NewFrame("", data.NewField("v", nil, []float64{1}))}}
		case "bad":
			response.Responses["bad"] = backend.ErrDataResponse(backend.StatusBadRequest, "unknown signal")
		default:
			return nil, errors.New("connection lost")
		}
	}
	return response, nil
}

func (f *fake) CheckHealth(_ context.Context, r *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	if r.PluginContext.DataSourceInstanceSettings.DecryptedSecureJSONData["password"] == "right" {
		return &backend.CheckHealthResult{Status: backend.HealthStatusOk, Message: "3 of 3 answer"}, nil
	}
	return &backend.CheckHealthResult{Status: backend.HealthStatusError, Message: "unauthorized", JSONDetails: []byte(`{"verboseMessage":"why"}`)}, nil
}

func (f *fake) CallResource(_ context.Context, r *backend.CallResourceRequest, send func(*backend.CallResourceResponse) error) error {
	return send(&backend.CallResourceResponse{Status: http.StatusOK, Headers: map[string][]string{"content-type": {"application/json"}}, Body: []byte(`{"url":"` + r.URL + `"}`)})
}

func serve(t *testing.T, backend server.Backend) *httptest.Server {
	t.Helper()
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "module.js"), []byte("define"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(root, "gpx_falco_linux_amd64"), []byte("binary"), 0o755))
	web := httptest.NewServer(server.New(server.Options{
		Manifest: plugin.Manifest{ID: "falco", Name: "Falco", Folder: root, JSON: []byte(`{"info":{"logos":{"small":"img/logo.svg"}}}`)},
		Backend:  backend, Provisioning: root, Public: root, Logger: hclog.NewNullLogger(),
		Sources: []provision.DataSource{
			{UID: "one", Name: "One", Type: "falco", OrgID: 1, Editable: true, JSONData: []byte(`{}`), SecureJSONData: map[string]string{"password": "wrong"}, Version: 1, Updated: time.Now()},
			{UID: "fixed", Name: "Fixed", Type: "falco", OrgID: 1, JSONData: []byte(`{}`)},
			{UID: "other", Name: "Other", Type: "prometheus", OrgID: 1, JSONData: []byte(`{}`)},
		},
	}))
	t.Cleanup(web.Close)
	return web
}

func send(t *testing.T, method, url, body string, headers ...string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(content)
}

func query(refID, uid string) string {
	return `{ "from": "now-5m", "to": "now", "queries": [{ "refId": "` + refID + `", "datasource": { "uid": "` + uid + `" } }] }`
}

func TestQueryAnswers(t *testing.T) {
	backend := &fake{}
	web := serve(t, backend)
	status, body := send(t, "POST", web.URL+"/api/ds/query", query("A", "one"), "FromAlert", "true", "X-Rule-Uid", "r1")
	require.Equal(t, 200, status)
	require.JSONEq(t, `{"results":{"A":{"status":200,"frames":[{"schema":{"fields":[{"name":"v","type":"number","typeInfo":{"frame":"float64"}}]},"data":{"values":[[1]]}}]}}}`, body)
	require.Equal(t, "true", backend.requests[0].Headers["FromAlert"])
	require.Equal(t, "r1", backend.requests[0].GetHTTPHeader("X-Rule-Uid"))
	require.Equal(t, "one", backend.requests[0].PluginContext.DataSourceInstanceSettings.UID)

	status, body = send(t, "POST", web.URL+"/api/ds/query", query("bad", "one"))
	require.Equal(t, 400, status)
	require.JSONEq(t, `{"results":{"bad":{"error":"unknown signal","errorSource":"","status":400}}}`, body)

	status, body = send(t, "POST", web.URL+"/api/ds/query", query("lost", "one"))
	require.Equal(t, 400, status)
	require.JSONEq(t, `{"results":{"lost":{"error":"connection lost","errorSource":"","status":500}}}`, body)

	status, body = send(t, "POST", web.URL+"/api/ds/query", query("A", "nowhere"))
	require.Equal(t, 404, status)
	require.JSONEq(t, `{"message":"data source \"nowhere\" not found; provisioned data sources: [one fixed other]"}`, body)

	_, body = send(t, "POST", web.URL+"/api/ds/query", query("A", "other"))
	require.Contains(t, body, `data source \"Other\" has the type prometheus, but the preview runs only the plugin falco`)
}

func TestSavingChangesWhatThePluginGets(t *testing.T) {
	web := serve(t, &fake{})
	status, body := send(t, "GET", web.URL+"/api/datasources/uid/one/health", "")
	require.Equal(t, 400, status)
	require.JSONEq(t, `{"status":"ERROR","message":"unauthorized","details":{"verboseMessage":"why"}}`, body)

	status, body = send(t, "PUT", web.URL+"/api/datasources/uid/one", `{"name":"One","jsonData":{"a":1},"secureJsonData":{"password":"right"}}`)
	require.Equal(t, 200, status)
	require.NotContains(t, body, "right")

	status, body = send(t, "GET", web.URL+"/api/datasources/uid/one/health", "")
	require.Equal(t, 200, status)
	require.JSONEq(t, `{"status":"OK","message":"3 of 3 answer"}`, body)

	_, body = send(t, "GET", web.URL+"/api/datasources/uid/one", "")
	require.Contains(t, body, `"secureJsonFields":{"password":true}`)
	require.Contains(t, body, `"version":2`)

	status, body = send(t, "PUT", web.URL+"/api/datasources/uid/fixed", `{}`)
	require.Equal(t, 403, status)
	require.JSONEq(t, `{"message":"data source \"Fixed\" is provisioned and read-only; set editable: true in its file to save it here"}`, body)
}

func TestResourcesKeepPathAndQuery(t *testing.T) {
	status, body := send(t, "GET", serve(t, &fake{}).URL+"/api/datasources/uid/one/resources/labels/node/values?match=up", "")
	require.Equal(t, 200, status)
	require.JSONEq(t, `{"url":"labels/node/values?match=up"}`, body)
}

func TestPluginFilesWithoutTheBinary(t *testing.T) {
	web := serve(t, &fake{})
	status, body := send(t, "GET", web.URL+"/public/plugins/falco/module.js", "")
	require.Equal(t, 200, status)
	require.Equal(t, "define", body)
	status, _ = send(t, "GET", web.URL+"/public/plugins/falco/gpx_falco_linux_amd64", "")
	require.Equal(t, 404, status)
	status, _ = send(t, "GET", web.URL+"/public/plugins/falco/", "")
	require.Equal(t, 404, status)
}

func TestPageCarriesTheBootData(t *testing.T) {
	status, body := send(t, "GET", serve(t, &fake{}).URL+"/d/overview", "")
	require.Equal(t, 200, status)
	require.Contains(t, body, `"defaultDatasource":"One"`)
	require.Contains(t, body, `"small":"/public/plugins/falco/img/logo.svg"`)
	require.NotContains(t, body, "wrong")

	status, body = send(t, "GET", serve(t, &fake{}).URL+"/api/frontend/settings", "")
	require.Equal(t, 200, status)
	require.Contains(t, body, `"defaultDatasource":"One"`)

	status, body = send(t, "GET", serve(t, &fake{}).URL+"/api/unknown", "")
	require.Equal(t, 404, status)
	require.JSONEq(t, `{"message":"the preview does not support the route GET /api/unknown"}`, body)
}
