package datasource

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/receiver"
)

// storeWith has a Falco that answers, and says more beside each answer.
func storeWith(t *testing.T, more string) *Instance {
	t.Helper()
	return storeOf(t, func(w http.ResponseWriter, r *http.Request) { answerOne(w, r, more) })
}

// together matches the expressions that one request evaluates, each with its number.
var together = regexp.MustCompile(`label_replace\(\((.*?)\), "falco_metrics_query", "(\d+)", "", ""\)`)

// answerOne gives every expression the value 1 of one Falco.
func answerOne(w http.ResponseWriter, r *http.Request, more string) {
	_ = r.ParseForm()
	w.Header().Set("Content-Type", "application/json")
	var all []string
	sample := func(query, metric string) {
		metric += `"job": "falco", "instance": "10.0.0.1:8765"`
		for _, fact := range []string{"version", "engine_name", "kernel_release"} {
			if strings.Contains(query, fact) {
				metric += fmt.Sprintf(`, %q: "x"`, fact)
			}
		}
		if strings.Contains(query, "__name__)") {
			metric += `, "__name__": "falcosecurity_falco_cpu_usage_ratio"`
		}
		all = append(all, fmt.Sprintf(`{"metric": {%s}, "value": [%d, "1"]}`, metric, time.Now().Unix()))
	}
	query := r.Form.Get("query")
	for _, part := range together.FindAllStringSubmatch(query, -1) {
		sample(part[1], fmt.Sprintf(`"falco_metrics_query": %q, `, part[2]))
	}
	if len(all) == 0 {
		sample(query, "")
	}
	fmt.Fprintf(w, `{"status": "success", %s "data": {"resultType": "vector", "result": [%s]}}`, more, strings.Join(all, ","))
}

func storeOf(t *testing.T, answer http.HandlerFunc) *Instance {
	t.Helper()
	return storeWithSettings(t, "", answer)
}

// storeWithSettings adds settings, such as `"scrapeInterval": "30s", `.
func storeWithSettings(t *testing.T, more string, answer http.HandlerFunc) *Instance {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	settings := fmt.Sprintf(`{%s"mode": "prometheus", "prometheus": {"url": %q}}`, more, server.URL)
	d := newInstance(t.Context(), backend.DataSourceInstanceSettings{JSONData: json.RawMessage(settings)}, nil, receiver.NewRecorder(), executor.NewShared())
	require.NoError(t, d.broken)
	t.Cleanup(d.Dispose)
	return d
}

func TestStoreGivesFramesOfNodes(t *testing.T) {
	d := storeWith(t, "")
	res := queryOne(t, d, `{"signals": ["cpu-usage-since-start-ratio"], "instant": true}`)
	require.NoError(t, res.Error)
	require.Equal(t, "10.0.0.1:8765", res.Frames[0].Fields[0].Labels["node"])
	require.NotContains(t, res.Frames[0].Fields[0].Labels, "instance")
	require.Equal(t, "max by (instance) (falcosecurity_falco_cpu_usage_ratio)", res.Frames[0].Meta.ExecutedQueryString)

	byHand := queryOne(t, d, `{"queryType": "promql", "expr": "max by (node) (up)", "instant": true, "filters": [{"key": "node", "operator": "=", "value": "a"}]}`)
	require.Equal(t, `max by (node) (up{instance="a"})`, byHand.Frames[0].Meta.ExecutedQueryString, "the store's own labels; filters are ours")
	require.Equal(t, data.Labels{"instance": "10.0.0.1:8765", "job": "falco"}, byHand.Frames[0].Fields[0].Labels)

	mapped := queryOne(t, d, `{"queryType": "promql", "mapLabels": true, "expr": "max by (node) (x)", "instant": true, "filters": [{"key": "node", "operator": "=", "value": "a"}]}`)
	require.Equal(t, `max by (instance) (x{instance="a"})`, mapped.Frames[0].Meta.ExecutedQueryString)
	require.Equal(t, "10.0.0.1:8765", mapped.Frames[0].Fields[0].Labels["node"])
}

