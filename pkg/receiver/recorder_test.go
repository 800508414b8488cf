package receiver

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

func TestRecordsInTheHistory(t *testing.T) {
	e := &entry{receiver: newTest(t), history: history.New(history.Options{}), last: noon.Add(-15 * time.Second)}
	rec := Recording{Bytes: 1 << 20, Labels: func() map[string]labels.Labels {
		return map[string]labels.Labels{"a": labels.FromStrings("cluster", "prod", "path", "of the target")}
	}}
	e.append(noon, rec)
	post(e.receiver, fromFalco("a", 2*time.Second))
	post(e.receiver, fromFalco("elsewhere", 2*time.Second))
	e.append(noon.Add(15*time.Second), rec)
	e.append(noon.Add(30*time.Second), rec)

	engine := history.NewEngine(history.EngineOptions{MaxSamples: 1000, Timeout: time.Minute})
	ask := func(expr string) string {
		q, err := engine.NewInstantQuery(context.Background(), history.NewView([]*history.History{e.history}, nil, ""), nil, expr, noon.Add(30*time.Second))
		require.NoError(t, err)
		defer q.Close()
		result := q.Exec(context.Background())
		require.NoError(t, result.Err)
		return result.Value.String()
	}
	at := " @[" + "1796040030000]"
	require.Equal(t, `{cluster="prod", node="a", path="falco", priority="Notice", rule="Terminal shell", source="syscall"} => 1`+at,
		ask(`increase(falco_alerts_received_total{node="a"}[45s])`), "the first alert is not lost")
	require.Equal(t, `{node="a"} => 2.125`+at, ask(`histogram_quantile(0.75, sum by (le, node) (increase(falco_alert_delivery_seconds_bucket{node="a"}[45s])))`))
	require.Equal(t, `{node="elsewhere"} => 1`+at, ask(`sum by (node) (falco_alerts_received_total{node="elsewhere"})`))
}

// What arrives before the first recording counts, too.
func TestCountsFromTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, key := NewRecorder(), Key{OrgID: 1, UID: "a"}
		time.Sleep(20 * time.Second)
		h := r.Open(key, Config{Secret: "s3cret", MaxBody: 1 << 20, MaxRate: 100, MaxSeries: 10}, Recording{Interval: time.Minute, Bytes: 1 << 20})
		time.Sleep(10 * time.Second)
		post(h.Receiver, fromFalco("a", 0))
		time.Sleep(2 * time.Minute)
		engine := history.NewEngine(history.EngineOptions{MaxSamples: 1000, Timeout: time.Minute})
		q, err := engine.NewInstantQuery(context.Background(), history.NewView([]*history.History{h.History()}, nil, ""), nil, "sum(increase(falco_alerts_received_total[5m])) > 0.9", time.Now())
		require.NoError(t, err)
		defer q.Close()
		require.Len(t, q.Exec(context.Background()).Value, 1)
		r.Close(key)
	})
}

func TestSeriesGoOnWithTheLabelsOfTheirNode(t *testing.T) {
	e := &entry{receiver: newTest(t), history: history.New(history.Options{}), last: noon.Add(-15 * time.Second)}
	nodes := map[string]labels.Labels{}
	rec := Recording{Bytes: 1 << 20, Labels: func() map[string]labels.Labels { return nodes }}
	e.append(noon, rec)
	post(e.receiver, fromFalco("a", 2*time.Second))
	e.append(noon.Add(15*time.Second), rec)
	nodes["a"] = labels.FromStrings("cluster", "prod")
	e.append(noon.Add(90*time.Second), rec)
	engine := history.NewEngine(history.EngineOptions{MaxSamples: 1000, Timeout: time.Minute})
	for _, expr := range []string{"sum(falco_alerts_received_total)", `sum(min_over_time(falco_alerts_received_total{cluster="prod"}[2m]))`} {
		q, err := engine.NewInstantQuery(context.Background(), history.NewView([]*history.History{e.history}, nil, ""), nil, expr, noon.Add(90*time.Second))
		require.NoError(t, err)
		require.Contains(t, q.Exec(context.Background()).String(), "{} => 1 @", expr)
		q.Close()
	}
}

