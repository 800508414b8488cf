package promapi

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi/promapitest"
)

func TestScalarsAndStrings(t *testing.T) {
	for body, want := range map[string]string{
		`{"status": "success", "data": {"resultType": "scalar", "result": [1772366400, "2"]}}`:  "scalar: 2 @[1772366400000]",
		`{"status": "success", "data": {"resultType": "string", "result": [1772366400, "hi"]}}`: "hi",
		`{"status": "success", "data": {"resultType": "vector", "result": []}}`:                 "",
		`{"status": "success", "data": {"resultType": "matrix", "result": []}}`:                 "",
	} {
		result, err := newFakeServer(t, promapitest.Always(200, body)).client(t).Evaluate(t.Context(), Query{Expr: "x", End: promapitest.Noon})
		require.NoError(t, err, body)
		require.Equal(t, want, result.Value.String())
	}
}

// A proxy may only allow GET. Prometheus's own client falls back to it as well. Every request tries POST first.
func TestFallbackToGet(t *testing.T) {
	f := newFakeServer(t, nil)
	f.Respond = func(string, url.Values) (int, string) {
		if len(f.Requests) == 1 {
			return http.StatusMethodNotAllowed, "no"
		}
		return 200, promapitest.Vector()
	}
	s := f.client(t)
	for _, expr := range []string{"x", "y"} {
		_, err := s.Evaluate(t.Context(), Query{Expr: expr, End: promapitest.Noon})
		require.NoError(t, err)
	}
	var methods []string
	for _, a := range f.Requests {
		methods = append(methods, a.Method)
	}
	require.Equal(t, []string{"POST", "GET", "POST"}, methods)
}

func TestFailures(t *testing.T) {
	tests := []struct {
		status int
		body   string
		want   string
		query  bool
	}{
		{400, `{"status": "error", "errorType": "bad_data", "error": "1:2: parse error"}`, "The Prometheus server rejected the expression: 1:2: parse error.", true},
		{422, `{"status": "error", "errorType": "execution", "error": "many-to-many"}`, "The Prometheus server rejected the expression: many-to-many.", true},
		{422, `{"status": "error", "errorType": "422", "error": "cannot parse"}`, "The Prometheus server rejected the expression: cannot parse.", true},
		{503, `{"status": "error", "errorType": "timeout", "error": "query timed out"}`, "The Prometheus server stopped the query: query timed out. Narrow the time range or the filters, or raise the server's query timeout.", true},
		{500, `{"status": "error", "errorType": "internal", "error": "disk"}`, "The Prometheus server answered 500 Internal Server Error. disk.", false},
		{401, "no org id", "The Prometheus server answered 401 Unauthorized: it requires a tenant. Set prometheus.tenant.", false},
		{401, "", "The Prometheus server answered 401 Unauthorized. Check the user and password, or the header, in the data source's authentication settings. In a provisioned secret, write $ as $$.", false},
		{403, "", "The Prometheus server answered 403 Forbidden: these credentials do not allow reading. Check the authentication settings, and any proxy in front of the server.", false},
		{404, "", "The Prometheus server answered 404 Not Found to /api/v1/query. Set prometheus.url to the part before /api/v1. For Mimir it ends in /prometheus, for a VictoriaMetrics cluster in /select/<account>/prometheus.", false},
		{302, "", "The Prometheus server answered 302 Found. The plugin does not follow redirects, because they would send the credentials to another address. Set prometheus.url to the address it redirects to.", false},
		{429, "", "The Prometheus server answered 429 Too Many Requests: it limits this tenant or user. Refresh less often, or raise the server's limit.", false},
		{503, "Service Unavailable", "The Prometheus server answered 503 Service Unavailable: it is starting or overloaded, or a proxy cannot reach it. Service Unavailable.", false},
		{200, "<html>", "Expected a response of the Prometheus HTTP API, found an HTML page. Check the host and the path of prometheus.url.", false},
		{200, "up 1", `Expected a response of the Prometheus HTTP API, found the content type "text/plain; charset=utf-8". Check the host and the path of prometheus.url.`, false},
		{200, `{"x": 1}`, "Expected a response of the Prometheus HTTP API, found JSON without the API's status field. Check the host and the path of prometheus.url.", false},
		{200, `{"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, "x"]}]}}`, `Expected a response of the Prometheus HTTP API, found the value "x". Check the host and the path of prometheus.url.`, false},
		{200, `{"status": "success", "data": {"resultType": "streams", "result": []}}`, `Expected a response of the Prometheus HTTP API, found a result of type "streams". Check the host and the path of prometheus.url.`, false},
		{200, `{"status": "success", "data": {"resultType": "vector", "result": [`, "Expected a response of the Prometheus HTTP API, found JSON that is truncated or has another shape. Check the host and the path of prometheus.url.", false},
	}
	for _, test := range tests {
		_, err := newFakeServer(t, promapitest.Always(test.status, test.body)).client(t).Evaluate(t.Context(), Query{Expr: "x", End: promapitest.Noon})
		require.EqualError(t, err, test.want)
		var failed *Failure
		require.ErrorAs(t, err, &failed)
		require.Equal(t, test.query, failed.Query, test.want)
	}
}

