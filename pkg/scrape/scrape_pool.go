package scrape

import (
	"context"
	"math"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

// unit is one entry of the settings' targets: what it finds, and the history of that. Data sources whose entries
// agree in all that matters share it.
type scrapePool struct {
	config  Config
	entry   TargetConfig
	url     *url.URL // of the entry
	host    string   // Host header for discovered addresses
	history *history.History
	fetcher *fetcher
	pool    *Manager

	mu        sync.Mutex
	targets   map[string]*target // by address
	claims    map[string]*target // by identityLabels.claim: who writes it
	discovery *Failure           // of the last attempt
	found     chan struct{}      // closed after the first attempt since the start
	cancel    context.CancelFunc // nil while stopped
	context   context.Context
	running   sync.WaitGroup

	// keeper is the lease whose byte budget holds here: the largest of those that use it, or of those that last did.
	keeper atomic.Pointer[Lease]
	// trimmed is the time (unix milliseconds) before which samples last had to go for the byte budget.
	trimmed atomic.Int64

	// Guarded by Pool.mu.
	leases, active int // active: leases that are not idle
	released       time.Time
}

func newScrapePool(p *Manager, c Config, entry TargetConfig) (*scrapePool, error) {
	u := &scrapePool{
		config: c, entry: entry, pool: p, history: history.New(history.Options{Retention: c.Retention}),
		targets: map[string]*target{}, claims: map[string]*target{},
	}
	var err error
	if u.url, err = entry.parse(); err != nil {
		return nil, err
	}
	name := ""
	if entry.Discovery == DiscoveryDNS || entry.Discovery == DiscoverySRV {
		name = serviceName(u.url.Hostname())
		u.host = name
		if port := u.url.Port(); port != "" {
			u.host += ":" + port
		}
	}
	u.fetcher, err = newFetcher(c, entry.Kind, name, p.bodies)
	return u, err
}

// start begins scraping; it does nothing where that goes on already.
func (u *scrapePool) start() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.cancel != nil {
		return
	}
	u.context, u.cancel = context.WithCancel(context.Background())
	u.found = make(chan struct{})
	if u.entry.Discovery != DiscoveryStatic {
		for _, t := range u.targets {
			u.launch(t)
		}
		u.running.Go(func() { u.discover(u.context) })
		return
	}
	close(u.found)
	u.apply(discovered{targets: []found{{url: u.url}}})
	for _, t := range u.targets {
		u.launch(t)
	}
}

// stop ends scraping, and with it all series; what is in the history stays.
func (u *scrapePool) stop() {
	u.mu.Lock()
	cancel := u.cancel
	u.cancel = nil
	u.mu.Unlock()
	if cancel == nil {
		return
	}
	cancel()
	u.running.Wait()
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, t := range u.targets {
		u.end(t, time.Now().UnixMilli())
		t.cancel = nil
	}
	u.fetcher.close()
}

// launch starts the target's goroutine where it does not run; u.mu must be held.
func (u *scrapePool) launch(t *target) {
	if t.cancel != nil {
		return
	}
	ctx, cancel := context.WithCancel(u.context)
	first := make(chan struct{})
	t.cancel, t.first = cancel, first
	u.running.Go(func() { u.loop(ctx, t, sync.OnceFunc(func() { close(first) })) })
}

// remove takes a target out for good.
func (u *scrapePool) remove(t *target) {
	t.removed = true
	t.cancel()
	u.end(t, time.Now().UnixMilli())
	u.disclaim(t)
	delete(u.targets, t.address)
}

// commit takes in the outcome of a scrape.
func (u *scrapePool) commit(t *target, at time.Time, o outcome) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if t.removed {
		return
	}
	if o.answer != nil && !t.left.IsZero() {
		o.answer, o.failure = nil, vanished(t.left)
	}
	if o.answer != nil {
		p := o.answer.process(u.config.Reading)
		if t.balancer.observe(p, time.Now()) {
			u.forget(t)
		}
		if p.host != "" {
			t.host = p.host
		}
	}
	t.live.forget()
	u.rename(t, at.UnixMilli())
	state, why := t.judge(o.failure)
	if owner := u.claim(t, o.answer != nil, at.UnixMilli()); owner != t {
		if o.answer != nil {
			state, why = Duplicate, claimed(t.identity.labels.Get(nodeLabel), owner.address)
		} else if owner.answers() {
			why = failure(why.Cause, "%s Its node %s answers at %s.", why.Message, t.identity.labels.Get(nodeLabel), owner.address)
		}
		t.active, t.writing = t.active[:0], false
	} else {
		refused := u.write(t, at.UnixMilli(), o)
		if refused > 0 && state == Up {
			why = tooManySeries(refused, len(o.answer.Samples), u.keeper.Load().budget)
		}
	}
	t.note(o, state, why, u.config.Reading)
}

