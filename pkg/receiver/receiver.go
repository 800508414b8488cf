// Package receiver takes Falco's alerts as one more destination and measures how they arrived: how long they took, how
// many came, which came twice. Alerts are counted and dropped. Their text is never read, kept or logged.
package receiver

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// SecretHeader carries the shared secret. Falco's http_output cannot send headers: it uses SecretParameter.
const (
	SecretHeader    = "X-Falco-Receiver-Secret"
	SecretParameter = "secret"
)

// Config is what a receiver is made of.
type Config struct {
	// Secret must not be empty: a receiver without one refuses everything.
	Secret string
	// MaxBody is the size of a request body in bytes, MaxRate the alerts accepted in a second, MaxSeries the number of
	// combinations of node, path, priority, source and rule that are counted.
	MaxBody   int64
	MaxRate   float64
	MaxSeries int
	// Objective is the time within which an alert should arrive.
	Objective time.Duration
	// Messages are Falco's own alerts whose numbers are read.
	Messages []Message
	// ExpectedPriorities and ExpectedRules are those whose alerts are sent to the receiver, in the words of Falco's rule
	// counters. Without ExpectedRules, it gets those of all rules.
	ExpectedPriorities, ExpectedRules []string
	// CanaryRule is the rule that a job triggers on every node, once in CanaryPeriod; empty without a canary.
	CanaryRule   string
	CanaryPeriod time.Duration
}

// Message is one of Falco's own alerts, by its rule, and the output fields that become series.
type Message struct {
	Rule string
	// SourceField has the event source that the numbers are about.
	SourceField string
	Fields      []Field
}

// Field is a number in an alert and the series it becomes.
type Field struct{ Name, Metric string }

const (
	maxAlertsInRequest = 10_000
	recentCapacity     = 100_000
	recentLifetime     = 10 * time.Minute
	delayWindow        = 5 * time.Minute
)

// Receiver accepts alerts. It may be used concurrently.
type Receiver struct {
	settings atomic.Pointer[settings]
	limiter  *rate.Limiter
	now      func() time.Time
	messages map[string]Message // by rule

	mu      sync.Mutex
	metrics *metrics
	recent  *recentAlerts
	arrived map[string]time.Time // when the last alert of a node arrived
	newest  map[nodePath]time.Time
	delays  map[nodePath]*minimumDelay
}

// settings are the part of Config that can change.
type settings struct {
	Config
	secret [sha256.Size]byte // a digest
}

type nodePath struct{ node, path string }

// New returns a receiver that has counted nothing.
func New(c Config) *Receiver {
	r := &Receiver{
		now:      time.Now,
		limiter:  rate.NewLimiter(rate.Limit(c.MaxRate), max(1, int(c.MaxRate))),
		messages: map[string]Message{},
		recent:   newRecentAlerts(recentCapacity, recentLifetime),
		arrived:  map[string]time.Time{},
		newest:   map[nodePath]time.Time{}, delays: map[nodePath]*minimumDelay{},
	}
	r.metrics = newMetrics(c.Messages, func() time.Time { return r.now() })
	for _, m := range c.Messages {
		r.messages[m.Rule] = m
	}
	r.configure(c)
	return r
}

// configure changes the settings. What was counted stays.
func (r *Receiver) configure(c Config) {
	var previous Config
	if s := r.settings.Load(); s != nil {
		previous = s.Config
	}
	r.metrics.configure(c, previous)
	r.settings.Store(&settings{Config: c, secret: sha256.Sum256([]byte(c.Secret))})
	r.limiter.SetLimit(rate.Limit(c.MaxRate))
	r.limiter.SetBurst(max(1, int(c.MaxRate)))
}

// Refusal is why a request was not accepted, with the status that tells the sender.
type Refusal struct {
	Status  int
	Reason  string // label value: method, secret, size, rate, format
	Message string
}

func (e *Refusal) Error() string { return e.Message }

// ServeHTTP accepts the alerts of a request. It answers 204, or the status of a Refusal with its message.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	err := r.accept(w, req)
	if err == nil {
		r.metrics.accepted.Inc()
		w.WriteHeader(http.StatusNoContent)
		return
	}
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		refusal = &Refusal{Status: http.StatusBadRequest, Reason: "format", Message: err.Error()}
	}
	r.metrics.refused.WithLabelValues(refusal.Reason).Inc()
	if refusal.Status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "1")
	}
	http.Error(w, refusal.Message, refusal.Status)
}

func (r *Receiver) accept(w http.ResponseWriter, req *http.Request) error {
	if req.Method != http.MethodPost {
		return &Refusal{http.StatusMethodNotAllowed, "method", fmt.Sprintf("the method is %s: expected POST", req.Method)}
	}
	if !r.authorized(req) {
		return &Refusal{http.StatusUnauthorized, "secret", "the shared secret is missing or wrong: send the one of the data source's settings in the header " + SecretHeader}
	}
	if req.Body == nil { // an empty body that comes through Grafana's plugin protocol
		req.Body = http.NoBody
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, r.settings.Load().MaxBody))
	if err != nil {
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			return &Refusal{http.StatusRequestEntityTooLarge, "size", fmt.Sprintf("the body is larger than %d bytes (limits.bodySizeLimit)", r.settings.Load().MaxBody)}
		}
		return &Refusal{http.StatusBadRequest, "format", "the body could not be read"}
	}
	alerts, err := decode(body, maxAlertsInRequest, r.messages)
	if err != nil {
		return &Refusal{http.StatusBadRequest, "format", err.Error()}
	}
	now := r.now()
	if !r.limiter.AllowN(now, len(alerts)) {
		return &Refusal{http.StatusTooManyRequests, "rate", fmt.Sprintf("more than %g alerts a second arrive", r.settings.Load().MaxRate)}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range alerts {
		r.count(&alerts[i], now)
	}
	return nil
}

