package receiver

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

const snapshotRule = "Falco internal: metrics snapshot"

func newTest(t testing.TB, change ...func(*Config)) *Receiver {
	t.Helper()
	c := Config{Secret: "s3cret", MaxBody: 1 << 20, MaxRate: 1000, MaxSeries: 100, Messages: []Message{
		{Rule: snapshotRule, SourceField: "evt.source", Fields: []Field{
			{Name: "falco.num_evts", Metric: "falcosecurity_falco_num_evts_total"},
			{Name: "falco.evts_rate_sec", Metric: "falcosecurity_falco_evts_rate_sec"},
		}},
	}}
	for _, f := range change {
		f(&c)
	}
	r := New(c)
	r.now = func() time.Time { return noon }
	return r
}

func post(r *Receiver, body string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodPost, "/alerts", strings.NewReader(body))
	req.Header.Set(SecretHeader, "s3cret")
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w
}

// fromFalco is an alert as http_output sends it.
func fromFalco(node string, age time.Duration) string {
	at := noon.Add(-age).Format(time.RFC3339Nano)
	return fmt.Sprintf(`{"hostname":%q,"output":"12:00: A shell was spawned (user=root secret=topsecret)","output_fields":{"user.name":"root"},"priority":"Notice","rule":"Terminal shell","source":"syscall","tags":["a"],"time":%q}`, node, at)
}

// fromSidekick is an alert as the webhook output sends it.
func fromSidekick(uuid, node string, age time.Duration) string {
	return strings.Replace(fromFalco(node, age), "{", fmt.Sprintf(`{"uuid":%q,`, uuid), 1)
}

// values are the samples of a name, by their other labels.
func values(t testing.TB, r *Receiver, name string) map[string]float64 {
	t.Helper()
	samples, err := r.Samples()
	require.NoError(t, err)
	out := map[string]float64{}
	for _, s := range samples {
		if s.Labels.Get(model.MetricNameLabel) == name {
			out[s.Labels.MatchLabels(false, model.MetricNameLabel).String()] = s.Value
		}
	}
	return out
}

func TestAccepts(t *testing.T) {
	r := newTest(t)
	require.Equal(t, http.StatusNoContent, post(r, fromFalco("node-1", 2*time.Second)).Code)
	require.Equal(t, http.StatusNoContent, post(r, fromSidekick("u1", "node-1", 20*time.Second)).Code)
	require.Equal(t, http.StatusNoContent, post(r, " ["+fromFalco("node-2", time.Second)+","+fromFalco("node-2", 3*time.Second)+"]").Code)

	require.Equal(t, map[string]float64{
		`{node="node-1", path="falco", priority="Notice", rule="Terminal shell", source="syscall"}`:         1,
		`{node="node-1", path="falcosidekick", priority="Notice", rule="Terminal shell", source="syscall"}`: 1,
		`{node="node-2", path="falco", priority="Notice", rule="Terminal shell", source="syscall"}`:         2,
	}, values(t, r, AlertsReceived))
	buckets := values(t, r, DeliverySeconds+"_bucket")
	labels := `node="node-1", path="falcosidekick", priority="Notice", source="syscall"}`
	require.Equal(t, 0.0, buckets[`{le="10", `+labels])
	require.Equal(t, 1.0, buckets[`{le="30", `+labels])
	require.Equal(t, 1.0, buckets[`{le="+Inf", `+labels])
	require.Equal(t, 20.0, values(t, r, DeliverySeconds+"_sum")["{"+labels])
	require.Equal(t, map[string]float64{`{node="node-2", path="falco"}`: 1}, values(t, r, OutOfOrder), "the second of the batch is older")
	require.Equal(t, 1.0, values(t, r, MinimumDelay)[`{node="node-2", path="falco"}`])
}