// rename gives the target the identity that its last answer makes it have. Under the old one everything ends.
func (u *scrapePool) rename(t *target, at int64) {
	now := u.identify(t)
	if now == t.identity {
		return
	}
	u.end(t, at)
	u.disclaim(t)
	t.identity = now
}

// claim settles who writes a target's (cluster, node): the first that does, until it no longer answers and another
// one does. That is a pod that has moved; it goes on with the same series. u.mu must be held.
func (u *scrapePool) claim(t *target, answers bool, at int64) (owner *target) {
	owner = u.claims[t.identity.claim]
	switch {
	case owner == t:
		return t
	case owner == nil:
	case answers && !owner.answers():
		if labels.Equal(owner.identity.labels, t.identity.labels) {
			owner.writing = false // up and its like go on without a gap
		}
		u.end(owner, at-1) // one millisecond earlier, so that the new owner's samples follow
		if !owner.left.IsZero() {
			u.remove(owner)
		}
	default:
		return owner
	}
	u.claims[t.identity.claim] = t
	return t
}

func (u *scrapePool) disclaim(t *target) {
	if u.claims[t.identity.claim] == t {
		delete(u.claims, t.identity.claim)
	}
}

var stale = math.Float64frombits(value.StaleNaN)

// write appends one scrape to the history: the samples, an end for each series that has gone, and the target's own.
// It returns how many samples were refused because the byte budget has no room for their series.
func (u *scrapePool) write(t *target, at int64, o outcome) (refused int) {
	up, count := 0.0, 0
	var samples []Sample
	if o.answer != nil {
		up, count, samples = 1, len(o.answer.Samples), o.answer.Samples
		if t.balancer.on {
			up, samples = 0, nil // something answers, but no Falco is measured
		}
	}
	batch := make([]history.Sample, 0, len(samples)+len(t.active)/8+3)
	for _, s := range samples {
		batch = append(batch, history.Sample{Series: t.identity.series(u.history, s.Series), Value: s.Value})
	}
	for _, s := range t.active {
		if len(samples) == 0 || s.seen != t.reader.round {
			batch = append(batch, history.Sample{Series: t.identity.series(u.history, s), Value: stale})
		}
	}
	u.history.Append(at, u.own(nil, t.identity, up, o.duration.Seconds(), float64(count)))
	refused = u.appendWithin(at, batch)

	t.writing = true
	t.active = t.active[:0]
	for _, s := range samples {
		t.active = append(t.active, s.Series)
	}
	return refused
}

// end marks all that a target writes as ended. u.mu must be held.
func (u *scrapePool) end(t *target, at int64) {
	var batch []history.Sample
	for _, s := range t.active {
		batch = append(batch, history.Sample{Series: t.identity.series(u.history, s), Value: stale})
	}
	if t.writing {
		batch = u.own(batch, t.identity)
	}
	u.history.Append(at, batch)
	t.active, t.writing = t.active[:0], false
}

// forget drops what was written for the hosts behind a load balancer, except those that another target has.
func (u *scrapePool) forget(t *target) {
	hosts := t.balancer.hosts()
	hosts = append(hosts, t.identity.labels.Get(nodeLabel))
	cluster := t.identity.labels.Get(clusterLabel)
	for claim, owner := range u.claims {
		if owner != t {
			hosts = slices.DeleteFunc(hosts, func(h string) bool { return cluster+"\xff"+h == claim })
		}
	}
	t.active, t.writing = t.active[:0], false
	u.history.Forget(func(l labels.Labels) bool {
		return l.Get(clusterLabel) == cluster && slices.Contains(hosts, l.Get(nodeLabel))
	})
}