// authorized compares digests, so that neither the secret nor its length can be found out by timing.
func (r *Receiver) authorized(req *http.Request) bool {
	given := req.Header.Get(SecretHeader)
	if given == "" {
		given = req.URL.Query().Get(SecretParameter)
	}
	digest := sha256.Sum256([]byte(given))
	s := r.settings.Load()
	return s.Secret != "" && subtle.ConstantTimeCompare(digest[:], s.secret[:]) == 1
}

// count adds an alert to the series. r.mu must be held.
func (r *Receiver) count(a *alert, now time.Time) {
	path := a.path()
	key := seriesKey{node: a.Hostname, path: path, priority: a.Priority, source: a.Source, rule: a.Rule}
	if !r.metrics.admit(key, r.settings.Load().MaxSeries) {
		r.metrics.uncounted.Inc()
		return
	}
	r.arrived[a.Hostname] = now
	if !r.recent.add(a, now) {
		r.metrics.duplicates.WithLabelValues(a.Hostname, path).Inc()
		return
	}
	r.metrics.received.WithLabelValues(a.Hostname, path, a.Priority, a.Source, a.Rule).Inc()
	r.metrics.last.WithLabelValues(a.Hostname, path, a.Rule).Set(float64(a.Time.UnixMilli()) / 1000)
	r.countDelay(a, path, now)
	if a.Rule == r.settings.Load().CanaryRule {
		r.metrics.canaryArrival.WithLabelValues(a.Hostname, path).Set(float64(now.UnixMilli()) / 1000)
		r.metrics.canaryDelivery.WithLabelValues(a.Hostname, path).Set(max(0, now.Sub(a.Time).Seconds()))
	}
	if len(a.Numbers) > 0 && !r.metrics.snapshots.put(snapshotKey{a.Rule, a.Hostname, a.EventSource}, a.Time, a.Numbers, r.settings.Load().MaxSeries) {
		r.metrics.uncounted.Inc()
	}
}

// countDelay measures how long an alert took. Clocks differ: a delay below 0 counts as 0 in the histogram and as a
// future timestamp; it is never corrected.
func (r *Receiver) countDelay(a *alert, path string, now time.Time) {
	at := nodePath{a.Hostname, path}
	delay := now.Sub(a.Time)
	if delay < 0 {
		r.metrics.future.WithLabelValues(a.Hostname, path).Inc()
	}
	r.metrics.delivery.WithLabelValues(a.Hostname, path, a.Priority, a.Source).Observe(max(0, delay.Seconds()))
	if delay <= r.settings.Load().Objective {
		r.metrics.onTime.WithLabelValues(a.Hostname, path, a.Priority, a.Source).Inc()
	}
	if newest := r.newest[at]; a.Time.Before(newest) {
		r.metrics.disordered.WithLabelValues(a.Hostname, path).Inc()
	} else {
		r.newest[at] = a.Time
	}
	minimum := r.delays[at]
	if minimum == nil {
		minimum = &minimumDelay{}
		r.delays[at] = minimum
	}
	r.metrics.minDelay.WithLabelValues(a.Hostname, path).Set(minimum.observe(delay, now).Seconds())
}

// seriesCount returns the number of combinations of labels that are counted.
func (r *Receiver) seriesCount() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.metrics.known)
}

// forget removes the series of the nodes of which nothing has arrived for some time, so that they make room for others. It
// keeps those of nodes that still exist.
func (r *Receiver) forget(silence time.Duration, exists func(node string) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	gone := map[string]struct{}{}
	for node, at := range r.arrived {
		if r.now().Sub(at) >= silence && !exists(node) {
			gone[node] = struct{}{}
			delete(r.arrived, node)
		}
	}
	if len(gone) == 0 {
		return
	}
	r.metrics.forget(gone)
	maps.DeleteFunc(r.newest, func(at nodePath, _ time.Time) bool {
		_, isGone := gone[at.node]
		return isGone
	})
}

// forgetDelays removes the shortest delays of nodes that have sent nothing for two windows.
func (r *Receiver) forgetDelays() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for at, minimum := range r.delays {
		if r.now().Sub(minimum.since) >= 2*delayWindow {
			delete(r.delays, at)
			r.metrics.minDelay.DeleteLabelValues(at.node, at.path)
		}
	}
}

// minimumDelay is the shortest delay of the current and the previous window.
type minimumDelay struct {
	since             time.Time
	current, previous time.Duration
	hasPrevious       bool
}

func (m *minimumDelay) observe(delay time.Duration, now time.Time) time.Duration {
	switch {
	case m.since.IsZero():
		m.since, m.current = now, delay
	case now.Sub(m.since) >= delayWindow:
		m.previous, m.hasPrevious = m.current, true
		m.since, m.current = now, delay
	default:
		m.current = min(m.current, delay)
	}
	if m.hasPrevious {
		return min(m.current, m.previous)
	}
	return m.current
}
