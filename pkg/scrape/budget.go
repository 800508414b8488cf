package scrape

import (
	"math"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

// appendWithin appends to the history what the byte budgets have room for; where they have none, what is old makes
// room for what is new. It returns how many samples were refused all the same.
func (u *unit) appendWithin(at int64, batch []history.Sample) (refused int) {
	room, _ := u.room()
	rest := u.history.AppendWithin(at, batch, room)
	if len(rest) > 0 {
		need := int64(0)
		for _, s := range rest {
			need += newSeries + int64(s.Series.Labels().ByteSize())
		}
		u.trim(need)
		room, _ = u.room()
		rest = u.history.AppendWithin(at, rest, room)
	}
	u.trim(0)
	return len(rest)
}

// newSeries is about what a series takes without its labels.
const newSeries = 320

// room is how many bytes may be added; budget is the one that says so.
func (u *unit) room() (room, budget int64) {
	room = math.MaxInt64
	for _, l := range *u.budgets.Load() {
		if left := l.budget - l.bytes(); l.budget > 0 && left < room {
			room, budget = left, l.budget
		}
	}
	return room, budget
}

func (u *unit) trim(need int64) {
	for _, l := range *u.budgets.Load() {
		l.trim(time.Now(), need)
	}
}

func (l *Lease) bytes() (sum int64) {
	for _, u := range l.units {
		sum += u.history.Bytes()
	}
	return sum
}

// trim keeps the histories within the byte budget, with so many bytes to spare: what is oldest goes first, over all
// targets alike, but series that have ended go before the younger half of the others. Series that go on are only
// dropped when the budget is exceeded without them. To do so seldom, it drops an eighth more than it must.
func (l *Lease) trim(now time.Time, need int64) {
	if l.budget <= 0 || l.bytes()+need <= l.budget {
		return
	}
	l.trimming.Lock()
	defer l.trimming.Unlock()
	if l.bytes()+need <= l.budget { // another target has seen to it
		return
	}
	const steps = 32
	goal := l.budget - l.budget/8
	oldest := l.Stats().MinTime
	span := now.UnixMilli() - oldest
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
	for _, u := range l.units {
		u.history.Truncate(before)
	}
}

func (l *Lease) shed(most int64, live bool) {
	if l.bytes() <= most {
		return
	}
	all := make([]*history.History, 0, len(l.units))
	for _, u := range l.units {
		all = append(all, u.history)
	}
	history.Shed(all, most, live)
}
