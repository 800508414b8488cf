package scrape

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

// Lease is what one data source instance uses of the pool. All its methods may be called concurrently.
type Lease struct {
	pool   *Manager
	budget int64
	pools  []*scrapePool // in the order of the settings; never changes once leased

	trimming sync.Mutex

	// Guarded by Pool.mu.
	idle, released bool
	used           time.Time
}

// Release gives the lease back. What it scraped goes on for ten minutes, for the next instance to take over.
func (l *Lease) Release() {
	l.pool.mu.Lock()
	defer l.pool.mu.Unlock()
	if !l.released {
		l.released = true
		l.pool.drop(l)
	}
}

// Use says that somebody asks. It is to be called at every request: a lease that nobody has used for six hours stops
// scraping, and starts again here.
func (l *Lease) Use() {
	l.pool.mu.Lock()
	defer l.pool.mu.Unlock()
	l.used = time.Now()
	if l.idle && !l.released {
		l.idle = false
		for _, u := range l.pools {
			u.active++
			u.start()
		}
	}
}

// Wait returns when every target has been scraped at least once since scraping started; the error is ctx's.
func (l *Lease) Wait(ctx context.Context) error {
	for _, u := range l.pools {
		u.mu.Lock()
		found := u.found
		u.mu.Unlock()
		if err := await(ctx, found); err != nil {
			return err
		}
		u.mu.Lock()
		var first []chan struct{}
		for _, t := range u.targets {
			first = append(first, t.first)
		}
		u.mu.Unlock()
		for _, c := range first {
			if err := await(ctx, c); err != nil {
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

// Targets are all targets now, sorted by node and address.
func (l *Lease) Targets() []Status {
	owners := l.owners()
	var all []Status
	for i, u := range l.pools {
		for _, s := range u.statuses() {
			if owner, ok := owners[claimOf(s.Labels)]; ok && owner.scrapePool != i {
				s = claimedBy(s, owner)
			}
			all = append(all, s)
		}
	}
	slices.SortStableFunc(all, func(a, b Status) int {
		return cmp.Or(cmp.Compare(a.Node(), b.Node()), cmp.Compare(a.Address, b.Address))
	})
	return all
}

// claimKey is what no two targets may both be.
type claimKey struct{ cluster, node, kind string }

func claimOf(l labels.Labels) claimKey {
	return claimKey{l.Get(clusterLabel), l.Get(nodeLabel), l.Get(kindLabel)}
}

type owner struct {
	scrapePool int
	address    string
	answers    bool
}

// owners settles which unit shows a node: the first in the settings that gets an answer from it, else the first.
func (l *Lease) owners() map[claimKey]owner {
	owners := map[claimKey]owner{}
	for i, u := range l.pools {
		u.mu.Lock()
		for _, t := range u.claims {
			key := claimOf(t.identity.labels)
			if now, ok := owners[key]; !ok || t.answers() && !now.answers {
				owners[key] = owner{i, t.address, t.answers()}
			}
		}
		u.mu.Unlock()
	}
	return owners
}

// Queryable answers queries over the histories of all targets. What two of them claim is shown once.
func (l *Lease) Queryable() storage.Queryable {
	owners := l.owners()
	histories := make([]*history.History, 0, len(l.pools))
	contested := false
	for i, u := range l.pools {
		histories = append(histories, u.history)
		u.mu.Lock()
		for _, t := range u.claims {
			contested = contested || owners[claimOf(t.identity.labels)].scrapePool != i
		}
		u.mu.Unlock()
	}
	if !contested {
		return history.Queryable(histories, nil)
	}
	return history.Queryable(histories, func(i int, of labels.Labels) bool {
		owner, ok := owners[claimOf(of)]
		return ok && owner.scrapePool != i
	})
}

// Stats of all histories together.
func (l *Lease) Stats() history.Stats { return statsOf(slices.Values(l.pools)) }

func statsOf(pools iter.Seq[*scrapePool]) history.Stats {
	var sum history.Stats
	for u := range pools {
		s := u.history.Stats()
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

// Since is the time of the oldest sample, or that from which on none had to go; zero when there is none.
func (l *Lease) Since() time.Time {
	var since time.Time
	for _, u := range l.pools {
		if s := u.history.Stats(); s.Samples > 0 {
			begin := time.UnixMilli(max(s.MinTime, u.trimmed.Load()))
			if since.IsZero() || begin.Before(since) {
				since = begin
			}
		}
	}
	return since
}

// Trimmed is whether the history begins where it does because the byte budget holds no more.
func (l *Lease) Trimmed() bool {
	since := l.Since().UnixMilli()
	return slices.ContainsFunc(l.pools, func(u *scrapePool) bool { return u.trimmed.Load() == since })
}