func TestNodesAreFoundOnlyWhenNeeded(t *testing.T) {
	var n nodeLabels
	found := 0
	find := func() map[string]labels.Labels {
		found++
		return nil
	}
	n.get(noon, 1, find)
	n.get(noon.Add(15*time.Second), 1, find)
	require.Equal(t, 1, found, "nothing is new")
	n.get(noon.Add(30*time.Second), 2, find)
	require.Equal(t, 2, found, "a series is new, and may be of a new node")
	n.get(noon.Add(90*time.Second), 2, find)
	require.Equal(t, 3, found, "a minute has passed")
	require.Nil(t, n.get(noon.Add(5*time.Minute), 9, nil))
}

func TestRecorderKeepsWhatWasCounted(t *testing.T) {
	r := NewRecorder()
	key := Key{OrgID: 1, UID: "a"}
	config := Config{Secret: "s3cret", MaxBody: 1 << 20, MaxRate: 100, MaxSeries: 10}
	recording := Recording{Interval: time.Hour, Bytes: 1 << 20}
	first := r.Open(key, config, recording)
	require.Equal(t, 204, post(first.Receiver, fromFalco("a", 0)).Code)

	config.Secret = "other"
	again := r.Open(key, config, recording)
	require.Equal(t, 401, post(again.Receiver, fromFalco("a", 0)).Code)
	require.Equal(t, 1.0, sum(values(t, again.Receiver, AlertsReceived)))
	require.Empty(t, values(t, r.Open(Key{OrgID: 2, UID: "a"}, config, recording).Receiver, AlertsReceived), "another organisation")

	first.Release()
	first.Release()
	require.Equal(t, 1, r.entries[key].handles, "released once")
	again.Release()
	require.Contains(t, r.entries, key, "kept for the next instance")

	r.Close(key)
	require.Empty(t, values(t, r.Open(key, config, recording).Receiver, AlertsReceived))
}

// A panic while recording costs one recording, not the process.
func TestRecorderSurvivesPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, panicked := NewRecorder(), false
		recording := Recording{Interval: time.Minute, Bytes: 1 << 20, Labels: func() map[string]labels.Labels {
			if !panicked {
				panicked = true
				panic("the list of targets is broken")
			}
			return nil
		}}
		key := Key{OrgID: 1, UID: "a"}
		h := r.Open(key, Config{Secret: "s3cret", MaxBody: 1 << 20, MaxRate: 100, MaxSeries: 10}, recording)
		post(h.Receiver, fromFalco("a", 0))
		time.Sleep(3*time.Minute + time.Second)
		synctest.Wait()
		require.True(t, panicked)
		require.NotZero(t, h.history.Stats().Samples)
		r.Close(key)
	})
}

// A changed retention.time applies to what was recorded before, without a restart.
func TestRetentionOfARecorderChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, key := NewRecorder(), Key{OrgID: 1, UID: "a"}
		config := Config{Secret: "s3cret", MaxBody: 1 << 20, MaxRate: 100, MaxSeries: 10}
		recording := Recording{Interval: time.Minute, Retention: 24 * time.Hour, Bytes: 1 << 20}
		post(r.Open(key, config, recording).Receiver, fromFalco("a", 0))
		time.Sleep(20 * time.Hour)
		age := func() time.Duration { return time.Since(time.UnixMilli(r.entries[key].history.Stats().MinTime)) }
		require.Greater(t, age(), 19*time.Hour)
		recording.Retention = 2 * time.Hour
		r.Open(key, config, recording)
		time.Sleep(3 * time.Hour)
		require.Less(t, age(), 6*time.Hour)
		r.Close(key)
	})
}

