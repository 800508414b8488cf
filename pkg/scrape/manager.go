package scrape

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"net"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/log"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/fetch"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// ManagerOptions are for tests.
type ManagerOptions struct {
	Resolver Resolver // default: the system's
}

// Manager holds everything that this process scrapes. It outlives the data source instances that use it.
type Manager struct {
	resolver  Resolver
	secret    []byte        // key of the digests that identify pools, because those cover credentials
	liveSlots chan struct{} // one for each live scrape that may run
	requests  *fetch.Shared
	context   context.Context // of all requests
	cancel    context.CancelFunc
	name      string

	mu          sync.Mutex
	pools       map[string]*scrapePool
	leases      map[*Lease]struct{}
	stopCleanup chan struct{} // nil while no cleanup runs

	goroutines sync.WaitGroup
}

// NewManager returns a manager that scrapes nothing. It runs no goroutine until something is leased.
func NewManager(o ManagerOptions) *Manager {
	m := &Manager{
		resolver: o.Resolver, secret: make([]byte, 32),
		liveSlots: make(chan struct{}, maxConcurrentLive),
		pools:     map[string]*scrapePool{}, leases: map[*Lease]struct{}{},
	}
	m.context, m.cancel = context.WithCancel(context.Background())
	m.requests = fetch.NewShared(m.context)
	if m.resolver == nil {
		m.resolver = net.DefaultResolver
	}
	rand.Read(m.secret) // never fails
	m.name = rand.Text()[:8]
	return m
}

// Name returns a random name that tells this process, and with it its histories, from other replicas.
func (m *Manager) Name() string { return m.name }

// Lease starts scraping the configured targets. Entries that are already scraped with exactly the same settings are
// shared. The error names every target that is wrong.
func (m *Manager) Lease(c Config) (*Lease, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	l := &Lease{manager: m, budget: cmp.Or(c.RetentionBytes, math.MaxInt64), lastUse: time.Now()}
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.startCleanup()
	for _, entry := range c.Targets {
		entry = entry.withDefaults()
		key := m.poolKey(c, entry)
		sp := m.pools[key]
		if sp == nil {
			var err error
			if sp, err = newScrapePool(m, c, entry); err != nil {
				m.returnPools(l)
				return nil, err
			}
			m.pools[key] = sp
		}
		if !slices.Contains(l.pools, sp) {
			l.pools = append(l.pools, sp)
			sp.leases++
			sp.active++
		}
	}
	m.leases[l] = struct{}{}
	m.assignBudgets()
	for _, sp := range l.pools {
		sp.start()
	}
	return l, nil
}

// Close stops everything, requests in progress included, and waits until it has stopped.
func (m *Manager) Close() {
	m.mu.Lock()
	for key, sp := range m.pools {
		sp.stop()
		delete(m.pools, key)
	}
	m.endCleanup()
	m.mu.Unlock()
	m.cancel()
	m.goroutines.Wait()
}

// poolKey returns a digest of everything that makes two entries differ in what they scrape and store.
func (m *Manager) poolKey(c Config, entry TargetConfig) string {
	text, err := json.Marshal(struct {
		Org                          int64
		Entry                        TargetConfig
		Client                       string
		Interval, Timeout, Retention time.Duration
		Limits                       Limits
		Reading                      signals.Reading
	}{c.OrgID, entry, c.ClientKey, c.Interval, c.Timeout, c.Retention, c.Limits, c.Reading})
	if err != nil {
		panic(err) // strings, numbers and maps of them always encode
	}
	mac := hmac.New(sha256.New, m.secret)
	mac.Write(text)
	return string(mac.Sum(nil))
}

// returnPools gives back a lease's pools. m.mu must be held.
func (m *Manager) returnPools(l *Lease) {
	for _, sp := range l.pools {
		sp.leases--
		if !l.idle {
			sp.active--
		}
		if sp.leases == 0 {
			sp.released = time.Now()
		}
		if sp.active == 0 {
			sp.stop()
		}
	}
	delete(m.leases, l)
	m.assignBudgets()
}

// assignBudgets tells every pool which byte budget applies: the largest of the leases that use it, so that no data
// source evicts another's history. m.mu must be held.
func (m *Manager) assignBudgets() {
	for l := range m.leases {
		for _, sp := range l.pools {
			current := sp.budgetLease.Load()
			if _, leased := m.leases[current]; !leased || l.budget > current.budget {
				sp.budgetLease.Store(l)
			}
		}
	}
	m.limitMemory()
}

const (
	// memoryBesidesHistory is what the process may take for queries, their responses, and scraping some targets.
	memoryBesidesHistory = 1 << 30
	// memoryPerTarget is about what a target with 300 series takes besides the history, most of it for what the reader
	// remembers of its lines.
	memoryPerTarget = 160 << 10
	// uncountedMemory is subtracted because the runtime counts neither all memory nor keeps exactly to the limit.
	uncountedMemory = 192 << 20
)

// limitMemory makes garbage be collected early enough that the process stays below memoryBesidesHistory, the histories of
// its leases, and what their targets take. Without it, garbage may take as much memory as what is in use. A limit below what
// is in use would make the process collect garbage all the time. m.mu must be held, and sp.mu of no pool.
func (m *Manager) limitMemory() {
	limit := int64(memoryBesidesHistory - uncountedMemory)
	for l := range m.leases {
		if l.budget > math.MaxInt64-limit {
			return // the history is not limited
		}
		limit += l.budget
	}
	for _, sp := range m.pools {
		sp.mu.Lock()
		limit += int64(len(sp.targets)) * memoryPerTarget
		sp.mu.Unlock()
	}
	debug.SetMemoryLimit(limit)
}

// run starts a goroutine that Close waits for. A panic is logged and ends only that goroutine.
func (m *Manager) run(logger log.Logger, do func()) {
	m.goroutines.Go(func() {
		defer logPanic(logger, "A goroutine panicked")
		do()
	})
}

// logPanic recovers from a panic and logs it. It must be deferred directly.
func logPanic(logger log.Logger, message string) {
	if reason := recover(); reason != nil {
		logger.Error(message, "panic", fmt.Sprint(reason), "stack", string(debug.Stack()))
	}
}