// What a server sends is shown as one line of at most 200 characters.
func TestTextsOfTheServerAreCut(t *testing.T) {
	long := strings.Repeat("x", 300)
	answer := func(contentType, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			_, _ = w.Write([]byte(body))
		}
	}
	vector := func(kind, value string) string {
		return fmt.Sprintf(`{"status": "success", "data": {"resultType": %q, "result": [{"metric": {}, "value": [1, %q]}]}}`, kind, value)
	}
	for want, handler := range map[string]http.HandlerFunc{
		`found the content type "text/`: answer("text/"+long, ""),
		`found the value "`:             answer("application/json", vector("vector", long)),
		`found a result of type "`:      answer("application/json", vector(long, "1")),
		`rejected the expression: `:     answer("application/json", `{"status": "error", "errorType": "bad_data", "error": "`+long+`"}`),
		`Cannot query the Prometheus server: malformed MIME header: missing colon: "no header \u202e`: func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nno header \u202e"+long+"\r\n\r\n")
				conn.Close()
			}
		},
	} {
		server := httptest.NewServer(handler)
		_, err := fakeServer{&promapitest.Server{Server: server}}.client(t).Evaluate(t.Context(), Query{Expr: "x", End: promapitest.Noon})
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "…")
		require.Less(t, len(err.Error()), 400, want)
		server.Close()
	}
}

// A response is read up to a limit, however long it is.
func TestResponseTooLarge(t *testing.T) {
	sent := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, err := w.Write([]byte(`{"status": "success", "warnings": ["`))
		for ; err == nil && sent < 1<<30; sent += 1 << 16 {
			_, err = w.Write(bytes.Repeat([]byte("x"), 1<<16))
		}
	}))
	defer server.Close()
	s := fakeServer{&promapitest.Server{Server: server}}.client(t, func(c *Config) { c.MaxResponseBytes = 1 << 19 })
	_, err := s.Evaluate(t.Context(), Query{Expr: "x", End: promapitest.Noon})
	require.EqualError(t, err, "The Prometheus server's response is larger than 0.5 MB. The plugin discarded it. Narrow the time range or the filters, or raise limits.responseSizeLimit.")
	server.Close() // waits for the handler
	require.Less(t, sent, 1<<27, "the connection is closed")
}

// Decoders keep a whole text in memory, so a long one is refused wherever it stands. Long values that nobody reads are not.
func TestLongTokens(t *testing.T) {
	long := strings.Repeat("1", 2*maxTokenBytes)
	result := func(series string) string {
		return `{"status": "success", "stats": [` + strings.Repeat("1, ", maxTokenBytes) + `1], "data": {"resultType": "vector", "result": [` + series + `]}}`
	}
	for body, isLong := range map[string]bool{
		`{"status": "error", "error": "` + long + `"}`:                 true,
		`{"` + long + `": 1}`:                                          true,
		`{"warnings": ["` + long + `"]}`:                               true,
		result(`{"metric": {"a": "` + long + `"}}`):                    true,
		result(`{"metric": {"` + long + `": "a"}}`):                    true,
		result(`{"metric": {"a": "b"}, "value": [1, "` + long + `"]}`): true,
		result(`{"metric": {"a": "b"}, "value": [` + long + `, "1"]}`): true,
		result(`{"metric": {"a": "b"}, "value": [1, "1"]}` + strings.Repeat(`, {"metric": {"a": "b"}, "value": [1, "1"]}`, 50_000)): false,
	} {
		_, err := newFakeServer(t, promapitest.Always(200, body)).client(t).Evaluate(t.Context(), Query{Expr: "x", End: promapitest.Noon})
		if isLong {
			require.EqualError(t, err, "Expected a response of the Prometheus HTTP API, found JSON with a text of more than 1 MB. Check the host and the path of prometheus.url.")
		} else {
			require.NoError(t, err)
		}
	}
}

func TestUnreachable(t *testing.T) {
	f := newFakeServer(t, nil)
	f.Close()
	_, err := f.client(t).Evaluate(t.Context(), Query{Expr: "x", End: promapitest.Noon})
	require.EqualError(t, err, "The Prometheus server refused the connection: nothing listens at prometheus.url. Check the port, and that the server is running.")

	slow := newFakeServer(t, nil)
	slow.Respond = func(string, url.Values) (int, string) {
		<-t.Context().Done()
		return 200, ""
	}
	s := slow.client(t, func(c *Config) { c.Timeout = 50 * time.Millisecond })
	_, err = s.Evaluate(t.Context(), Query{Expr: "x", End: promapitest.Noon})
	require.EqualError(t, err, "The Prometheus server did not respond within 50ms. Narrow the time range or the filters, check that Grafana can reach the server, or raise limits.queryTimeout.")
}

// Closing a panel cancels its request, and with it the request to the Prometheus server.
func TestCancelled(t *testing.T) {
	asked, ended := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm() // the server only notices a closed connection after it has read the body
		close(asked)
		<-r.Context().Done()
		close(ended)
	}))
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	_, err := fakeServer{&promapitest.Server{Server: server}}.client(t).Evaluate(ctx, Query{Expr: "x", End: promapitest.Noon})
	require.ErrorIs(t, err, context.Canceled)
	<-ended
}
