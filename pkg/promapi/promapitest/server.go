// Package promapitest provides servers with the Prometheus HTTP API for tests.
package promapitest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// Noon is the time of the samples that Vector writes.
var Noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Server answers as a test defines and records the requests.
type Server struct {
	*httptest.Server
	mu       sync.Mutex
	Requests []Request
	// Respond receives the path after /api/v1/ and the parameters.
	Respond func(path string, p url.Values) (status int, body string)
}

// Request is a request that a Server received. Path is the part after /api/v1/.
type Request struct {
	Method, Path string
	Parameters   url.Values
	Header       http.Header
}

// NewServer starts a Server.
func NewServer(t *testing.T, respond func(path string, p url.Values) (int, string)) *Server {
	t.Helper()
	f := &Server{Respond: respond}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

// ServeHTTP implements [http.Handler].
func (f *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	path := strings.TrimPrefix(r.URL.Path, "/api/v1/")
	f.mu.Lock()
	f.Requests = append(f.Requests, Request{r.Method, path, r.Form, r.Header})
	f.mu.Unlock()
	status, body := f.Respond(path, r.Form)
	if strings.HasPrefix(body, "{") {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

// Always answers every request in the same way.
func Always(status int, body string) func(string, url.Values) (int, string) {
	return func(string, url.Values) (int, string) { return status, body }
}

// Vector writes the response to an instant query, from series as `{"a": "b"} value`.
func Vector(series ...string) string {
	var out []string
	for _, s := range series {
		end := strings.LastIndex(s, " ")
		out = append(out, fmt.Sprintf(`{"metric": %s, "value": [%d, %q]}`, s[:end], Noon.Unix(), s[end+1:]))
	}
	return `{"status": "success", "data": {"resultType": "vector", "result": [` + strings.Join(out, ",") + `]}}`
}
