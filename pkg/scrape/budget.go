package scrape

import (
	"iter"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

// newSeriesBytes is roughly what a series takes in memory without its labels.
const newSeriesBytes = 320

// room returns how many bytes the budget still has.
func (sp *scrapePool) room() int64 {
	l := sp.budgetLease.Load()
	return l.budget - l.bytes()
}

// evict makes room for the given samples of new series and keeps the histories within the byte budget. sp.mu must not
// be held.
func (sp *scrapePool) evict(refused []history.Sample) {
	need := int64(0)
	for _, s := range refused {
		need += newSeriesBytes + int64(s.Series.Labels().ByteSize()) //nolint:gosec // G115: labels are limited in length
	}
	sp.budgetLease.Load().evict(time.Now(), need)
}

// budgetedPools are the scrape pools that the lease's byte budget applies to: those that no lease with a larger one uses.
func (l *Lease) budgetedPools() iter.Seq[*scrapePool] {
	return func(yield func(*scrapePool) bool) {
		for _, sp := range l.pools {
			if sp.budgetLease.Load() == l && !yield(sp) {
				return
			}
		}
	}
}

func (l *Lease) bytes() (sum int64) {
	for sp := range l.budgetedPools() {
		sum += sp.history.Bytes()
	}
	return sum
}

// evict keeps the histories within the byte budget, with the needed bytes to spare. The oldest samples of all targets
// go first, but series that have ended go before the newer half of the others. Active series are only dropped if the
// budget is exceeded without them. It evicts an eighth more than necessary, so that it rarely runs.
func (l *Lease) evict(now time.Time, need int64) {
	if l.bytes()+need <= l.budget {
		return
	}
	l.evicting.Lock()
	defer l.evicting.Unlock()
	if l.bytes()+need <= l.budget { // another target has evicted enough
		return
	}
	const steps = 32
	goal := l.budget - l.budget/8
	oldest := statsOf(l.budgetedPools()).MinTime
	span := now.Add(-2*l.pools[0].config.Interval).UnixMilli() - oldest // active series have samples after that
	for step := int64(1); step < steps && l.bytes() > goal; step++ {
		if step == steps/2 {
			l.evictSeries(goal, false)
		}
		l.truncate(oldest + span*step/steps)
	}
	l.evictSeries(min(goal, l.budget-need), false)
	if l.bytes() > l.budget {
		l.evictSeries(goal, true)
	}
}

func (l *Lease) truncate(before int64) {
	dropped := false
	for sp := range l.budgetedPools() {
		sp.history.Truncate(before)
		dropped = dropped || sp.history.Stats().MinTime == before
	}
	if dropped { // older samples that are left are incomplete
		for sp := range l.budgetedPools() {
			sp.evictedBefore.Store(before)
		}
	}
}

func (l *Lease) evictSeries(maxBytes int64, includeActive bool) {
	if l.bytes() <= maxBytes {
		return
	}
	var all []*history.History
	for sp := range l.budgetedPools() {
		all = append(all, sp.history)
	}
	history.EvictSeries(all, maxBytes, includeActive)
}
