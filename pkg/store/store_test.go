package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// fakeServer answers as a test defines and records the requests.
type fakeServer struct {
	*httptest.Server
	mu       sync.Mutex
	requests []request
	// respond receives the path after /api/v1/ and the parameters.
	respond func(path string, p url.Values) (status int, body string)
}

type request struct {
	method, path string
	parameters   url.Values
	header       http.Header
}

func newFakeServer(t *testing.T, respond func(path string, p url.Values) (int, string)) *fakeServer {
	t.Helper()
	f := &fakeServer{respond: respond}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		path := strings.TrimPrefix(r.URL.Path, "/api/v1/")
		f.mu.Lock()
		f.requests = append(f.requests, request{r.Method, path, r.Form, r.Header})
		f.mu.Unlock()
		status, body := f.respond(path, r.Form)
		if strings.HasPrefix(body, "{") {
			w.Header().Set("Content-Type", "application/json")
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(f.Close)
	return f
}

// store returns a Store that queries the fake server.
func (f *fakeServer) store(t *testing.T, change ...func(*Config)) *Store {
	t.Helper()
	u, err := ParseURL(f.URL)
	require.NoError(t, err)
	c := Config{
		URL: u, Method: http.MethodPost, Identity: Identity{"instance"}, Interval: 15 * time.Second, Timeout: 5 * time.Second,
		MaxSamples: 1000, Catalogue: signals.Load(),
	}
	for _, to := range change {
		to(&c)
	}
	s, err := New(c)
	require.NoError(t, err)
	s.now = func() time.Time { return noon }
	t.Cleanup(s.Close)
	return s
}

// always answers every request in the same way.
func always(status int, body string) func(string, url.Values) (int, string) {
	return func(string, url.Values) (int, string) { return status, body }
}

// vector writes the response to an instant query, from series as `{"a": "b"} value`.
func vector(series ...string) string {
	var out []string
	for _, s := range series {
		end := strings.LastIndex(s, " ")
		out = append(out, fmt.Sprintf(`{"metric": %s, "value": [%d, %q]}`, s[:end], noon.Unix(), s[end+1:]))
	}
	return `{"status": "success", "data": {"resultType": "vector", "result": [` + strings.Join(out, ",") + `]}}`
}

func TestEvaluateAtAnInstant(t *testing.T) {
	f := newFakeServer(t, always(200, vector(`{"__name__": "x", "instance": "node-1", "node": "other", "zone": ""} 1.5`, `{"instance": "node-2"} NaN`)))
	s := f.store(t, func(c *Config) {
		c.Parameters = url.Values{"dedup": {"true"}}
		c.Header = http.Header{"X-Scope-Orgid": {"team-a"}}
	})
	result, err := s.Evaluate(t.Context(), Query{Expr: `sum by (cluster, node) (x{node="node-1"})`, End: noon})
	require.NoError(t, err)
	require.Equal(t, `sum by (instance) (x{instance="node-1"})`, result.Executed)
	require.Equal(t, `{__name__="x", exported_node="other", node="node-1"} => 1.5 @[1772366400000]`+"\n"+`{node="node-2"} => NaN @[1772366400000]`, result.Value.String())
	require.Equal(t, []request{{
		"POST", "query", url.Values{"query": {result.Executed}, "time": {"1772366400.000"}, "timeout": {"5.000"}, "dedup": {"true"}}, f.requests[0].header,
	}}, f.requests)
	require.Equal(t, "team-a", f.requests[0].header.Get("X-Scope-OrgID"))
}

func TestEvaluateOverARange(t *testing.T) {
	f := newFakeServer(t, always(200, `{"data": {"result": [
		{"metric": {"instance": "b"}, "values": [[1772366385.001, "+Inf"], [1772366400, "-1e3"]]},
		{"values": [[1772366400, "7"]], "metric": {"instance": "a"}, "histograms": [[1772366400, {"count": "1"}]]}
	], "resultType": "matrix"}, "warnings": ["w"], "infos": ["i"], "isPartial": true, "status": "success"}`))
	result, err := f.store(t).Evaluate(t.Context(), Query{Expr: "x", Start: noon.Add(-time.Minute), End: noon, Step: 15 * time.Second})
	require.NoError(t, err)
	require.Equal(t, "{node=\"a\"} =>\n7 @[1772366400000]\n{node=\"b\"} =>\n+Inf @[1772366385001]\n-1000 @[1772366400000]", result.Value.String())
	require.True(t, result.Partial)
	require.Equal(t, []string{"i"}, result.Infos)
	require.Equal(t, []string{"w", "the result contains native histograms, which are not supported and were left out"}, result.Warnings)
	require.Equal(t, "15.000", f.requests[0].parameters.Get("step"))
	require.Equal(t, "1772366340.000", f.requests[0].parameters.Get("start"))
}

func TestEvaluateUserWritten(t *testing.T) {
	f := newFakeServer(t, always(200, vector(`{"instance": "node-1", "node": "other"} 1`)))
	result, err := f.store(t).Evaluate(t.Context(), Query{Expr: "rate(x)", End: noon, UserWritten: true}) // MetricsQL
	require.NoError(t, err)
	require.Equal(t, "rate(x)", result.Executed)
	require.Equal(t, `{instance="node-1", node="other"} => 1 @[1772366400000]`, result.Value.String())
}

func TestScalarsAndStrings(t *testing.T) {
	for body, want := range map[string]string{
		`{"status": "success", "data": {"resultType": "scalar", "result": [1772366400, "2"]}}`:  "scalar: 2 @[1772366400000]",
		`{"status": "success", "data": {"resultType": "string", "result": [1772366400, "hi"]}}`: "hi",
		`{"status": "success", "data": {"resultType": "vector", "result": []}}`:                 "",
		`{"status": "success", "data": {"resultType": "matrix", "result": []}}`:                 "",
	} {
		result, err := newFakeServer(t, always(200, body)).store(t).Evaluate(t.Context(), Query{Expr: "x", End: noon})
		require.NoError(t, err, body)
		require.Equal(t, want, result.Value.String())
	}
}

// A proxy may only allow GET. Prometheus's own client falls back to it as well. Every request tries POST first.
func TestFallbackToGet(t *testing.T) {
	f := newFakeServer(t, nil)
	f.respond = func(string, url.Values) (int, string) {
		if len(f.requests) == 1 {
			return http.StatusMethodNotAllowed, "no"
		}
		return 200, vector()
	}
	s := f.store(t)
	for _, expr := range []string{"x", "y"} {
		_, err := s.Evaluate(t.Context(), Query{Expr: expr, End: noon})
		require.NoError(t, err)
	}
	var methods []string
	for _, a := range f.requests {
		methods = append(methods, a.method)
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
		{401, "", "The Prometheus server answered 401 Unauthorized. Check the user and password, or the header, in the data source's authentication settings.", false},
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
		_, err := newFakeServer(t, always(test.status, test.body)).store(t).Evaluate(t.Context(), Query{Expr: "x", End: noon})
		require.EqualError(t, err, test.want)
		var failed *Failure
		require.ErrorAs(t, err, &failed)
		require.Equal(t, test.query, failed.Query, test.want)
	}
}

func TestTooManySamples(t *testing.T) {
	var points []string
	for i := range 1001 {
		points = append(points, fmt.Sprintf(`[%d, "1"]`, i))
	}
	body := `{"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}, "values": [` + strings.Join(points, ",") + `]}]}}`
	_, err := newFakeServer(t, always(200, body)).store(t).Evaluate(t.Context(), Query{Expr: "x", End: noon, Step: time.Second})
	require.EqualError(t, err, "The Prometheus server's response has more than 1000 samples. The plugin discarded it. Narrow the time range or the filters, or raise limits.maxSamples.")
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
	s := (&fakeServer{Server: server}).store(t, func(c *Config) { c.MaxResponseBytes = 1 << 20 })
	_, err := s.Evaluate(t.Context(), Query{Expr: "x", End: noon})
	require.EqualError(t, err, "The Prometheus server's response is larger than 1 MB. The plugin discarded it. Narrow the time range or the filters, or raise limits.responseSizeLimit.")
	server.Close() // waits for the handler
	require.Less(t, sent, 1<<27, "the connection is closed")
}

func TestUnreachable(t *testing.T) {
	f := newFakeServer(t, nil)
	f.Close()
	_, err := f.store(t).Evaluate(t.Context(), Query{Expr: "x", End: noon})
	require.EqualError(t, err, "The Prometheus server refused the connection: nothing listens at prometheus.url. Check the port, and that the server is running.")

	slow := newFakeServer(t, nil)
	slow.respond = func(string, url.Values) (int, string) {
		<-t.Context().Done()
		return 200, ""
	}
	s := slow.store(t, func(c *Config) { c.Timeout = 50 * time.Millisecond })
	_, err = s.Evaluate(t.Context(), Query{Expr: "x", End: noon})
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
	_, err := (&fakeServer{Server: server}).store(t).Evaluate(ctx, Query{Expr: "x", End: noon})
	require.ErrorIs(t, err, context.Canceled)
	<-ended
}

func TestParseURL(t *testing.T) {
	for text, want := range map[string]string{
		"prometheus:9090": "http://prometheus:9090", "http://mimir/prometheus/": "http://mimir/prometheus",
		"https://vm/select/0/prometheus/api/v1": "https://vm/select/0/prometheus", "http://a/?x=1": "http://a?x=1",
	} {
		u, err := ParseURL(text)
		require.NoError(t, err)
		require.Equal(t, want, u.String())
	}
	for text, want := range map[string]string{
		"":                 "prometheus.url is empty: expected a URL, e.g. http://prometheus:9090, http://mimir/prometheus or http://victoria-metrics:8428",
		"ftp://a":          `prometheus.url starts with "ftp://": expected http:// or https://`,
		"http://u:p@a":     "prometheus.url contains a user name or a password, which every viewer could read: remove it and use the data source's authentication settings",
		"http://a?token=x": `prometheus.url contains the parameter "token", which every viewer could read: remove it and use the data source's authentication settings or a header`,
		"http://":          "prometheus.url has no host: expected a URL, e.g. http://prometheus:9090, http://mimir/prometheus or http://victoria-metrics:8428",
		"http://a/x/../y":  "prometheus.url contains the path segment . or .., or an escaped slash: write the path that the server sees",
		"http://a/%2E%2e":  "prometheus.url contains the path segment . or .., or an escaped slash: write the path that the server sees",
		"http://a/x%2fy":   "prometheus.url contains the path segment . or .., or an escaped slash: write the path that the server sees",
		"http://a b":       "prometheus.url is not a URL: expected a URL, e.g. http://prometheus:9090, http://mimir/prometheus or http://victoria-metrics:8428",
	} {
		_, err := ParseURL(text)
		require.EqualError(t, err, want)
	}
}

func TestParseIdentity(t *testing.T) {
	id, err := ParseIdentity(nil)
	require.NoError(t, err)
	require.Equal(t, Identity{"instance"}, id)
	for text, want := range map[string]string{
		`["a", "b", "c"]`: `prometheus.identityLabels is ["a" "b" "c"]: expected one label for the node, or two for the cluster and the node, such as ["instance"] or ["cluster", "node"]`,
		`["a", "a"]`:      `prometheus.identityLabels is ["a" "a"]: expected one label for the node, or two for the cluster and the node, such as ["instance"] or ["cluster", "node"]`,
		`["kind"]`:        `prometheus.identityLabels contains "kind": expected letters, digits and underscores, no leading digit, not __… and not kind`,
		`["a b"]`:         `prometheus.identityLabels contains "a b": expected letters, digits and underscores, no leading digit, not __… and not kind`,
	} {
		var names []string
		require.NoError(t, json.Unmarshal([]byte(text), &names))
		_, err := ParseIdentity(names)
		require.EqualError(t, err, want)
	}
}

func TestParseMatchers(t *testing.T) {
	for _, text := range []string{`job="falco",cluster=~"prod.*"`, ` { job="falco", cluster=~"prod.*" } `} {
		all, err := ParseMatchers(text)
		require.NoError(t, err)
		require.Len(t, all, 2)
		require.Equal(t, `cluster=~"prod.*"`, all[1].String())
	}
	none, err := ParseMatchers(" {} ")
	require.NoError(t, err)
	require.Empty(t, none)
	_, err = ParseMatchers("job=falco")
	require.EqualError(t, err, `prometheus.matchers is "job=falco": expected matchers such as job="falco", cluster=~"prod.*" (unexpected identifier "falco" in label matching, expected string)`)
}