func TestRefuses(t *testing.T) {
	const format = "expected an alert of Falco's http_output with json_output on, a payload of Falcosidekick's webhook output, or a JSON array of them"
	tests := []struct {
		name, body string
		status     int
		message    string
	}{
		{"empty", " ", 400, "the body is empty: " + format},
		{"text output", "12:00: Notice A shell was spawned", 400, "the body is not valid JSON: " + format},
		{"other JSON", `{"status": "firing"}`, 400, "an alert has no rule or no time: " + format},
		{"a list of others", `[1, 2]`, 400, "the body is not valid JSON: " + format},
		{"local time", `{"rule": "a", "time": "12:00:00"}`, 400, "the time of an alert is not in ISO 8601 format: " + format},
		{"long rule", `{"rule": "` + strings.Repeat("a", 1025) + `", "time": "2026-11-30T12:00:00Z"}`, 400, "a field of an alert is longer than 1024 bytes: " + format},
		{"large", strings.Repeat("a", 1<<20+1), 413, "the body is larger than 1048576 bytes (limits.bodySizeLimit)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newTest(t)
			w := post(r, test.body)
			require.Equal(t, test.status, w.Code)
			require.Equal(t, test.message+"\n", w.Body.String())
			require.Empty(t, values(t, r, AlertsReceived))
			require.Len(t, values(t, r, RefusedRequests), 1)
		})
	}
}

func TestRefusesRequestWithoutBody(t *testing.T) {
	req, err := http.NewRequest(http.MethodPost, "/alerts", nil) // like the SDK, which sets no body where it is empty
	require.NoError(t, err)
	req.Header.Set(SecretHeader, "s3cret")
	w := httptest.NewRecorder()
	newTest(t).ServeHTTP(w, req)
	require.Equal(t, http.StatusBadRequest, w.Code)
	require.Contains(t, w.Body.String(), "the body is empty")
}

func TestRefusesOtherMethods(t *testing.T) {
	w := httptest.NewRecorder()
	newTest(t).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/alerts", nil))
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
}

func TestSecret(t *testing.T) {
	send := func(r *Receiver, url, header string) int {
		req := httptest.NewRequest(http.MethodPost, url, strings.NewReader(fromFalco("a", 0)))
		req.Header.Set(SecretHeader, header)
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		return w.Code
	}
	r := newTest(t)
	require.Equal(t, 401, send(r, "/alerts", ""))
	require.Equal(t, 401, send(r, "/alerts", "S3cret"))
	require.Equal(t, 401, send(r, "/alerts?secret=wrong", ""))
	require.Equal(t, 204, send(r, "/alerts?secret=s3cret", ""))
	require.Equal(t, 204, send(r, "/alerts", "s3cret"))
	require.Equal(t, map[string]float64{`{reason="secret"}`: 3}, values(t, r, RefusedRequests))

	open := newTest(t, func(c *Config) { c.Secret = "" })
	require.Equal(t, 401, send(open, "/alerts", ""), "no secret never means open to all")
}

func TestRate(t *testing.T) {
	r := newTest(t, func(c *Config) { c.MaxRate = 2 })
	for i := range 2 {
		require.Equal(t, 204, post(r, fromFalco("a", time.Duration(i))).Code)
	}
	w := post(r, fromFalco("a", 3))
	require.Equal(t, 429, w.Code)
	require.Equal(t, "1", w.Header().Get("Retry-After"))
	r.now = func() time.Time { return noon.Add(time.Second) }
	require.Equal(t, 204, post(r, fromFalco("a", 3)).Code)
}

func TestDuplicatesCountOnce(t *testing.T) {
	r := newTest(t)
	for range 3 {
		post(r, fromSidekick("u1", "a", 0))
		post(r, fromFalco("a", time.Second))
	}
	post(r, fromFalco("b", time.Second)) // same time and rule, another node
	require.Equal(t, map[string]float64{`{node="a", path="falco"}`: 2, `{node="a", path="falcosidekick"}`: 2}, values(t, r, DuplicateAlerts))
	require.Equal(t, 3.0, sum(values(t, r, AlertsReceived)))
}

func TestDuplicatesAreForgottenInBoundedMemory(t *testing.T) {
	known := newRecentAlerts(100, time.Minute)
	for i := range 10_000 {
		require.True(t, known.add(&alert{UUID: fmt.Sprint(i)}, noon))
		require.LessOrEqual(t, len(known.current)+len(known.previous), 200)
	}
	require.False(t, known.add(&alert{UUID: "9950"}, noon))
	require.False(t, known.add(&alert{UUID: "9999"}, noon.Add(30*time.Second)), "kept for a lifetime at least")
	require.True(t, known.add(&alert{UUID: "9999"}, noon.Add(3*time.Minute)))
}

