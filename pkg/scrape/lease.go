package scrape

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

// Lease is what one data source instance uses of the manager. All its methods may be called concurrently.
type Lease struct {
	manager *Manager
	budget  int64         // bytes
	pools   []*scrapePool // in the order of the settings; never changes once leased

	evicting sync.Mutex

	// Guarded by Manager.mu.
	idle, released bool
	lastUse        time.Time
}

// Release gives the lease back. Pools that no other lease uses stop scraping at once. Their history is kept for
// releasedRetention, for a data source that returns to the same settings.
func (l *Lease) Release() {
	l.manager.mu.Lock()
	defer l.manager.mu.Unlock()
	if !l.released {
		l.released = true
		l.manager.returnPools(l)
	}
}

// Use must be called at every request. A lease that has not been used for idleAfter stops scraping, and Use starts it
// again.
func (l *Lease) Use() {
	l.manager.mu.Lock()
	defer l.manager.mu.Unlock()
	l.lastUse = time.Now()
	if l.idle && !l.released {
		l.idle = false
		for _, sp := range l.pools {
			sp.active++
			sp.start()
		}
	}
}

// Wait returns when every target has been scraped at least so often since scraping started, once or twice, except for
// targets that discovery has listed later. The error is ctx's.
func (l *Lease) Wait(ctx context.Context, scrapes int) error {
	for _, sp := range l.pools {
		sp.mu.Lock()
		discovered := sp.firstDiscovery
		sp.mu.Unlock()
		if err := await(ctx, discovered); err != nil {
			return err
		}
		sp.mu.Lock()
		scraped := sp.firstScrapes
		sp.mu.Unlock()
		for _, c := range scraped {
			if err := await(ctx, c[scrapes-1]); err != nil {
				return err
			}
		}
	}
	return nil
}

func await(ctx context.Context, c <-chan struct{}) error {
	select {
	case <-c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Targets returns the current targets, sorted by node and address.
func (l *Lease) Targets() []Status {
	primaries := l.primaries()
	var all []Status
	for i, sp := range l.pools {
		for _, s := range sp.statuses() {
			if first, ok := primaries[nodeKeyOf(s.Labels)]; ok && first.pool != i {
				s = asDuplicateOf(s, first)
			}
			all = append(all, s)
		}
	}
	slices.SortStableFunc(all, func(a, b Status) int {
		return cmp.Or(cmp.Compare(a.Node(), b.Node()), cmp.Compare(a.Address, b.Address))
	})
	return all
}

// nodeKey identifies a node of a data source. Only one target may have it.
type nodeKey struct{ cluster, node, kind string }

func nodeKeyOf(l labels.Labels) nodeKey {
	return nodeKey{l.Get(clusterLabel), l.Get(nodeLabel), l.Get(kindLabel)}
}

// primary is the target that is shown for a node.
type primary struct {
	pool     int // index in Lease.pools
	address  string
	responds bool
}

// primaries returns the primary of each node: the first target in the order of the settings that responds, otherwise
// the first.
func (l *Lease) primaries() map[nodeKey]primary {
	primaries := map[nodeKey]primary{}
	for i, sp := range l.pools {
		sp.mu.Lock()
		for _, t := range sp.primaries {
			key := nodeKeyOf(t.identity.labels)
			if current, ok := primaries[key]; !ok || t.responds() && !current.responds {
				primaries[key] = primary{i, t.address, t.responds()}
			}
		}
		sp.mu.Unlock()
	}
	return primaries
}

// Queryable answers queries over the histories of all targets. A node that two entries scrape is shown once.
func (l *Lease) Queryable() storage.Queryable {
	primaries := l.primaries()
	histories := make([]*history.History, 0, len(l.pools))
	duplicates := false
	for i, sp := range l.pools {
		histories = append(histories, sp.history)
		sp.mu.Lock()
		for _, t := range sp.primaries {
			duplicates = duplicates || primaries[nodeKeyOf(t.identity.labels)].pool != i
		}
		sp.mu.Unlock()
	}
	if !duplicates {
		return history.NewView(histories, nil, "")
	}
	shown := make([]string, 0, len(primaries))
	for key, first := range primaries {
		shown = append(shown, fmt.Sprintf("%q %d", key, first.pool))
	}
	slices.Sort(shown)
	return history.NewView(histories, func(i int, series labels.Labels) bool {
		first, ok := primaries[nodeKeyOf(series)]
		return ok && first.pool != i
	}, strings.Join(shown, ","))
}

// Stats returns the sum over all histories.
func (l *Lease) Stats() history.Stats { return statsOf(slices.Values(l.pools)) }

func statsOf(pools iter.Seq[*scrapePool]) history.Stats {
	var sum history.Stats
	for sp := range pools {
		s := sp.history.Stats()
		if s.Samples > 0 {
			if sum.Samples == 0 {
				sum.MinTime, sum.MaxTime = s.MinTime, s.MaxTime
			}
			sum.MinTime, sum.MaxTime = min(sum.MinTime, s.MinTime), max(sum.MaxTime, s.MaxTime)
		}
		sum.Series += s.Series
		sum.Samples += s.Samples
		sum.Dropped += s.Dropped
		sum.Bytes += s.Bytes
	}
	return sum
}

// Since returns the time from which on the history is complete, zero if it is empty.
func (l *Lease) Since() time.Time {
	var since time.Time
	for _, sp := range l.pools {
		if s := sp.history.Stats(); s.Samples > 0 {
			begin := time.UnixMilli(max(s.MinTime, sp.evictedBefore.Load()))
			if since.IsZero() || begin.Before(since) {
				since = begin
			}
		}
	}
	return since
}

// Trimmed reports whether the history begins at Since because older samples were evicted for the byte budget.
func (l *Lease) Trimmed() bool {
	since := l.Since().UnixMilli()
	return slices.ContainsFunc(l.pools, func(sp *scrapePool) bool { return sp.evictedBefore.Load() == since })
}
