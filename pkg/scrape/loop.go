package scrape

import (
	"context"
	"fmt"
	"hash/fnv"
	"runtime/debug"
	"time"
)

const (
	// secondScrape follows the first one, so that rates need not wait for a whole interval.
	secondScrape = 2 * time.Second
	// onGrid is how late a scrape may be for its samples to have the time of the grid.
	onGrid = 100 * time.Millisecond
)

// loop scrapes one target until ctx ends: at once, after two seconds, and then on the target's grid. It calls
// scraped after each.
func (u *scrapePool) loop(ctx context.Context, t *target, scraped func()) {
	defer scraped()
	start := time.Now()
	next := start
	timer := time.NewTimer(0)
	defer timer.Stop()
	for scrapes := 0; ; scrapes++ {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		u.scrape(ctx, t, next)
		scraped()
		now := time.Now()
		next = u.nextOnGrid(t, now)
		if second := start.Add(secondScrape); scrapes == 0 && u.config.Interval > secondScrape && second.After(now) {
			next = second
		}
		timer.Reset(next.Sub(now))
	}
}

// nextOnGrid is the next multiple of the interval, shifted by what keeps targets from being scraped all at once, and one
// target by all replicas of Grafana: in one process always the same shift for the same address.
func (u *scrapePool) nextOnGrid(t *target, now time.Time) time.Time {
	hash := fnv.New64a()
	hash.Write([]byte(u.pool.name + t.address))
	interval := u.config.Interval.Milliseconds()
	shift := int64(hash.Sum64() % uint64(interval))
	step := (now.UnixMilli()-shift)/interval + 1
	return time.UnixMilli(step*interval + shift)
}

// scrape does one scrape of one target. Whatever goes wrong in it stays in it.
func (u *scrapePool) scrape(ctx context.Context, t *target, planned time.Time) {
	start := time.Now()
	at := start
	if start.Sub(planned).Abs() <= onGrid {
		at = planned
	}
	defer func() {
		if trouble := recover(); trouble != nil {
			u.config.Logger.Error("A scrape panicked", "target", t.address, "panic", fmt.Sprint(trouble), "stack", string(debug.Stack()))
			u.mu.Lock()
			defer u.mu.Unlock()
			t.note(outcome{duration: time.Since(start)}, Down, internal(trouble), u.config.Reading)
		}
	}()
	o := u.attempt(ctx, t, t.read)
	if ctx.Err() != nil {
		return
	}
	o.duration = time.Since(start)
	u.commit(t, at, o)
}

// attempt gets an answer and reads it by read. A panic in it is a failed scrape like any other.
func (u *scrapePool) attempt(ctx context.Context, t *target, read func(body []byte, contentType string) (*ScrapeResult, *Failure)) (o outcome) {
	defer func() {
		if trouble := recover(); trouble != nil {
			u.config.Logger.Error("Reading a target panicked", "target", t.address, "panic", fmt.Sprint(trouble), "stack", string(debug.Stack()))
			o = outcome{failure: internal(trouble)}
		}
	}()
	u.mu.Lock()
	left, discovery := t.left, u.discovery
	u.mu.Unlock()
	switch {
	case t.url == nil && discovery != nil:
		return outcome{failure: discovery}
	case t.url == nil:
		return outcome{failure: nothingFound()}
	case !left.IsZero():
		return outcome{failure: vanished(left)}
	}
	o.failure = u.fetcher.get(ctx, t.url, u.host, func(body []byte, contentType string) *Failure {
		var why *Failure
		o.answer, why = read(body, contentType)
		if why == nil && !isText(contentType) {
			o.remark = noteContentType(contentType)
		}
		return why
	})
	if o.failure != nil {
		o.answer = nil
	}
	return o
}

// read turns a body into an answer, or says why it is none.
func (t *target) read(body []byte, contentType string) (*ScrapeResult, *Failure) {
	return readBy(t.reader, t.status.Kind, body, contentType)
}

func readBy(reader *Reader, kind string, body []byte, contentType string) (*ScrapeResult, *Failure) {
	if why := foreign(body, contentType, kind); why != nil {
		return nil, why
	}
	answer, why := reader.Read(body)
	switch {
	case why != nil:
		return nil, why
	case len(answer.Samples) == 0:
		return nil, notText(kind, NotMetrics, "text without a single sample that can be read")
	}
	return answer, answer.foreign(kind, reader.reading)
}