// What the store says of an answer is shown with it; one that lacks samples is said to be partial.
func TestStoreWarnings(t *testing.T) {
	said := func(more string) []string {
		return texts(t, queryOne(t, storeWith(t, more), `{"signals": ["cpu-usage-since-start-ratio"], "instant": true}`))
	}
	const partialResult = "The Prometheus server returned a partial result because one of its components did not answer. Figures may be missing or too low. Check the health of its components."
	require.Empty(t, said(""))
	require.Equal(t, []string{"warning: " + partialResult}, said(`"isPartial": true,`), "VictoriaMetrics")
	require.Equal(t, []string{"warning: " + partialResult + " The Prometheus server says: receive series from Addr: 10.0.0.2: rpc error."},
		said(`"warnings": ["receive series from Addr: 10.0.0.2: rpc error"],`), "Thanos")
	require.Equal(t, []string{"warning: The Prometheus server says: something else."}, said(`"warnings": ["something else"],`))
	const info = `"infos": ["PromQL info: metric might not be a counter (1:6)"],`
	require.Empty(t, said(info), "an expression of the catalogue")
	for _, query := range []string{`{"queryType": "promql", "expr": "rate(x[5m])", "instant": true}`, `{"queryType": "promql", "mapLabels": true, "expr": "rate(x[5m])", "instant": true}`} {
		require.Equal(t, []string{"info: The Prometheus server says: PromQL info: metric might not be a counter (1:6)."}, texts(t, queryOne(t, storeWith(t, info), query)))
	}
}

