package datasource

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/receiver"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

// noon is when the tests run.
var noon = time.Date(2026, 11, 23, 12, 0, 7, 0, time.UTC)

// fakeFleet has the targets and the samples that a test gives it.
type fakeFleet struct {
	statuses []scrape.Status
	history  *history.History
	since    time.Time
	trimmed  bool
	uses     atomic.Int32
	released bool
	live     map[string]scrape.Live
	// queryable replaces that of the history.
	queryable func() storage.Queryable
}

func (f *fakeFleet) Use() { f.uses.Add(1) }

func (f *fakeFleet) Release() { f.released = true }

func (f *fakeFleet) Wait(context.Context, int) error { return nil }

func (f *fakeFleet) Targets() []scrape.Status { return f.statuses }

func (f *fakeFleet) Since() time.Time { return f.since }

func (f *fakeFleet) Trimmed() bool { return f.trimmed }

func (f *fakeFleet) Stats() history.Stats {
	if f.history == nil {
		return history.Stats{}
	}
	return f.history.Stats()
}

func (f *fakeFleet) Live(_ context.Context, ids []string, _ time.Duration) []scrape.Live {
	out := make([]scrape.Live, len(ids))
	for i, id := range ids {
		out[i] = f.live[id]
	}
	return out
}

func (f *fakeFleet) Queryable() storage.Queryable {
	if f.queryable != nil {
		return f.queryable()
	}
	if f.history == nil {
		return history.NewView(nil, nil, "")
	}
	return history.NewView([]*history.History{f.history}, nil, "")
}

// newTest makes an instance at noon whose targets are given.
func newTest(t testing.TB, statuses ...scrape.Status) (*Instance, *fakeFleet) {
	t.Helper()
	return newTestWith(t, `{"targets": [{"url": "node-1:8765", "labels": {"zone": "a"}}]}`, statuses...)
}

func newTestWith(t testing.TB, jsonData string, statuses ...scrape.Status) (*Instance, *fakeFleet) {
	t.Helper()
	f := &fakeFleet{statuses: statuses, history: history.New(history.Options{})}
	d := newInstance(t.Context(), backend.DataSourceInstanceSettings{JSONData: json.RawMessage(jsonData)}, func(scrape.Config) (executor.Fleet, error) { return f, nil }, receiver.NewRecorder(), executor.NewShared())
	d.source.Now = func() time.Time { return noon }
	return d, f
}

// kernelCounters are what a Falco with kernel counters exports, as far as the tests look.
var kernelCounters = []string{
	"falcosecurity_falco_version_info", "falcosecurity_scap_engine_name_info", "falcosecurity_falco_host_num_cpus_total",
	"falcosecurity_scap_n_evts_total", "falcosecurity_scap_n_drops_total",
}

// falco is the status of a target that answers, with what it exports.
func falco(node string, metrics ...string) scrape.Status {
	s := scrape.Status{
		ID: "id-" + node, Address: "http://" + node + ":8765/metrics", Configured: "http://" + node + ":8765/metrics", Kind: scrape.KindFalco,
		Labels: labels.FromStrings("cluster", "demo", "node", node, "zone", "a"),
		State:  scrape.Up, Since: noon.Add(-time.Hour), FirstScrape: noon.Add(-time.Hour), LastScrape: noon.Add(-time.Second), LastUp: noon.Add(-time.Second),
		Scrapes: 240, Samples: 100,
		Facts:   map[string]string{"version": "0.44.1", "engine": "modern_bpf", "kernel": "6.8.0"},
		Metrics: map[string]bool{},
	}
	for _, m := range metrics {
		s.Metrics[m] = true
	}
	return s
}

// change returns a status with something changed.
func change(s scrape.Status, to func(*scrape.Status)) scrape.Status {
	to(&s)
	return s
}