func TestClockAheadIsToldAndNeverSubtracted(t *testing.T) {
	r := newTest(t)
	post(r, fromFalco("ahead", -4*time.Second))
	require.Equal(t, map[string]float64{`{node="ahead", path="falco"}`: 1}, values(t, r, FutureTimestamps))
	require.Equal(t, map[string]float64{`{node="ahead", path="falco"}`: -4}, values(t, r, MinimumDelay))
	require.Equal(t, 0.0, sum(values(t, r, DeliverySeconds+"_sum")))
	r.now = func() time.Time { return noon.Add(2 * delayWindow) }
	post(r, fromFalco("ahead", -2*delayWindow+time.Second))
	require.Equal(t, -4.0, values(t, r, MinimumDelay)[`{node="ahead", path="falco"}`], "the window before counts")
	r.now = func() time.Time { return noon.Add(3 * delayWindow) }
	post(r, fromFalco("ahead", -3*delayWindow+2*time.Second))
	require.Equal(t, 1.0, values(t, r, MinimumDelay)[`{node="ahead", path="falco"}`])
	r.now = func() time.Time { return noon.Add(5 * delayWindow) }
	require.Empty(t, values(t, r, MinimumDelay), "nothing arrived for two windows")
}

// snapshotOf is Falco's own alert with its metrics, for one event source.
func snapshotOf(node, source, time, fields string) string {
	return fmt.Sprintf(`{"hostname":%q,"output":"Falco metrics snapshot","output_fields":{"evt.source":%q,"falco.version":"0.44.1",%s},"priority":"Informational","rule":%q,"source":"internal","time":%q}`, node, source, fields, snapshotRule, time)
}

func TestNumbersOfFalcosOwnAlerts(t *testing.T) {
	r := newTest(t, func(c *Config) { c.MaxSeries = 2 })
	events := func() map[string]float64 { return values(t, r, "falcosecurity_falco_num_evts_total") }
	rates := func() map[string]float64 { return values(t, r, "falcosecurity_falco_evts_rate_sec") }
	post(r, snapshotOf("a", "syscall", "2026-11-30T11:59:50Z", `"falco.num_evts":1234,"falco.evts_rate_sec":"1.5","scap.n_evts":9`))
	post(r, snapshotOf("a", "k8s_audit", "2026-11-30T11:59:50.1Z", `"falco.num_evts":7,"falco.evts_rate_sec":"NaN"`))
	require.Equal(t, map[string]float64{`{node="a", source="syscall"}`: 1234, `{node="a", source="k8s_audit"}`: 7}, events())
	require.Equal(t, map[string]float64{`{node="a", source="syscall"}`: 1.5}, rates())

	// The first snapshot after a start has no rate. An older one that arrives late changes nothing.
	post(r, snapshotOf("a", "syscall", "2026-11-30T11:59:59Z", `"falco.num_evts":1`))
	post(r, snapshotOf("a", "syscall", "2026-11-30T11:59:55Z", `"falco.num_evts":2000`))
	require.Equal(t, 1.0, events()[`{node="a", source="syscall"}`])
	require.Empty(t, rates())

	// What there is no room for is counted.
	post(r, snapshotOf("a", "okta", "2026-11-30T11:59:59.1Z", `"falco.num_evts":1`))
	require.Len(t, events(), 2)
	require.Equal(t, map[string]float64{`{}`: 1}, values(t, r, UncountedAlerts))

	r.now = func() time.Time { return noon.Add(snapshotLifetime + time.Second) }
	require.Empty(t, events(), "a Falco that no longer writes snapshots")
}

func TestSnapshotsAreNotCountedFromZero(t *testing.T) {
	r := newTest(t)
	post(r, snapshotOf("a", "syscall", "2026-11-30T11:59:59Z", `"falco.num_evts":1234`))
	samples, err := r.Samples()
	require.NoError(t, err)
	for _, s := range samples {
		if s.Labels.Get(model.MetricNameLabel) == "falcosecurity_falco_num_evts_total" {
			require.False(t, s.Cumulative, "Falco counted long before")
		}
	}
}

