package receiver

import (
	"context"
	"math"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

// Recorder holds the receivers of all data sources in this process, and the history of their series. It outlives the
// data source instances: a change of settings loses nothing that was counted.
type Recorder struct {
	mu      sync.Mutex
	entries map[Key]*entry
}

// Key identifies a data source.
type Key struct {
	OrgID int64
	UID   string
}

// Labels are those that the series of the data source carry where they are exposed.
func (k Key) Labels() map[string]string {
	return map[string]string{"org_id": strconv.FormatInt(k.OrgID, 10), "datasource_uid": k.UID}
}

// releasedRetention is how long a receiver is kept for a data source that no instance serves: Grafana disposes of an
// instance after it has made the next one, or when the data source is deleted.
const releasedRetention = 10 * time.Minute

const (
	// leastSilence is how long a node is silent at least before its series are forgotten, however short the history is.
	leastSilence = time.Hour
	// exposedSilence is the same where the series are only exposed. Nothing tells there which nodes still exist, and a node
	// must be known while its alerts are lost.
	exposedSilence = 7 * 24 * time.Hour
)

// entry is the receiver of one data source.
type entry struct {
	// handles are those not released. exposed is set where nothing is recorded. Both are guarded by Recorder.mu.
	handles  int
	exposed  bool
	receiver *Receiver
	history  *history.History
	stop     context.CancelFunc

	mu       sync.Mutex
	last     time.Time           // of the last recording, or when the receiver had counted nothing yet
	recorded map[uint64]struct{} // hashes of the cumulative series in the last recording
	nodes    nodeLabels
	present  map[*history.Series]struct{} // in the last recording
}

// Handle is what one data source instance uses of its receiver.
type Handle struct {
	*Receiver
	history *history.History
	release func()
}

// Release gives the handle back. It may be called more than once.
func (h *Handle) Release() { h.release() }

// History holds what was received.
func (h *Handle) History() *history.History { return h.history }

// Recording says how the series of a receiver get into its history.
type Recording struct {
	Interval  time.Duration // 0 records nothing: in Prometheus mode the series are only exposed
	Retention time.Duration
	// Bytes bounds the history.
	Bytes int64
	// Labels returns the labels of the targets of the known nodes, such as the cluster; nil where nothing is known of them. A
	// node without labels has an entry, too.
	Labels func() map[string]labels.Labels
}

// NewRecorder returns a recorder without receivers.
func NewRecorder() *Recorder { return &Recorder{entries: map[Key]*entry{}} }

// Open returns the receiver of a data source, with the given settings from now on. Series that were counted go on.
func (r *Recorder) Open(key Key, c Config, recording Recording) *Handle {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.entries[key]
	if e == nil {
		e = &entry{receiver: New(c), history: history.New(history.Options{Retention: recording.Retention}), stop: func() {}}
		e.last = e.receiver.now().Truncate(recording.Interval)
		r.entries[key] = e
	} else {
		e.receiver.configure(c)
		e.history.SetRetention(recording.Retention)
	}
	e.stop()
	e.stop = func() {}
	e.exposed = recording.Interval == 0
	if !e.exposed {
		ctx, cancel := context.WithCancel(context.Background())
		e.stop = cancel
		go e.record(ctx, recording)
	}
	e.handles++
	return &Handle{Receiver: e.receiver, history: e.history, release: sync.OnceFunc(func() { r.release(key, e) })}
}

// release ends an entry that nobody opens again within releasedRetention.
func (r *Recorder) release(key Key, e *entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.handles--; e.handles > 0 {
		return
	}
	time.AfterFunc(releasedRetention, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if e.handles == 0 && r.entries[key] == e {
			e.stop()
			delete(r.entries, key)
		}
	})
}

// Close ends the receiver of a data source whose settings turn it off.
func (r *Recorder) Close(key Key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.entries[key]; e != nil {
		e.stop()
		delete(r.entries, key)
	}
}

// record appends the series to the history until ctx ends, on the grid of the scrape interval.
func (e *entry) record(ctx context.Context, rec Recording) {
	ticker := time.NewTicker(rec.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			e.appendSafely(now.Truncate(rec.Interval), rec)
		}
	}
}

