package store

import (
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

// fakeStore answers what a test tells it, and keeps what it was asked.
type fakeStore struct {
	*httptest.Server
	mu    sync.Mutex
	asked []asked
	// answer is given the path behind /api/v1/ and the parameters.
	answer func(path string, p url.Values) (status int, body string)
}

type asked struct {
	method, path string
	parameters   url.Values
	header       http.Header
}

func newFake(t *testing.T, answer func(path string, p url.Values) (int, string)) *fakeStore {
	t.Helper()
	f := &fakeStore{answer: answer}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		path := strings.TrimPrefix(r.URL.Path, "/api/v1/")
		f.mu.Lock()
		f.asked = append(f.asked, asked{r.Method, path, r.Form, r.Header})
		f.mu.Unlock()
		status, body := f.answer(path, r.Form)
		if strings.HasPrefix(body, "{") {
			w.Header().Set("Content-Type", "application/json")
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(f.Close)
	return f
}

// store makes one that asks the fake.
func (f *fakeStore) store(t *testing.T, change ...func(*Config)) *Store {
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

// one answers every request alike.
func one(status int, body string) func(string, url.Values) (int, string) {
	return func(string, url.Values) (int, string) { return status, body }
}

// vector writes an instant answer of series, each as `{"a": "b"} value`.
func vector(series ...string) string {
	var out []string
	for _, s := range series {
		end := strings.LastIndex(s, " ")
		out = append(out, fmt.Sprintf(`{"metric": %s, "value": [%d, %q]}`, s[:end], noon.Unix(), s[end+1:]))
	}
	return `{"status": "success", "data": {"resultType": "vector", "result": [` + strings.Join(out, ",") + `]}}`
}

func TestEvaluateAtAnInstant(t *testing.T) {
	f := newFake(t, one(200, vector(`{"__name__": "x", "instance": "node-1", "node": "other", "zone": ""} 1.5`, `{"instance": "node-2"} NaN`)))
	s := f.store(t, func(c *Config) {
		c.Parameters = url.Values{"dedup": {"true"}}
		c.Header = http.Header{"X-Scope-Orgid": {"team-a"}}
	})
	answer, err := s.Evaluate(t.Context(), Query{Expr: `sum by (cluster, node) (x{node="node-1"})`, End: noon})
	require.NoError(t, err)
	require.Equal(t, `sum by (instance) (x{instance="node-1"})`, answer.Executed)
	require.Equal(t, `{__name__="x", exported_node="other", node="node-1"} => 1.5 @[1772366400000]`+"\n"+`{node="node-2"} => NaN @[1772366400000]`, answer.Value.String())
	require.Equal(t, []asked{{
		"POST", "query", url.Values{"query": {answer.Executed}, "time": {"1772366400.000"}, "timeout": {"5.000"}, "dedup": {"true"}}, f.asked[0].header,
	}}, f.asked)
	require.Equal(t, "team-a", f.asked[0].header.Get("X-Scope-OrgID"))
}

func TestEvaluateOverARange(t *testing.T) {
	f := newFake(t, one(200, `{"data": {"result": [
		{"metric": {"instance": "b"}, "values": [[1772366385.001, "+Inf"], [1772366400, "-1e3"]]},
		{"values": [[1772366400, "7"]], "metric": {"instance": "a"}, "histograms": [[1772366400, {"count": "1"}]]}
	], "resultType": "matrix"}, "warnings": ["w"], "infos": ["i"], "isPartial": true, "status": "success"}`))
	answer, err := f.store(t).Evaluate(t.Context(), Query{Expr: "x", Start: noon.Add(-time.Minute), End: noon, Step: 15 * time.Second})
	require.NoError(t, err)
	require.Equal(t, "{node=\"a\"} =>\n7 @[1772366400000]\n{node=\"b\"} =>\n+Inf @[1772366385001]\n-1000 @[1772366400000]", answer.Value.String())
	require.True(t, answer.Partial)
	require.Equal(t, []string{"w", "the result has native histograms, which are left out"}, answer.Warnings)
	require.Equal(t, "15.000", f.asked[0].parameters.Get("step"))
	require.Equal(t, "1772366340.000", f.asked[0].parameters.Get("start"))
}

func TestEvaluateByHand(t *testing.T) {
	f := newFake(t, one(200, vector(`{"instance": "node-1", "node": "other"} 1`)))
	answer, err := f.store(t).Evaluate(t.Context(), Query{Expr: "rate(x)", End: noon, ByHand: true}) // MetricsQL
	require.NoError(t, err)
	require.Equal(t, "rate(x)", answer.Executed)
	require.Equal(t, `{instance="node-1", node="other"} => 1 @[1772366400000]`, answer.Value.String())
}

func TestScalarsAndStrings(t *testing.T) {
	for body, want := range map[string]string{
		`{"status": "success", "data": {"resultType": "scalar", "result": [1772366400, "2"]}}`:  "scalar: 2 @[1772366400000]",
		`{"status": "success", "data": {"resultType": "string", "result": [1772366400, "hi"]}}`: "hi",
		`{"status": "success", "data": {"resultType": "vector", "result": []}}`:                 "",
		`{"status": "success", "data": {"resultType": "matrix", "result": []}}`:                 "",
	} {
		answer, err := newFake(t, one(200, body)).store(t).Evaluate(t.Context(), Query{Expr: "x", End: noon})
		require.NoError(t, err, body)
		require.Equal(t, want, answer.Value.String())
	}
}

// A proxy may let only GET through; Prometheus's own client turns to it likewise. One refusal says nothing of the next.
func TestGetWherePostIsRefused(t *testing.T) {
	f := newFake(t, nil)
	f.answer = func(string, url.Values) (int, string) {
		if len(f.asked) == 1 {
			return http.StatusMethodNotAllowed, "no"
		}
		return 200, vector()
	}
	s := f.store(t)
	for range 2 {
		_, err := s.Evaluate(t.Context(), Query{Expr: "x", End: noon})
		require.NoError(t, err)
	}
	var methods []string
	for _, a := range f.asked {
		methods = append(methods, a.method)
	}
	require.Equal(t, []string{"POST", "GET", "POST"}, methods)
}

func TestFailuresInWords(t *testing.T) {
	tests := []struct {
		status int
		body   string
		want   string
		query  bool
	}{
		{400, `{"status": "error", "errorType": "bad_data", "error": "1:2: parse error"}`, "The store refuses the expression: 1:2: parse error.", true},
		{422, `{"status": "error", "errorType": "execution", "error": "many-to-many"}`, "The store refuses the expression: many-to-many.", true},
		{422, `{"status": "error", "errorType": "422", "error": "cannot parse"}`, "The store refuses the expression: cannot parse.", true},
		{503, `{"status": "error", "errorType": "timeout", "error": "query timed out"}`, "The store gave the query up: query timed out. Narrow the time range or the filters, or raise its time-out.", true},
		{500, `{"status": "error", "errorType": "internal", "error": "disk"}`, "The store answered 500 Internal Server Error. disk.", false},
		{401, "no org id", "The store answered 401 Unauthorized: it wants to know the tenant. Set store.tenant.", false},
		{401, "", "The store answered 401 Unauthorized. Check the user and password, or the header, in the data source's authentication settings.", false},
		{403, "", "The store answered 403 Forbidden: these credentials may not read. Check the authentication settings, and what guards the store.", false},
		{404, "", "The store answered 404 Not Found to /api/v1/query. Set store.url to what comes before /api/v1: for Mimir it ends with /prometheus, for a cluster of VictoriaMetrics with /select/<account>/prometheus.", false},
		{302, "", "The store answered 302 Found. Redirects are not followed, as they would carry the credentials along: set store.url to the address that it redirects to.", false},
		{429, "", "The store answered 429 Too Many Requests: it has too much to do for this tenant or user. Ask less often, or raise its limit.", false},
		{503, "Service Unavailable", "The store answered 503 Service Unavailable: it is starting, overloaded, or a proxy before it cannot reach it. Service Unavailable.", false},
		{200, "<html>", "An answer of Prometheus's HTTP API was expected, an HTML page was found. Check the address and the path of store.url.", false},
		{200, "up 1", `An answer of Prometheus's HTTP API was expected, the content type "text/plain; charset=utf-8" was found. Check the address and the path of store.url.`, false},
		{200, `{"x": 1}`, "An answer of Prometheus's HTTP API was expected, JSON without a status of the API was found. Check the address and the path of store.url.", false},
		{200, `{"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, "x"]}]}}`, `An answer of Prometheus's HTTP API was expected, the value "x" was found. Check the address and the path of store.url.`, false},
		{200, `{"status": "success", "data": {"resultType": "streams", "result": []}}`, `An answer of Prometheus's HTTP API was expected, a result of type "streams" was found. Check the address and the path of store.url.`, false},
		{200, `{"status": "success", "data": {"resultType": "vector", "result": [`, "An answer of Prometheus's HTTP API was expected, JSON that is cut off or of another shape was found. Check the address and the path of store.url.", false},
	}
	for _, test := range tests {
		_, err := newFake(t, one(test.status, test.body)).store(t).Evaluate(t.Context(), Query{Expr: "x", End: noon})
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
	_, err := newFake(t, one(200, body)).store(t).Evaluate(t.Context(), Query{Expr: "x", End: noon, Step: time.Second})
	require.EqualError(t, err, "The store's answer has more than 1000 samples; none of it is used. Narrow the time range or the filters, or raise limits.samplesPerQuery.")
}

func TestUnreachable(t *testing.T) {
	f := newFake(t, nil)
	f.Close()
	_, err := f.store(t).Evaluate(t.Context(), Query{Expr: "x", End: noon})
	require.EqualError(t, err, "The store refused the connection: nothing listens at the address of store.url. Check the port, and that the store runs.")

	slow := newFake(t, nil)
	slow.answer = func(string, url.Values) (int, string) {
		<-t.Context().Done()
		return 200, ""
	}
	s := slow.store(t, func(c *Config) { c.Timeout = 50 * time.Millisecond })
	_, err = s.Evaluate(t.Context(), Query{Expr: "x", End: noon})
	require.EqualError(t, err, "The store gave no answer within 50ms. Narrow the time range or the filters, check that Grafana may reach it, or raise limits.queryTimeout.")
}

// A panel that is closed cancels its request, and with it the store's.
func TestCancelled(t *testing.T) {
	asked, ended := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm() // the server notices the end of a connection whose body was read
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
	_, err := (&fakeStore{Server: server}).store(t).Evaluate(ctx, Query{Expr: "x", End: noon})
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
		"":                 "store.url is empty: expected a URL, e.g. http://prometheus:9090, http://mimir/prometheus or http://victoria-metrics:8428",
		"ftp://a":          `store.url begins with "ftp://": expected http:// or https://`,
		"http://u:p@a":     "store.url holds a user name or a password, which every viewer could read: remove it and use the data source's authentication settings",
		"http://a?token=x": `store.url holds "token" in its query, which every viewer could read: remove it and use the data source's authentication settings or a header`,
		"http://":          "store.url has no host: expected a URL, e.g. http://prometheus:9090, http://mimir/prometheus or http://victoria-metrics:8428",
		"http://a b":       "store.url cannot be read: expected a URL, e.g. http://prometheus:9090, http://mimir/prometheus or http://victoria-metrics:8428",
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
		`["a", "b", "c"]`: `store.identity is ["a" "b" "c"]: expected one label or two, the node last and before it the cluster, such as ["instance"] or ["cluster", "node"]`,
		`["a", "a"]`:      `store.identity is ["a" "a"]: expected one label or two, the node last and before it the cluster, such as ["instance"] or ["cluster", "node"]`,
		`["kind"]`:        `store.identity has the label "kind": expected letters, digits and underscores, no leading digit, not __… and not kind`,
		`["a b"]`:         `store.identity has the label "a b": expected letters, digits and underscores, no leading digit, not __… and not kind`,
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
	require.EqualError(t, err, `store.matchers is "job=falco": expected matchers such as job="falco", cluster=~"prod.*" (unexpected identifier "falco" in label matching, expected string)`)
}