func TestCanary(t *testing.T) {
	r := newTest(t, func(c *Config) { c.CanaryRule, c.CanaryPeriod = "Terminal shell", 5*time.Minute })
	require.Equal(t, map[string]float64{`{rule="Terminal shell"}`: 300}, values(t, r, CanaryPeriod))
	require.Empty(t, values(t, r, CanaryArrival))
	post(r, fromFalco("a", 2*time.Second))
	post(r, fromSidekick("u1", "b", -time.Second))
	at := float64(noon.Unix())
	require.Equal(t, map[string]float64{`{node="a", path="falco"}`: at, `{node="b", path="falcosidekick"}`: at}, values(t, r, CanaryArrival))
	require.Equal(t, map[string]float64{`{node="a", path="falco"}`: 2, `{node="b", path="falcosidekick"}`: 0}, values(t, r, CanaryDelivery))

	c := r.settings.Load().Config
	c.CanaryPeriod = time.Minute
	r.configure(c)
	require.Len(t, values(t, r, CanaryArrival), 2, "only the period has changed")
	c.CanaryRule = "Another"
	r.configure(c)
	require.Equal(t, map[string]float64{`{rule="Another"}`: 60}, values(t, r, CanaryPeriod))
	require.Empty(t, values(t, r, CanaryArrival))
	c.CanaryRule = ""
	r.configure(c)
	require.Empty(t, values(t, r, CanaryPeriod))
}

func TestTellsWhatIsExpected(t *testing.T) {
	r := newTest(t, func(c *Config) { c.ExpectedPriorities = []string{"0", "1"} })
	require.Equal(t, map[string]float64{`{priority="0"}`: 1, `{priority="1"}`: 1}, values(t, r, ExpectedPriority))
	require.Empty(t, values(t, r, ExpectedRule), "all rules")
	c := r.settings.Load().Config
	c.ExpectedPriorities, c.ExpectedRules = []string{"0"}, []string{"A"}
	r.configure(c)
	require.Equal(t, map[string]float64{`{priority="0"}`: 1}, values(t, r, ExpectedPriority))
	require.Equal(t, map[string]float64{`{rule_name="A"}`: 1}, values(t, r, ExpectedRule))
}

func TestSeriesAreBounded(t *testing.T) {
	r := newTest(t, func(c *Config) { c.MaxSeries = 3 })
	for i := range 10 {
		post(r, fromFalco(fmt.Sprintf("node-%d", i), 0))
	}
	require.Len(t, values(t, r, AlertsReceived), 3)
	require.Equal(t, map[string]float64{`{}`: 7}, values(t, r, UncountedAlerts))
}

func TestNoTextOfAnAlertIsKept(t *testing.T) {
	r := newTest(t)
	post(r, fromFalco("a", 0))
	registry := prometheus.NewRegistry()
	registry.MustRegister(r.Collector())
	families, err := registry.Gather()
	require.NoError(t, err)
	require.NotContains(t, fmt.Sprint(families), "topsecret")
	require.NotContains(t, fmt.Sprintf("%+v", r), "topsecret")
}

func TestConcurrentSenders(t *testing.T) {
	r := newTest(t, func(c *Config) { c.MaxRate = 1e6 })
	var group sync.WaitGroup
	for sender := range 8 {
		group.Go(func() {
			for i := range 200 {
				post(r, fromSidekick(fmt.Sprintf("%d-%d", sender, i), "a", 0))
				post(r, "garbage")
			}
		})
	}
	group.Wait()
	require.Equal(t, 1600.0, sum(values(t, r, AlertsReceived)))
	require.Equal(t, map[string]float64{`{reason="format"}`: 1600}, values(t, r, RefusedRequests))
}

func BenchmarkSinglePosts(b *testing.B) {
	r := New(Config{Secret: "s3cret", MaxBody: 1 << 20, MaxRate: 1e9, MaxSeries: 1000})
	b.ReportAllocs()
	for i := range b.N {
		post(r, fromSidekick(fmt.Sprint(i), fmt.Sprintf("node-%d", i%50), time.Second))
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "alerts/s")
}

func sum(values map[string]float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}
