package datasource

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/receiver"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// withReceiver makes an instance with these settings beside one target.
func withReceiver(t *testing.T, recorder *receiver.Recorder, settings string, secrets map[string]string) *Instance {
	t.Helper()
	f := &fakeFleet{statuses: []target.Status{falco("node-1")}}
	d := newInstance(t.Context(), backend.DataSourceInstanceSettings{
		UID: "falco", JSONData: json.RawMessage(`{"targets": [{"url": "node-1:8765"}], "receiver": ` + settings + `}`), DecryptedSecureJSONData: secrets,
	}, func(scrape.Config) (executor.Fleet, error) { return f, nil }, recorder, executor.NewShared())
	t.Cleanup(d.Dispose)
	return d
}

func sendAlert(t *testing.T, d *Instance, secret string) (status int, body string) {
	t.Helper()
	alert := `{"hostname":"node-1","output":"text","priority":"Notice","rule":"A rule","source":"syscall","time":"` + time.Now().UTC().Format(time.RFC3339Nano) + `"}`
	req := &backend.CallResourceRequest{
		Path: "alerts", Method: http.MethodPost, Body: []byte(alert),
		URL: "alerts", Headers: map[string][]string{receiver.SecretHeader: {secret}},
	}
	err := d.CallResource(context.Background(), req, backend.CallResourceResponseSenderFunc(func(r *backend.CallResourceResponse) error {
		status, body = r.Status, string(r.Body)
		return nil
	}))
	require.NoError(t, err)
	return status, body
}

func TestReceiver(t *testing.T) {
	recorder := receiver.NewRecorder()
	secret := map[string]string{"receiverSecret": "s3cret"}
	on := withReceiver(t, recorder, `{"enabled": true}`, secret)
	status, _ := sendAlert(t, on, "s3cret")
	require.Equal(t, http.StatusNoContent, status)
	status, body := sendAlert(t, on, "guess")
	require.Equal(t, http.StatusUnauthorized, status)
	require.Contains(t, body, "the shared secret is missing or wrong")

	off := withReceiver(t, recorder, `{}`, secret)
	status, body = sendAlert(t, off, "s3cret")
	require.Equal(t, http.StatusNotFound, status)
	require.JSONEq(t, `{"error":"the alert receiver is off: set receiver.enabled in the settings of the data source"}`, body)

	unset := withReceiver(t, recorder, `{"enabled": true}`, nil)
	status, body = sendAlert(t, unset, "")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.JSONEq(t, `{"error":"the settings of this data source cannot be used: receiver.enabled is true, but the receiver has no secret: set one in the section Alert receiver (secureJsonData.receiverSecret)"}`, body)
}

func TestLabelsOfNodes(t *testing.T) {
	in := func(cluster, zone, node string) target.Status {
		s := falco(node)
		s.Labels = labels.FromStrings("cluster", cluster, "zone", zone, "node", node, "instance", node+":8765")
		return s
	}
	sidekick := in("prod", "z3", "a")
	sidekick.Kind = target.KindFalcosidekick
	require.Equal(t, map[string]labels.Labels{"a": labels.FromStrings("cluster", "prod", "zone", "z1"), "b": labels.EmptyLabels()},
		labelsOfNodes([]target.Status{in("prod", "z1", "a"), sidekick, in("prod", "z1", "b"), in("test", "z1", "b")}, []string{"zone"}))
}

