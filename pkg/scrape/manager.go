package scrape

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"math"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

const (
	// grace is how long a unit that no data source uses goes on: Grafana remakes instances at every change of a setting.
	grace = 10 * time.Minute
	// idleAfter is how long a lease scrapes without being used.
	idleAfter = 6 * time.Hour
	// tidyEvery is how often grace, idleness, retention and the byte budget are looked at.
	tidyEvery = 30 * time.Second
)

// PoolOptions are for tests.
type ManagerOptions struct {
	Resolver Resolver // default: the system's
}

// Pool holds all that is scraped in this process. It outlives the data source instances that use it.
type Manager struct {
	resolver Resolver
	secret   []byte        // keys of units are digests under it, as they hold credentials
	live     chan struct{} // a place for each live scrape that may run
	bodies   chan struct{} // a place for each answer that may be held
	name     string

	mu     sync.Mutex
	pools  map[string]*scrapePool
	leases map[*Lease]struct{}
	tidier chan struct{} // closed to end the tidier; nil while there is none
	ended  sync.WaitGroup
}

// NewPool returns an empty pool. It runs no goroutine as long as nothing is leased.
func NewManager(o ManagerOptions) *Manager {
	p := &Manager{
		resolver: o.Resolver, secret: make([]byte, 32),
		live: make(chan struct{}, liveAtOnce), bodies: make(chan struct{}, bodiesAtOnce),
		pools: map[string]*scrapePool{}, leases: map[*Lease]struct{}{},
	}
	if p.resolver == nil {
		p.resolver = net.DefaultResolver
	}
	rand.Read(p.secret) // never fails
	p.name = rand.Text()[:8]
	return p
}

// Name tells this pool, and with it the histories of its process, from those of other replicas.
func (p *Manager) Name() string { return p.name }

// Lease begins to scrape, or goes on with what is already scraped with the very same settings. The error names every
// target that is wrong.
func (p *Manager) Lease(c Config) (*Lease, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	l := &Lease{pool: p, budget: cmp.Or(c.RetentionBytes, math.MaxInt64), used: time.Now()}
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.startTidier()
	for _, entry := range c.Targets {
		entry = entry.withDefaults()
		key := p.key(c, entry)
		u := p.pools[key]
		if u == nil {
			var err error
			if u, err = newScrapePool(p, c, entry); err != nil {
				p.drop(l)
				return nil, err
			}
			p.pools[key] = u
		}
		if !slices.Contains(l.pools, u) {
			l.pools = append(l.pools, u)
			u.leases++
			u.active++
		}
	}
	p.leases[l] = struct{}{}
	p.bindBudgets()
	for _, u := range l.pools {
		u.start()
	}
	return l, nil
}

// Close stops everything at once and waits for it.
func (p *Manager) Close() {
	p.mu.Lock()
	for key, u := range p.pools {
		u.stop()
		delete(p.pools, key)
	}
	p.endTidier()
	p.mu.Unlock()
	p.ended.Wait()
}

// key is a digest of all that makes two entries differ in what they would fetch and keep.
func (p *Manager) key(c Config, entry TargetConfig) string {
	text, err := json.Marshal(struct {
		Org                          int64
		Entry                        TargetConfig
		Client                       string
		Interval, Timeout, Retention time.Duration
		Limits                       Limits
		Reading                      signals.Reading
	}{c.OrgID, entry, c.ClientKey, c.Interval, c.Timeout, c.Retention, c.Limits, c.Reading})
	if err != nil {
		panic(err) // strings, numbers and maps of them
	}
	mac := hmac.New(sha256.New, p.secret)
	mac.Write(text)
	return string(mac.Sum(nil))
}

// drop gives back a lease's units; p.mu must be held.
func (p *Manager) drop(l *Lease) {
	for _, u := range l.pools {
		u.leases--
		if !l.idle {
			u.active--
		}
		if u.leases == 0 {
			u.released = time.Now()
		} else if u.active == 0 {
			u.stop()
		}
	}
	delete(p.leases, l)
	p.bindBudgets()
}

// bindBudgets tells every unit whose budget it has to keep to: of those that use it the largest, so that one data source
// takes no history from another. p.mu must be held.
func (p *Manager) bindBudgets() {
	for l := range p.leases {
		for _, u := range l.pools {
			keeper := u.keeper.Load()
			if _, leased := p.leases[keeper]; !leased || l.budget > keeper.budget {
				u.keeper.Store(l)
			}
		}
	}
}

func (p *Manager) startTidier() {
	if p.tidier == nil && len(p.pools) > 0 {
		end := make(chan struct{})
		p.tidier = end
		p.ended.Go(func() { p.tidyUntil(end) })
	}
}

func (p *Manager) endTidier() {
	if p.tidier != nil {
		close(p.tidier)
		p.tidier = nil
	}
}

func (p *Manager) tidyUntil(end chan struct{}) {
	ticker := time.NewTicker(tidyEvery)
	defer ticker.Stop()
	for {
		select {
		case <-end:
			return
		case <-ticker.C:
			p.tidy(time.Now())
		}
	}
}

// tidy lets go of what is no longer used, and of samples that are too old or too many. It ends its own goroutine when
// nothing is left.
func (p *Manager) tidy(now time.Time) {
	unused, leases := p.letGo(now)
	for _, u := range unused {
		if u.config.Retention > 0 { // a history that grows sees to it by itself
			u.history.Truncate(now.Add(-u.config.Retention).UnixMilli())
		}
	}
	for _, l := range leases {
		l.trim(now, 0)
	}
}

// letGo stops what is no longer used. It returns the units that are kept but not scraped, and all leases.
func (p *Manager) letGo(now time.Time) (unused []*scrapePool, leases []*Lease) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for key, u := range p.pools {
		if u.leases == 0 && now.Sub(u.released) >= grace {
			u.stop()
			delete(p.pools, key)
		}
	}
	for l := range p.leases {
		if !l.idle && now.Sub(l.used) >= idleAfter {
			l.idle = true
			for _, u := range l.pools {
				if u.active--; u.active == 0 {
					u.stop()
				}
			}
		}
	}
	for _, u := range p.pools {
		if u.active == 0 {
			unused = append(unused, u)
		}
	}
	if len(p.pools) == 0 {
		p.endTidier()
	}
	return unused, slices.Collect(maps.Keys(p.leases))
}