// appendSafely is append that turns a panic into a gap. Nothing else recovers this goroutine, and a panic in it would end the
// plugin's process.
func (e *entry) appendSafely(at time.Time, rec Recording) {
	defer func() {
		if reason := recover(); reason != nil {
			log.DefaultLogger.Error("Recording what the alert receiver counted panicked", "panic", reason, "stack", string(debug.Stack()))
		}
	}()
	e.append(at, rec)
}

// append records the series at a time. A counter that is new gets its 0 at the recording before, so that rates include
// what was counted first. A node that has been silent for as long as the history is kept is forgotten, unless it is one of
// the targets.
func (e *entry) append(at time.Time, rec Recording) {
	e.mu.Lock()
	defer e.mu.Unlock()
	samples, err := e.receiver.Samples()
	if err != nil || !at.After(e.last) {
		return // the registry only fails on inconsistent series, which its vectors cannot make
	}
	var zeros []history.Sample
	known := e.nodes.get(at, e.receiver.seriesCount(), rec.Labels)
	now := make([]history.Sample, len(samples))
	present := make(map[*history.Series]struct{}, len(samples))
	recorded := make(map[uint64]struct{}, len(samples))
	for i, s := range samples {
		l := withLabels(s.Labels, known[s.Labels.Get("node")])
		now[i] = history.Sample{Series: e.history.Lookup(l), Value: s.Value}
		present[now[i].Series] = struct{}{}
		if !s.Cumulative {
			continue
		}
		hash := s.Labels.Hash() // a series whose node has become known is not new
		recorded[hash] = struct{}{}
		if _, known := e.recorded[hash]; !known {
			zeros = append(zeros, history.Sample{Series: e.history.Lookup(l)})
		}
	}
	// A series that is gone, or goes on with the labels of its node, ends here.
	for series := range e.present {
		if _, goesOn := present[series]; !goesOn {
			now = append(now, history.Sample{Series: series, Value: math.Float64frombits(value.StaleNaN)})
		}
	}
	e.present, e.recorded = present, recorded
	room := rec.Bytes - int64(e.history.Stats().Bytes)
	e.history.AppendWithin(e.last.UnixMilli(), zeros, room)
	e.history.AppendWithin(at.UnixMilli(), now, room)
	e.last = at
	e.receiver.forget(max(rec.Retention, leastSilence), func(node string) bool {
		_, isTarget := known[node]
		return isTarget
	})
}

// nodeLabels remembers the labels of nodes, because finding them visits every target.
type nodeLabels struct {
	known  map[string]labels.Labels
	at     time.Time
	series int
}

// nodeLabelsAge is how old labels may be while alerts only add to known series.
const nodeLabelsAge = time.Minute

// get returns the labels by node. They are found anew when the number of series has changed, which a new node does.
func (n *nodeLabels) get(at time.Time, series int, find func() map[string]labels.Labels) map[string]labels.Labels {
	if find != nil && (series != n.series || at.Sub(n.at) >= nodeLabelsAge) {
		n.known, n.at, n.series = find(), at, series
	}
	return n.known
}

// withLabels adds labels that a series does not have itself.
func withLabels(l, more labels.Labels) labels.Labels {
	if more.IsEmpty() {
		return l
	}
	b := labels.NewBuilder(l)
	more.Range(func(one labels.Label) {
		if !l.Has(one.Name) {
			b.Set(one.Name, one.Value)
		}
	})
	return b.Labels()
}

// Describe sends nothing, so that the series are checked when they are collected.
func (r *Recorder) Describe(chan<- *prometheus.Desc) {}

// Collect sends the series of all receivers, told apart by organisation and data source. Grafana serves them at
// /metrics/plugins/falco-metrics-datasource.
func (r *Recorder) Collect(out chan<- prometheus.Metric) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, e := range r.entries {
		if e.exposed {
			e.receiver.forget(exposedSilence, func(string) bool { return false })
		}
		prometheus.WrapCollectorWith(key.Labels(), e.receiver.Collector()).Collect(out)
	}
}