func TestHealthOfTheReceiver(t *testing.T) {
	recorder := receiver.NewRecorder()
	settings := `{"enabled": true, "rateLimit": 3, "seriesLimit": 3}`
	secret := map[string]string{"receiverSecret": "s3cret"}
	d := withReceiver(t, recorder, settings, secret)
	defer recorder.Close(receiver.Key{UID: "falco"})
	d.source.Now = func() time.Time { return noon }
	_, h := check(t, d)
	require.Empty(t, h.Message)
	require.Contains(t, h.VerboseMessage, "• The alert receiver is on, but no alert has arrived yet.")

	now := time.Now()
	post := func(secret, body string) {
		req := httptest.NewRequest(http.MethodPost, "/alerts", strings.NewReader(body))
		req.Header.Set(receiver.SecretHeader, secret)
		d.received.ServeHTTP(httptest.NewRecorder(), req)
	}
	alert := func(node string, at time.Time) string {
		return fmt.Sprintf(`{"hostname":%q,"output":"text","priority":"Notice","rule":"A rule","source":"syscall","time":%q}`, node, at.UTC().Format(time.RFC3339Nano))
	}
	post("s3cret", "["+alert("node-1", now)+","+alert("node-2", now.Add(-time.Minute))+","+alert("node-3", now.Add(4200*time.Millisecond))+"]")
	post("s3cret", "["+strings.Repeat(alert("node-1", now)+",", 3)+alert("node-1", now)+"]")
	post("guess", alert("node-1", now))
	post("guess", alert("node-1", now))
	post("s3cret", "text")
	res, h := check(t, d)
	require.Equal(t, backend.HealthStatusOk, res.Status)
	require.Contains(t, h.VerboseMessage, "• The alert receiver has received 3 alerts from 3 nodes.")
	require.Equal(t, "1. The alert receiver refused 4 requests: wrong or missing secret (2), more alerts per second than receiver.rateLimit (3) (1), not in the format of Falco or Falcosidekick (1). "+
		"2. The delivery times of node-3 are too short, because its clock is about 4 s ahead of Grafana's. Check time synchronisation on the node.", h.Message)
}

// withReceived replaces the executor of a test by one that also knows what a receiver counted: node-1 sent an alert a
// minute; the clock of node-2 is 4s ahead.
func withReceived(d *Instance, f *fakeFleet) {
	received := &fakeFleet{history: history.New(history.Options{})}
	for at := noon.Add(-time.Hour); !at.After(noon); at = at.Add(15 * time.Second) {
		minutes := math.Floor(at.Sub(noon.Add(-time.Hour)).Minutes())
		for node, delay := range map[string]float64{"node-1": 0.2, "node-2": -4} {
			labels := func(name string) []string {
				return []string{"__name__", name, "cluster", "demo", "node", node, "zone", "a", "path", "falco", "priority", "Notice", "source", "syscall"}
			}
			received.setAt(at, minutes, labels("falco_alert_delivery_seconds_count")...)
			received.setAt(at, minutes, labels("falco_alerts_on_time_total")...)
			received.setAt(at, minutes, append(labels("falco_alerts_received_total"), "rule", "A rule")...)
			received.setAt(at, delay, labels("falco_alert_minimum_delay_seconds")...)
		}
	}
	d.source.Settings.Receiver.Enabled = true
	d.source.Executor = executor.NewEmbedded(d.source.Settings, f, received.history, executor.NewShared())
}

func TestFiguresWithoutReceivedSeriesAreUnchanged(t *testing.T) {
	statuses := []target.Status{falco("node-1", kernelCounters...), falco("node-2", kernelCounters...)}
	off, _ := newTest(t, statuses...)
	on, f := newTest(t, statuses...)
	for _, fleet := range []*fakeFleet{f, off.source.Executor.(*executor.Embedded).Fleet.(*fakeFleet)} {
		fleet.count("node-1", 12)
		fleet.count("node-2", 0)
	}
	withReceived(on, f)
	catalogue := signals.Load()
	readsReceived := func(s signals.Signal) bool {
		return slices.ContainsFunc(slices.Concat(catalogue.Receiver.Metrics, catalogue.Receiver.OwnMetrics), func(metric string) bool {
			return strings.Contains(s.Expr, metric)
		}) || slices.ContainsFunc(s.Needs, func(n signals.Need) bool { return n.From == signals.FromReceiver })
	}
	compared, valued := 0, 0
	for _, s := range catalogue.Signals {
		query := fmt.Sprintf(`{"signals": [%q], "instant": true, "window": "10m"}`, s.ID)
		without, with := queryOne(t, off, query), queryOne(t, on, query)
		require.NoError(t, without.Error, s.ID)
		if !readsReceived(s) {
			a, err := json.Marshal(without.Frames)
			require.NoError(t, err)
			b, err := json.Marshal(with.Frames)
			require.NoError(t, err)
			require.JSONEq(t, string(a), string(b), s.ID)
			compared++
			if len(without.Frames[0].Fields) > 0 {
				valued++
			}
		}
	}
	require.Greater(t, compared, 100)
	require.Greater(t, valued, 10)

	// Checks of what the receiver measures have no row without it.
	checks := func(d *Instance) []string {
		ids := rows(t, queryOne(t, d, `{"queryType": "health", "format": "table"}`), "id")
		slices.Sort(ids)
		return slices.Compact(ids)
	}
	before, after := checks(off), checks(on)
	require.Subset(t, after, before)
	require.NotContains(t, before, "delivery-on-time")
	require.Contains(t, after, "delivery-on-time")
}