// count gives every node an hour of 100 events and drops events lost per second, scraped every 15 seconds.
func (f *fakeFleet) count(node string, drops float64) {
	start := noon.Add(-time.Hour).Truncate(15 * time.Second)
	f.since = start
	of := func(name string) *history.Series {
		return f.history.Series(labels.FromStrings("__name__", name, "cluster", "demo", "node", node, "zone", "a"))
	}
	evts, lost, up := of("falcosecurity_scap_n_evts_total"), of("falcosecurity_scap_n_drops_total"), of("up")
	for at := start; !at.After(noon); at = at.Add(15 * time.Second) {
		s := at.Sub(start).Seconds()
		f.history.Append(at.UnixMilli(), []history.Sample{{Series: evts, Value: 100 * s}, {Series: lost, Value: drops * s}, {Series: up, Value: 1}})
	}
}

// scraped gives a node an hour of responses, scraped every 15 seconds, without any counter.
func (f *fakeFleet) scraped(node string) {
	up := f.history.Series(labels.FromStrings("__name__", "up", "cluster", "demo", "node", node, "zone", "a"))
	for at := noon.Add(-time.Hour).Truncate(15 * time.Second); !at.After(noon); at = at.Add(15 * time.Second) {
		f.history.Append(at.UnixMilli(), []history.Sample{{Series: up, Value: 1}})
	}
}

// set gives a series one value a minute before noon.
func (f *fakeFleet) set(value float64, pairs ...string) {
	f.setAt(noon.Add(-time.Minute), value, pairs...)
}

func (f *fakeFleet) setAt(at time.Time, value float64, pairs ...string) {
	f.history.Append(at.UnixMilli(), []history.Sample{{Series: f.history.Series(labels.FromStrings(pairs...)), Value: value}})
}

// write gives a series values at moments before noon, as "-10m 5, -9m end, …": the end is what the scraper writes when
// a series stops.
func (f *fakeFleet) write(t *testing.T, text string, pairs ...string) {
	t.Helper()
	series := f.history.Series(labels.FromStrings(pairs...))
	for part := range strings.SplitSeq(text, ", ") {
		when, what, _ := strings.Cut(part, " ")
		ago, err := time.ParseDuration(when)
		require.NoError(t, err)
		v := math.Float64frombits(value.StaleNaN)
		if what != "end" {
			v, err = strconv.ParseFloat(what, 64)
			require.NoError(t, err)
		}
		f.history.Append(noon.Add(ago).UnixMilli(), []history.Sample{{Series: series, Value: v}})
	}
}

// queries sends queries as Grafana does, each over the last hour; they are called A, B, C, …
func queries(t *testing.T, d *Instance, headers map[string]string, texts ...string) map[string]backend.DataResponse {
	t.Helper()
	req := &backend.QueryDataRequest{Headers: headers}
	for i, q := range texts {
		req.Queries = append(req.Queries, backend.DataQuery{
			RefID: string(rune('A' + i)), JSON: json.RawMessage(q), Interval: 15 * time.Second, MaxDataPoints: 1000,
			TimeRange: backend.TimeRange{From: noon.Add(-30 * time.Minute), To: noon},
		})
	}
	res, err := d.QueryData(t.Context(), req)
	require.NoError(t, err)
	require.Len(t, res.Responses, len(texts), "an answer for every query")
	return res.Responses
}

// queryOne sends one query and returns its answer.
func queryOne(t *testing.T, d *Instance, query string) backend.DataResponse {
	t.Helper()
	return queries(t, d, nil, query)["A"]
}

// texts are the notices of an answer, with their severity.
func texts(t *testing.T, res backend.DataResponse) []string {
	t.Helper()
	require.NoError(t, res.Error)
	var out []string
	for _, n := range res.Frames[0].Meta.Notices {
		out = append(out, fmt.Sprintf("%s: %s", n.Severity, n.Text))
	}
	return out
}

// figure is a number of a frame's last field.
func figure(t *testing.T, frame *data.Frame, row int) float64 {
	t.Helper()
	v, err := frame.Fields[len(frame.Fields)-1].FloatAt(row)
	require.NoError(t, err)
	return v
}
