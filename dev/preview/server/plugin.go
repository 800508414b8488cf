package server

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/falco-metrics/falco-metrics-datasource/dev/preview/provision"
)

// maxBody bounds a request's body; a query of a browser is a few kilobytes.
const maxBody = 16 << 20

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		fail(w, http.StatusBadRequest, "request body: "+err.Error())
	}
	return body, err
}

// asked is the plugin's data source that a request names; without one the request is answered here.
func (s *server) asked(w http.ResponseWriter, r *http.Request) (source provision.DataSource, ok bool) {
	source, err := s.sources.get(r.PathValue("uid"))
	if err == nil && source.Type != s.Manifest.ID {
		err = s.otherPlugin(source)
	}
	if err != nil {
		fail(w, http.StatusNotFound, err.Error())
	}
	return source, err == nil
}

func (s *server) sourceHealth(w http.ResponseWriter, r *http.Request) {
	source, ok := s.asked(w, r)
	if !ok {
		return
	}
	result, err := s.Backend.CheckHealth(r.Context(), &backend.CheckHealthRequest{
		PluginContext: s.pluginContext(source), Headers: forwardedHeaders(r.Header, source.OrgID).Headers,
	})
	if err != nil {
		fail(w, http.StatusInternalServerError, "the plugin did not answer the health check: "+err.Error())
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
	answer(w, status, body)
}

func (s *server) resource(w http.ResponseWriter, r *http.Request) {
	source, ok := s.asked(w, r)
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
		fail(w, http.StatusInternalServerError, "the plugin did not answer: "+err.Error())
	}
}
