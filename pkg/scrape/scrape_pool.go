package scrape

import (
	"context"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/exposition"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/fetch"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

// scrapePool is one entry of the settings' targets: its discovery, its targets and their history. Data sources whose
// entries agree in everything that matters share it.
type scrapePool struct {
	config     Config
	entry      TargetConfig
	url        *url.URL // of the entry
	hostHeader string   // for discovered addresses; empty means the host of the URL
	history    *history.History
	fetcher    *fetch.Fetcher
	manager    *Manager

	mu              sync.Mutex
	targets         map[string]*target // by address
	primaries       map[string]*target // by identityLabels.key: the target whose samples are stored
	discovery       *Failure           // of the last attempt
	batch           []history.Sample   // room for the samples of a scrape
	firstDiscovery  chan struct{}      // closed after the first attempt since the start
	firstScrapes    []firstScrapes     // of the targets that the first discovery found
	discoveryWorked bool               // since the start
	context         context.Context
	cancel          context.CancelFunc // nil while stopped

	// budgetLease is the lease whose byte budget applies: the largest of those that use the pool, or that last used it.
	budgetLease atomic.Pointer[Lease]
	// evictedBefore is the time (unix milliseconds) before which samples were last evicted for the byte budget.
	evictedBefore atomic.Int64

	// Guarded by Manager.mu.
	leases, active int // active counts the leases that are not idle
	released       time.Time
}

func newScrapePool(m *Manager, c Config, entry TargetConfig) (*scrapePool, error) {
	sp := &scrapePool{
		config: c, entry: entry, manager: m, history: history.New(history.Options{Retention: c.Retention}),
		targets: map[string]*target{}, primaries: map[string]*target{},
	}
	var err error
	if sp.url, err = entry.parse(); err != nil {
		return nil, err
	}
	name := ""
	if entry.Discovery == DiscoveryDNS || entry.Discovery == DiscoverySRV {
		name = serviceName(sp.url.Hostname())
		sp.hostHeader = name
		if port := sp.url.Port(); port != "" {
			sp.hostHeader += ":" + port
		}
	}
	sp.fetcher, err = fetch.New(m.requests, entry.Kind, fetch.Options{
		Client: c.Client, ServerName: name, Timeout: c.Timeout, Interval: c.Interval, BodySizeLimit: c.Limits.BodySizeLimit,
		Scraping: c.Reading.Scraping, AllowLinkLocal: entry.AllowLoopback, RefuseLoopback: entry.Discovery != DiscoveryStatic && !entry.AllowLoopback,
		Run: func(do func()) { m.run(c.Logger, do) },
	})
	if err != nil {
		return nil, err
	}
	return sp, nil
}

// start begins scraping. It does nothing if the pool is already scraping.
func (sp *scrapePool) start() {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	if sp.cancel != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	sp.context, sp.cancel = ctx, cancel
	sp.firstDiscovery, sp.discoveryWorked = make(chan struct{}), false
	if sp.entry.Discovery == DiscoveryStatic {
		close(sp.firstDiscovery)
		sp.apply(discoveryResult{targets: []discoveredTarget{{url: sp.url}}})
	} else {
		sp.manager.run(sp.config.Logger, func() { sp.discover(ctx) })
	}
	sp.launchAll()
	sp.awaitFirstScrapes()
}

// awaitFirstScrapes makes Lease.Wait wait for the current targets, but not for those that are listed later. sp.mu must be
// held.
func (sp *scrapePool) awaitFirstScrapes() {
	sp.firstScrapes = nil
	for _, t := range sp.targets {
		sp.firstScrapes = append(sp.firstScrapes, t.firstScrapes)
	}
}

// stop ends scraping and marks all series as ended. Samples stay in the history. Requests that wait for their turn are
// not sent. A request that has been sent runs to its end, and its outcome is discarded.
func (sp *scrapePool) stop() {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	if sp.cancel == nil {
		return
	}
	sp.cancel()
	sp.cancel = nil
	for _, t := range sp.targets {
		sp.endSeries(t, time.Now().UnixMilli())
		t.cancel()
		t.cancel = nil
	}
	sp.fetcher.Close()
}

func (sp *scrapePool) launchAll() {
	for _, t := range sp.targets {
		sp.launch(t)
	}
}

// launch starts the scrape loop of a target unless it is running. sp.mu must be held.
func (sp *scrapePool) launch(t *target) {
	if t.cancel != nil {
		return
	}
	ctx, cancel := context.WithCancel(sp.context)
	first := firstScrapes{make(chan struct{}), make(chan struct{})}
	// A scrape of an earlier start may still be using the old reader.
	reader := exposition.NewReaderForKind(sp.entry.Kind, sp.config.Reading, sp.config.Limits.Limits)
	t.cancel, t.firstScrapes, t.reader = cancel, first, reader
	sp.manager.run(sp.config.Logger, func() { sp.loop(ctx, t, reader, first) })
}

// remove takes a target out for good. sp.mu must be held.
func (sp *scrapePool) remove(t *target) {
	t.removed = true
	if t.cancel != nil {
		t.cancel()
	}
	sp.endSeries(t, time.Now().UnixMilli())
	sp.resignPrimary(t)
	delete(sp.targets, t.address)
}

// statuses returns a snapshot of every target.
func (sp *scrapePool) statuses() []Status {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	all := make([]Status, 0, len(sp.targets))
	for _, t := range sp.targets {
		all = append(all, sp.withDiscovery(t.status))
	}
	return all
}

// withDiscovery adds the trouble of discovery to a status. sp.mu must be held.
func (sp *scrapePool) withDiscovery(s Status) Status {
	if sp.discovery != nil {
		s.Discovery = sp.discovery.Message
	}
	return s
}
