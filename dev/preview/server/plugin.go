package server

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/falco-metrics/falco-metrics-datasource/dev/preview/provision"
)

// maxBody is the maximum size of a request body. Queries of a browser are a few kilobytes.
const maxBody = 16 << 20

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		writeError(w, http.StatusBadRequest, "request body: "+err.Error())
	}
	return body, err
}

// requestedSource returns the data source of a request. If there is none, it writes an error response.
func (s *server) requestedSource(w http.ResponseWriter, r *http.Request) (source provision.DataSource, ok bool) {
	source, err := s.sources.get(r.PathValue("uid"))
	if err == nil && source.Type != s.Manifest.ID {
		err = s.otherPlugin(source)
	}
	if err != nil {
		writeError(w, http.StatusNotFound, err.Error())
	}
	return source, err == nil
}

func (s *server) sourceHealth(w http.ResponseWriter, r *http.Request) {
	source, ok := s.requestedSource(w, r)
	if !ok {
		return
	}
	result, err := s.Backend.CheckHealth(r.Context(), &backend.CheckHealthRequest{
		PluginContext: s.pluginContext(source), Headers: forwardedHeaders(r.Header, source.OrgID).Headers,
	})
	if err != nil {
		writeError(w, http.StatusInternalServerError, "the health check of the plugin failed: "+err.Error())
		return
	}
	body := map[string]any{"status": result.Status.String(), "message": result.Message}
	if len(result.JSONDetails) > 0 {
		body["details"] = json.RawMessage(result.JSONDetails)
	}
	status := http.StatusOK
	if result.Status != backend.HealthStatusOk {
		status = http.StatusBadRequest
	}
	writeJSON(w, status, body)
}

func (s *server) resource(w http.ResponseWriter, r *http.Request) {
	source, ok := s.requestedSource(w, r)
	if !ok {
		return
	}
	body, err := readBody(w, r)
	if err != nil {
		return
	}
	path := r.PathValue("path")
	headers := r.Header.Clone()
	headers.Del("Cookie")
	headers.Del("Authorization")
	started := false
	err = s.Backend.CallResource(r.Context(), &backend.CallResourceRequest{
		PluginContext: s.pluginContext(source), Path: path, Method: r.Method,
		URL: (&url.URL{Path: path, RawQuery: r.URL.RawQuery}).String(), Headers: headers, Body: body,
	}, func(part *backend.CallResourceResponse) error {
		if !started {
			started = true
			for name, values := range part.Headers {
				w.Header()[http.CanonicalHeaderKey(name)] = values
			}
			w.WriteHeader(part.Status)
		}
		_, err := w.Write(part.Body)
		return err
	})
	if err != nil && !started {
		writeError(w, http.StatusInternalServerError, "the request to the plugin failed: "+err.Error())
	}
}