// Nodes that went make room for new ones. Those that are still scraped stay, because alerts that they send may all be lost.
func TestForgetsSilentNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, key := NewRecorder(), Key{OrgID: 1, UID: "a"}
		config := Config{
			Secret: "s3cret", MaxBody: 1 << 20, MaxRate: 100, MaxSeries: 3, Messages: newTest(t).settings.Load().Messages,
			CanaryRule: "Terminal shell", CanaryPeriod: time.Minute,
		}
		recording := Recording{Interval: time.Minute, Retention: 2 * time.Hour, Bytes: 1 << 20, Labels: func() map[string]labels.Labels {
			return map[string]labels.Labels{"target": labels.EmptyLabels()}
		}}
		h := r.Open(key, config, recording)
		send := func(node string, ahead time.Duration) { post(h.Receiver, fromFalco(node, time.Until(noon)-ahead)) }
		ask := func(expr string) string {
			engine := history.NewEngine(history.EngineOptions{MaxSamples: 10_000, Timeout: time.Minute})
			q, err := engine.NewInstantQuery(context.Background(), history.NewView([]*history.History{h.History()}, nil, ""), nil, expr, time.Now())
			require.NoError(t, err)
			defer q.Close()
			var nodes []string
			for _, s := range q.Exec(context.Background()).Value.(promql.Vector) {
				nodes = append(nodes, s.Metric.Get("node"))
			}
			slices.Sort(nodes)
			return strings.Join(nodes, " ")
		}
		received := func() string { return ask(`falco_alerts_received_total{rule!~"Falco internal.+"}`) }
		time.Sleep(90 * time.Second)
		send("target", 0)
		send("gone", time.Second)
		send("gone", time.Second) // a duplicate
		send("gone", 0)           // out of order
		post(h.Receiver, snapshotOf("gone", "syscall", "2026-11-30T11:59:59Z", `"falco.num_evts":1`))
		send("new", 0)
		require.Equal(t, 1.0, sum(values(t, h.Receiver, UncountedAlerts)), "no room for the new node")
		ofGone := func() (names []string) {
			samples, err := h.Samples()
			require.NoError(t, err)
			for _, s := range samples {
				if name := s.Labels.Get(model.MetricNameLabel); s.Labels.Get("node") == "gone" && !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
			return names
		}
		require.ElementsMatch(t, []string{
			AlertsReceived, OnTimeAlerts, DeliverySeconds + "_bucket", DeliverySeconds + "_sum", DeliverySeconds + "_count", DuplicateAlerts,
			FutureTimestamps, OutOfOrder, MinimumDelay, LastAlert, CanaryArrival, CanaryDelivery, "falcosecurity_falco_num_evts_total",
		}, ofGone())

		time.Sleep(119 * time.Minute)
		require.Equal(t, "gone target", received())
		time.Sleep(3 * time.Minute)
		require.Equal(t, "target", received())
		require.Empty(t, ofGone())
		require.Len(t, h.newest, 1)

		send("new", 0)
		time.Sleep(time.Minute)
		require.Equal(t, "new target", received())
		time.Sleep(2 * time.Hour)
		send("gone", 0)
		time.Sleep(time.Minute)
		require.Equal(t, "gone", ask("increase(falco_alerts_received_total[5m]) > 0"), "an alert of a node that returns counts")
		r.Close(key)
	})
}

// Where nothing tells which nodes exist, silent ones stay for a week.
func TestForgetsExposedNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRecorder()
		registry := prometheus.NewRegistry()
		registry.MustRegister(r)
		h := r.Open(Key{OrgID: 1, UID: "a"}, Config{Secret: "s3cret", MaxBody: 1 << 20, MaxRate: 100, MaxSeries: 10}, Recording{Retention: time.Hour})
		count := func() int {
			n, err := testutil.GatherAndCount(registry, AlertsReceived)
			require.NoError(t, err)
			return n
		}
		post(h.Receiver, fromFalco("a", 0))
		time.Sleep(7*24*time.Hour - time.Second)
		require.Equal(t, 1, count())
		time.Sleep(time.Second)
		require.Zero(t, count())
	})
}

func TestExposition(t *testing.T) {
	r := NewRecorder()
	for _, uid := range []string{"x", "y"} {
		h := r.Open(Key{OrgID: 1, UID: uid}, Config{Secret: "s3cret", MaxBody: 1 << 20, MaxRate: 100, MaxSeries: 10}, Recording{})
		post(h.Receiver, fromFalco("a", 0))
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(r)
	const want = `
# HELP falco_alerts_received_total Alerts received, duplicates not counted.
# TYPE falco_alerts_received_total counter
falco_alerts_received_total{datasource_uid="x",node="a",org_id="1",path="falco",priority="Notice",rule="Terminal shell",source="syscall"} 1
falco_alerts_received_total{datasource_uid="y",node="a",org_id="1",path="falco",priority="Notice",rule="Terminal shell",source="syscall"} 1
`
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(want), AlertsReceived))
}
