package scrape

import (
	"maps"
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
)

const (
	// releasedRetention is how long the history of a pool that no data source uses is kept. Such a pool does not scrape:
	// Grafana creates the new instance of a data source before it disposes of the old one, so whoever continues with the
	// same settings has leased the pool by then.
	releasedRetention = 10 * time.Minute
	// idleAfter is how long a lease keeps scraping without being used.
	idleAfter = 6 * time.Hour
	// cleanupInterval is how often unused pools, idle leases, retention and byte budgets are checked.
	cleanupInterval = 30 * time.Second
)

func (m *Manager) startCleanup() {
	if m.stopCleanup == nil && len(m.pools) > 0 {
		stop := make(chan struct{})
		m.stopCleanup = stop
		m.run(log.DefaultLogger, func() { m.cleanUpUntil(stop) })
	}
}

func (m *Manager) endCleanup() {
	if m.stopCleanup != nil {
		close(m.stopCleanup)
		m.stopCleanup = nil
	}
}

func (m *Manager) cleanUpUntil(stop chan struct{}) {
	ticker := time.NewTicker(cleanupInterval)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
			m.cleanUp(time.Now())
		}
	}
}

// cleanUp releases what is no longer used and drops samples that are too old or exceed the byte budget. It ends its
// own goroutine when nothing is left.
func (m *Manager) cleanUp(now time.Time) {
	defer logPanic(log.DefaultLogger, "The cleanup panicked")
	unused, leases := m.releaseUnused(now)
	for _, sp := range unused {
		if sp.config.Retention > 0 { // a history that grows does this itself
			sp.history.Truncate(now.Add(-sp.config.Retention).UnixMilli())
		}
	}
	for _, l := range leases {
		l.evict(now, 0)
	}
}

// releaseUnused stops what is no longer used. It returns the pools that are kept but not scraped, and all leases.
func (m *Manager) releaseUnused(now time.Time) (unused []*scrapePool, leases []*Lease) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, sp := range m.pools {
		if sp.leases == 0 && now.Sub(sp.released) >= releasedRetention {
			sp.stop()
			delete(m.pools, key)
		}
	}
	for l := range m.leases {
		if !l.idle && now.Sub(l.lastUse) >= idleAfter {
			l.idle = true
			for _, sp := range l.pools {
				if sp.active--; sp.active == 0 {
					sp.stop()
				}
			}
		}
	}
	for _, sp := range m.pools {
		if sp.active == 0 {
			unused = append(unused, sp)
		}
	}
	if len(m.pools) == 0 {
		m.endCleanup()
	}
	m.limitMemory() // discovery may have changed the number of targets
	return unused, slices.Collect(maps.Keys(m.leases))
}
