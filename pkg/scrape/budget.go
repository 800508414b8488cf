package scrape

import (
	"iter"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

// appendWithin appends to the history what the byte budget has room for; where it has none, what is old makes room for
// what is new. It returns how many samples were refused all the same.
func (u *scrapePool) appendWithin(at int64, batch []history.Sample) (refused int) {
	l := u.keeper.Load()
	rest := u.history.AppendWithin(at, batch, l.budget-l.bytes())
	if len(rest) > 0 {
		need := int64(0)
		for _, s := range rest {
			need += newSeries + int64(s.Series.Labels().ByteSize())
		}
		l.trim(time.Now(), need)
		rest = u.history.AppendWithin(at, rest, l.budget-l.bytes())
	}
	l.trim(time.Now(), 0)
	return len(rest)
}

// newSeries is about what a series takes without its labels.
const newSeries = 320

// kept are the units that the lease's byte budget is for: those that no lease with a larger one uses.
func (l *Lease) kept() iter.Seq[*scrapePool] {
	return func(yield func(*scrapePool) bool) {
		for _, u := range l.pools {
			if u.keeper.Load() == l && !yield(u) {
				return
			}
		}
	}
}

func (l *Lease) bytes() (sum int64) {
	for u := range l.kept() {
		sum += u.history.Bytes()
	}
	return sum
}

// trim keeps the histories within the byte budget, with so many bytes to spare: what is oldest goes first, over all
// targets alike, but series that have ended go before the younger half of the others. Series that go on are only
// dropped when the budget is exceeded without them. To do so seldom, it drops an eighth more than it must.
func (l *Lease) trim(now time.Time, need int64) {
	if l.bytes()+need <= l.budget {
		return
	}
	l.trimming.Lock()
	defer l.trimming.Unlock()
	if l.bytes()+need <= l.budget { // another target has seen to it
		return
	}
	const steps = 32
	goal := l.budget - l.budget/8
	oldest := statsOf(l.kept()).MinTime
	span := now.Add(-2*l.pools[0].config.Interval).UnixMilli() - oldest // what goes on has a sample after that
	for step := int64(1); step < steps && l.bytes() > goal; step++ {
		if step == steps/2 {
			l.shed(goal, false)
		}
		l.truncate(oldest + span*step/steps)
	}
	l.shed(min(goal, l.budget-need), false)
	if l.bytes() > l.budget {
		l.shed(goal, true)
	}
}

func (l *Lease) truncate(before int64) {
	dropped := false
	for u := range l.kept() {
		u.history.Truncate(before)
		dropped = dropped || u.history.Stats().MinTime == before
	}
	if dropped { // what one still has from before says nothing of the others
		for u := range l.kept() {
			u.trimmed.Store(before)
		}
	}
}

func (l *Lease) shed(most int64, live bool) {
	if l.bytes() <= most {
		return
	}
	var all []*history.History
	for u := range l.kept() {
		all = append(all, u.history)
	}
	history.Shed(all, most, live)
}
