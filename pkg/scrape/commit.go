package scrape

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/exposition"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

var staleNaN = math.Float64frombits(value.StaleNaN)

// commit stores the outcome of a scrape, unless the target has been stopped meanwhile. Eviction, which walks all
// histories of the data source, runs without the pool's lock.
func (sp *scrapePool) commit(ctx context.Context, t *target, at time.Time, o scrapeOutcome) {
	state, why, refused, done := sp.store(ctx, t, at.UnixMilli(), o)
	if done {
		sp.evict(nil)
		return
	}
	sp.evict(refused)
	sp.mu.Lock()
	defer sp.mu.Unlock()
	if ctx.Err() != nil || t.removed {
		return
	}
	refused = sp.history.AppendWithin(at.UnixMilli(), refused, sp.room())
	if len(refused) > 0 && state == Up {
		why = tooManySeries(len(refused), len(o.result.Samples), sp.budgetLease.Load().budget)
	}
	t.updateStatus(o, state, why)
}

// store updates the target and appends the samples. It returns done when nothing remains to be done, otherwise the
// samples for which the byte budget has no room; the status is not updated then.
func (sp *scrapePool) store(ctx context.Context, t *target, at int64, o scrapeOutcome) (state State, why *Failure, refused []history.Sample, done bool) {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	if ctx.Err() != nil || t.removed {
		return "", nil, nil, true
	}
	if o.result != nil && !t.leftDiscovery.IsZero() {
		o.result, o.failure = nil, vanished(t.leftDiscovery)
	}
	if o.result != nil {
		p := o.result.Process(sp.config.Reading)
		t.connections.observeProcess(p)
		if t.loadBalancer.Observe(p, time.Now()) || p == (exposition.ProcessIdentity{}) && t.loadBalancer.ObserveCounters(o.result.Samples, time.Now()) {
			sp.dropSamples(t)
		}
		if p.Host != "" {
			t.hostNames.observe(t.host, p.Host, time.Now())
			t.host = p.Host
		}
	}
	if o.failure != nil {
		t.connections.observeFailure(o.failure, o.start)
	}
	t.live.discardUnused()
	sp.updateIdentity(t, at)
	state, why = t.stateAfterScrape(o.failure)
	if first := sp.resolvePrimary(t, o.result != nil, at); first != t {
		node := t.identity.labels.Get(nodeLabel)
		if o.result != nil {
			state, why = Duplicate, duplicateNode(node, first.address)
		} else if first.responds() {
			why = failure(why.Cause, "%s Its node %s responds at %s.", why.Message, node, first.address)
		}
		t.active, t.writing = t.active[:0], false
	} else if refused = sp.write(t, at, o); len(refused) > 0 {
		return state, why, refused, false
	}
	t.updateStatus(o, state, why)
	return state, why, nil, true
}

// updateIdentity gives the target the identity that follows from its last response. All series of the old one end.
func (sp *scrapePool) updateIdentity(t *target, at int64) {
	current := sp.identify(t)
	if current == t.identity {
		return
	}
	sp.endSeries(t, at)
	sp.resignPrimary(t)
	t.identity = current
}

// resolvePrimary returns the target whose samples are stored for the (cluster, node) of t: the first target that had
// it, until that one no longer responds and another one does. That is a pod that has moved; it continues the same
// series. sp.mu must be held.
func (sp *scrapePool) resolvePrimary(t *target, responds bool, at int64) *target {
	first := sp.primaries[t.identity.key]
	switch {
	case first == t:
		return t
	case first == nil:
	case responds && !first.responds():
		if labels.Equal(first.identity.labels, t.identity.labels) {
			first.writing = false // so that up and the like continue without a gap
		}
		sp.endSeries(first, at-1) // one millisecond earlier, so that the samples of t follow
		if !first.leftDiscovery.IsZero() {
			sp.remove(first)
		}
	default:
		return first
	}
	sp.primaries[t.identity.key] = t
	return t
}

func (sp *scrapePool) resignPrimary(t *target) {
	if sp.primaries[t.identity.key] == t {
		delete(sp.primaries, t.identity.key)
	}
}

// write appends one scrape to the history: the samples, a staleness marker for each series that has disappeared, and
// the target's own series. It returns the samples for which the byte budget has no room.
func (sp *scrapePool) write(t *target, at int64, o scrapeOutcome) (refused []history.Sample) {
	up, count := 0.0, 0
	var samples []exposition.Sample
	if o.result != nil {
		up, count, samples = 1, len(o.result.Samples), o.result.Samples
		if t.loadBalancer.Detected() {
			up, samples = 0, nil // something responds, but no single Falco is measured
		}
	}
	batch := storedSamples{current: sp.batch[:0]}
	if len(samples) > 0 && sp.addScraped(t, at, o.result, samples, &batch) {
		t.counters.dips++
		t.counters.lastDip = time.Now()
	}
	for _, s := range t.active {
		if len(samples) == 0 || !t.reader.Contains(s) {
			sp.endCourse(t, s, len(samples) > 0, &batch)
			batch.current = append(batch.current, history.Sample{Series: t.historySeries(sp.history, s), Value: staleNaN})
		}
	}
	sp.appendEarlier(&batch)
	sp.history.Append(at, sp.appendTargetSeries(nil, t.identity, up, o.duration.Seconds(), float64(count),
		float64(t.connections.failures), float64(t.connections.crashes), float64(t.counters.dips)))
	refused = sp.history.AppendWithin(at, batch.current, sp.room())
	sp.history.SetProvisional(at, batch.provisional)
	clear(batch.current) // it would keep series in memory
	sp.batch = batch.current

	t.writing = true
	t.active = t.active[:0]
	for _, s := range samples {
		t.active = append(t.active, s.Series)
	}
	return refused
}

// endSeries marks everything that a target writes as ended. sp.mu must be held.
func (sp *scrapePool) endSeries(t *target, at int64) {
	var batch storedSamples
	for _, s := range t.active {
		sp.endCourse(t, s, true, &batch)
		batch.current = append(batch.current, history.Sample{Series: t.historySeries(sp.history, s), Value: staleNaN})
	}
	if t.writing {
		batch.current = sp.appendTargetSeries(batch.current, t.identity)
	}
	sp.appendEarlier(&batch)
	sp.history.Append(at, batch.current)
	t.active, t.writing = t.active[:0], false
}

// dropSamples removes what was stored for the hosts behind a load balancer, except for hosts of other targets.
func (sp *scrapePool) dropSamples(t *target) {
	hosts := t.loadBalancer.Hosts()
	hosts = append(hosts, t.identity.labels.Get(nodeLabel))
	cluster := t.identity.labels.Get(clusterLabel)
	for key, other := range sp.primaries {
		if other != t {
			hosts = slices.DeleteFunc(hosts, func(h string) bool { return cluster+"\xff"+h == key })
		}
	}
	t.active, t.writing = t.active[:0], false
	sp.history.Forget(func(l labels.Labels) bool {
		return l.Get(clusterLabel) == cluster && slices.Contains(hosts, l.Get(nodeLabel))
	})
}