func TestNoticesOfTheReceiver(t *testing.T) {
	d, f := newTest(t, falco("node-1", kernelCounters...), falco("node-2", kernelCounters...), falco("node-3", kernelCounters...))
	f.count("node-1", 0)
	const query = `{"signals": ["delivery-on-time-ratio"], "instant": true, "window": "10m"}`
	require.Equal(t, []string{
		"info: Alerts on time: not measured for any of the 3 nodes. Turn on the alert receiver in the settings of the data source (receiver.enabled), and let Falco send its alerts there.",
	}, texts(t, queryOne(t, d, query)))

	withReceived(d, f)
	require.Equal(t, []string{
		"warning: Delivery times are too short, because the clock differs from Grafana's on 1 of 3 nodes: node-2 (4 s ahead). They are shown as measured. Check time synchronisation on the node.",
		"info: Alerts on time: no value on 1 of 3 nodes: node-3. No alert of this node arrived at the alert receiver within the window.",
	}, texts(t, queryOne(t, d, query)))
	require.NotContains(t, fmt.Sprint(texts(t, queryOne(t, d, `{"signals": ["up"], "instant": true}`))), "clock", "only where delivery times are shown")

	require.Contains(t, texts(t, queryOne(t, d, `{"queryType": "promql", "expr": "sum(falco_alerts_received_total)"}`)),
		"info: sum(falco_alerts_received_total) adds up what the alert receiver has counted since it started. Use rate() or increase(), or the signal “Alerts received”.")
	require.Equal(t, []string{"info: The expression returned no value in this range."},
		texts(t, queryOne(t, d, `{"queryType": "promql", "expr": "falco_alerts_received_total > 1000 or falco_alert_receiver_refused_requests_total"}`)))
}

// The catalogue has the name of every series of a receiver.
func TestNamesOfReceivedSeries(t *testing.T) {
	catalogue := signals.Load()
	r := receiver.New(receiver.Config{
		Secret: "s3cret", MaxBody: 1 << 20, MaxRate: 100, MaxSeries: 10, Messages: messagesOf(catalogue.Receiver),
		ExpectedPriorities: []string{"0"}, ExpectedRules: []string{"A rule"}, CanaryRule: "A rule", CanaryPeriod: time.Minute,
	})
	post := func(secret, body string) {
		req := httptest.NewRequest(http.MethodPost, "/alerts", strings.NewReader(body))
		req.Header.Set(receiver.SecretHeader, secret)
		r.ServeHTTP(httptest.NewRecorder(), req)
	}
	ahead, message := time.Now().Add(time.Hour), catalogue.Receiver.Messages[0]
	fields := map[string]any{message.SourceField: "syscall"}
	for _, f := range message.Fields {
		fields[f.Name] = 1
	}
	body := func(rule string, at time.Time) string {
		text, err := json.Marshal(map[string]any{"hostname": "a", "rule": rule, "time": at.Format(time.RFC3339Nano), "output_fields": fields})
		require.NoError(t, err)
		return string(text)
	}
	post("guess", "")
	post("s3cret", body(message.Rule, ahead))
	post("s3cret", body("A rule", ahead))
	post("s3cret", body("A rule", ahead))
	post("s3cret", body("A rule", ahead.Add(-2*time.Hour)))
	samples, err := r.Samples()
	require.NoError(t, err)
	written := map[string]struct{}{}
	for _, s := range samples {
		written[s.Labels.Get("__name__")] = struct{}{}
	}
	want := slices.Concat(catalogue.Receiver.Metrics, catalogue.Receiver.OwnMetrics)
	for _, f := range message.Fields {
		want = append(want, f.Metric)
	}
	require.ElementsMatch(t, want, slices.Collect(maps.Keys(written)))
}