// Counters that fell without a restart are told, with what that means for the value.
func TestNoticeOfCountersThatFell(t *testing.T) {
	d := storeOf(t, func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		if query := r.Form.Get("query"); strings.HasPrefix(query, "group by (instance) ((resets(") && r.Form.Has("step") {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"status": "success", "data": {"resultType": "matrix", "result": []}}`)
			return
		}
		answerOne(w, r, "")
	})
	const cause = "Falco up to 0.45.0 reports wrong counters when two requests read its metrics at the same time. Let only one Prometheus scrape it, or upgrade Falco."
	notices := func(query string) string {
		res, err := d.QueryData(t.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{{
			RefID: "A", JSON: json.RawMessage(query), TimeRange: backend.TimeRange{From: time.Now().Add(-time.Hour), To: time.Now()},
		}}})
		require.NoError(t, err)
		return strings.Join(texts(t, res.Responses["A"]), "\n")
	}
	about := func(query, effect string) {
		require.Regexp(t, `(?m)^warning: Counters of 10\.0\.0\.1:8765 fell without a restart and came back, most recently before 20\d\d-\d\d-\d\d \d\d:\d\d UTC\. `+effect+" "+cause+"$", notices(query))
	}
	about(`{"signals": ["kernel-event-rate"], "instant": true}`, "The plugin left out the samples in between.")
	const counted = `rate\(\) and increase\(\) take that for a reset and are too high around it.`
	about(`{"queryType": "promql", "expr": "rate(falcosecurity_scap_n_evts_total[5m])", "instant": true}`, counted)
	require.NotContains(t, notices(`{"queryType": "promql", "expr": "rate(node_cpu_seconds_total[5m])", "instant": true}`), "fell without a restart")
	require.NotContains(t, notices(`{"queryType": "promql", "expr": "falcosecurity_scap_n_evts_total", "instant": true}`), "fell without a restart")
	require.NotContains(t, notices(`{"queryType": "promql", "expr": "rate(falcosecurity_scap_n_evts_total{instance=\"b\"}[5m])", "instant": true}`), "fell without a restart")
}

// In a store nothing pauses: how long ago the targets were looked up says nothing of how old figures are.
func TestStoreHasNoOldFigures(t *testing.T) {
	d := storeWith(t, "")
	const text = `{"signals": ["cpu-usage-since-start-ratio"], "instant": true}`
	require.Empty(t, texts(t, queryOne(t, d, text)))
	d.source.Now = func() time.Time { return time.Now().Add(65 * time.Second) }
	require.Empty(t, texts(t, queryOne(t, d, text)))

	d.source.Executor = outOfDate{d.source.Executor}
	d.source.Now = func() time.Time { return noon }
	require.Equal(t, []string{"warning: The target list is from 11:00 UTC. The Prometheus server cannot be queried since then. It is away."}, texts(t, queryOne(t, d, text)))
}

// outOfDate could not be brought up to date for an hour.
type outOfDate struct{ executor.Executor }

func (outOfDate) TargetsOutdated() (time.Time, string) {
	return noon.Add(-time.Hour), "It is away."
}

// While a store is away there is nothing to say of its targets.
func TestHealthOfAStoreThatIsAway(t *testing.T) {
	answers := true
	d := storeOf(t, func(w http.ResponseWriter, r *http.Request) {
		if !answers {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		answerOne(w, r, "")
	})
	check := func() *backend.CheckHealthResult {
		h, err := d.CheckHealth(t.Context(), nil)
		require.NoError(t, err)
		return h
	}
	require.Contains(t, check().Message, "All 3 targets respond.")
	answers = false
	require.Equal(t, &backend.CheckHealthResult{Status: backend.HealthStatusError,
		Message: "The Prometheus server answered 503 Service Unavailable: it is starting or overloaded, or a proxy cannot reach it. It gave no reason."}, check())
}

// The panels of a dashboard never send the same request twice, and the next refresh within a scrape interval sends little more
// than the search for targets.
func TestRefreshOfDashboardSharesRequests(t *testing.T) {
	var mu sync.Mutex
	sent := map[string]int{}
	d := storeWithSettings(t, `"scrapeInterval": "2m30s", `, func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		mu.Lock()
		sent[r.URL.Path+r.Form.Encode()]++
		mu.Unlock()
		answerOne(w, r, "")
	})
	interval := func() int64 { return time.Now().UnixMilli() / 150_000 }
	count := func() (total int) {
		clear(sent)
		var panels sync.WaitGroup
		for _, request := range refresh(t, "../../src/dashboards/overview.json", 10, time.Now()) {
			panels.Go(func() {
				_, err := d.QueryData(t.Context(), request)
				require.NoError(t, err)
			})
		}
		panels.Wait()
		for request, n := range sent {
			require.Equal(t, 1, n, request)
			total += n
		}
		return total
	}
	for { // until two refreshes are in one interval
		before := interval()
		first, second := count(), count()
		t.Logf("%d requests, %d for the next refresh", first, second)
		if interval() == before {
			require.Less(t, first, 105) // some 60 on an idle machine; a busy one has less to send together
			require.Less(t, second, 40)
			return
		}
	}
}

// A label name in a look-up reaches no other path of the Prometheus server, however it is encoded.
func TestLookUpsStayInTheirPath(t *testing.T) {
	var paths []string
	d := storeOf(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.RequestURI, "label") {
			paths = append(paths, r.URL.Path)
		}
		answerOne(w, r, "")
	})
	for _, name := range []string{"..%2F..%2Fx", "..%252F..%252Fx", "%2e%2e%2f%2e%2e", "..%5C..", "a%00b"} {
		status, body := look(t, d, http.MethodGet, "labels/"+name+"/values")
		require.Equal(t, http.StatusBadRequest, status, name)
		require.Contains(t, body, "is not valid: expected UTF-8 text without slashes, backslashes, percent signs and control characters.", name)
	}
	require.Empty(t, paths)
	for name, want := range map[string]string{"zone": "zone", "http.status": "U__http_2e_status", "%2E%2E": "U___2e__2e_"} {
		look(t, d, http.MethodGet, "labels/"+name+"/values")
		require.Equal(t, "/api/v1/label/"+want+"/values", paths[len(paths)-1])
	}
}

// A data source with an unusable certificate reports that, and can be disposed of like any other.
func TestDisposeWithAnInvalidCertificate(t *testing.T) {
	for name, settings := range map[string]backend.DataSourceInstanceSettings{
		"CA certificate": {
			JSONData:                json.RawMessage(`{"mode": "prometheus", "prometheus": {"url": "https://prometheus:9090"}, "tlsAuthWithCACert": true}`),
			DecryptedSecureJSONData: map[string]string{"tlsCACert": "not a certificate"},
		},
		"client certificate": {
			JSONData:                json.RawMessage(`{"mode": "prometheus", "prometheus": {"url": "https://prometheus:9090"}, "tlsAuth": true}`),
			DecryptedSecureJSONData: map[string]string{"tlsClientCert": "not a certificate", "tlsClientKey": "not a key"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newInstance(t.Context(), settings, nil, receiver.NewRecorder(), executor.NewShared())
			require.ErrorContains(t, d.broken, "the data source's HTTP settings cannot be used")
			require.NotPanics(t, d.Dispose)
		})
	}
}

// The samples that events are found in come in one request. If the server refuses that, each metric is read on its own.
func TestEventsReadSamplesTogether(t *testing.T) {
	for _, refuses := range []bool{false, true} {
		var mu sync.Mutex
		var raw []string
		d := storeOf(t, func(w http.ResponseWriter, r *http.Request) {
			_ = r.ParseForm()
			query := r.Form.Get("query")
			selector, isRaw := strings.CutSuffix(query, "[900000ms]")
			if !isRaw {
				answerOne(w, r, "")
				return
			}
			mu.Lock()
			raw = append(raw, selector)
			mu.Unlock()
			w.Header().Set("Content-Type", "application/json")
			if refuses && strings.Contains(query, "=~") {
				w.WriteHeader(http.StatusUnprocessableEntity)
				fmt.Fprint(w, `{"status": "error", "errorType": "execution", "error": "too many samples"}`)
				return
			}
			var series []string
			for version, at := range map[string]int{"0.44.0": 0, "0.45.1": 480} {
				if strings.Contains(query, "falcosecurity_falco_version_info") {
					from := noon.Add(-20 * time.Minute).Unix()
					series = append(series, fmt.Sprintf(`{"metric": {"__name__": "falcosecurity_falco_version_info", "instance": "a:1", "version": %q}, "values": [[%d, "1"]]}`, version, from+int64(at)))
				}
			}
			fmt.Fprintf(w, `{"status": "success", "data": {"resultType": "matrix", "result": [%s]}}`, strings.Join(series, ","))
		})
		d.source.Now = func() time.Time { return noon }
		res, err := d.QueryData(t.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{{
			RefID: "A", JSON: json.RawMessage(`{"queryType": "events", "signals": ["version", "kernel"]}`),
			TimeRange: backend.TimeRange{From: noon.Add(-15 * time.Minute), To: noon.Add(-10*time.Minute - 30*time.Second)},
		}}})
		require.NoError(t, err)
		require.NoError(t, res.Responses["A"].Error)
		text, _ := res.Responses["A"].Frames[0].FieldByName("text")
		require.Equal(t, 1, text.Len())
		require.Equal(t, "Falco on a:1 changed from version 0.44.0 to 0.45.1.", text.At(0))
		oneRequest := `{__name__=~"falcosecurity_falco_kernel_release_info|falcosecurity_falco_reload_timestamp_nanoseconds|falcosecurity_falco_start_timestamp_nanoseconds|falcosecurity_falco_version_info"}`
		if !refuses {
			require.Equal(t, []string{oneRequest}, raw)
			continue
		}
		require.Equal(t, []string{
			oneRequest, `{__name__="falcosecurity_falco_kernel_release_info"}`, `{__name__="falcosecurity_falco_reload_timestamp_nanoseconds"}`,
			`{__name__="falcosecurity_falco_start_timestamp_nanoseconds"}`, `{__name__="falcosecurity_falco_version_info"}`,
		}, raw)
	}
}
