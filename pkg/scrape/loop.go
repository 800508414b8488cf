package scrape

import (
	"context"
	"fmt"
	"hash/fnv"
	"runtime/debug"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/exposition"
)

const (
	// secondScrapeAfter is when the second scrape follows the first, so that rates need not wait for a whole interval.
	secondScrapeAfter = 2 * time.Second
	// gridTolerance is how late a scrape may be for its samples to get the planned time.
	gridTolerance = 100 * time.Millisecond
)

// loop scrapes one target until ctx ends: at once, after two seconds, and then on the target's grid. It closes the channels
// of first.
func (sp *scrapePool) loop(ctx context.Context, t *target, reader *exposition.Reader, first firstScrapes) {
	scrapes := 0
	defer func() {
		for _, c := range first[min(scrapes, len(first)):] {
			close(c)
		}
	}()
	start := time.Now()
	next := start
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		sp.scrape(ctx, t, reader, next)
		if scrapes < len(first) {
			close(first[scrapes])
		}
		scrapes++
		now := time.Now()
		next = sp.nextOnGrid(t, now)
		if second := start.Add(secondScrapeAfter); scrapes == 1 && sp.config.Interval > secondScrapeAfter && second.After(now) {
			next = second
		}
		timer.Reset(next.Sub(now))
	}
}

// nextOnGrid returns the next multiple of the interval plus an offset. The offset depends on the process and the
// address, so that neither all targets of a process nor all replicas of Grafana scrape at the same moment.
func (sp *scrapePool) nextOnGrid(t *target, now time.Time) time.Time {
	hash := fnv.New64a()
	hash.Write([]byte(sp.manager.name + t.address))
	interval := sp.config.Interval.Milliseconds()
	offset := int64(hash.Sum64() % uint64(interval)) //nolint:gosec // G115: the interval is positive
	step := (now.UnixMilli()-offset)/interval + 1
	return time.UnixMilli(step*interval + offset)
}

// scrape scrapes one target once. A panic counts as a failed scrape of this target.
func (sp *scrapePool) scrape(ctx context.Context, t *target, reader *exposition.Reader, planned time.Time) {
	defer func() {
		if reason := recover(); reason != nil {
			sp.config.Logger.Error("A scrape panicked", "target", t.address, "panic", fmt.Sprint(reason), "stack", string(debug.Stack()))
			sp.mu.Lock()
			defer sp.mu.Unlock()
			why := internal(reason)
			t.updateStatus(scrapeOutcome{failure: why}, Down, why)
		}
	}()
	o := sp.fetch(ctx, t, nil, func(ctx context.Context, body []byte, contentType string) (*exposition.Result, *Failure) {
		return reader.ReadBody(ctx, sp.fetcher.Endpoint, body, contentType)
	})
	at := o.start
	if at.Sub(planned).Abs() <= gridTolerance {
		at = planned
	}
	sp.commit(ctx, t, at, o)
}

// fetch requests the metrics of a target and parses them. A panic counts as a failure. begin, which may be nil, is called
// when the request's turn has come.
func (sp *scrapePool) fetch(ctx context.Context, t *target, begin func(time.Time), parse func(ctx context.Context, body []byte, contentType string) (*exposition.Result, *Failure)) (o scrapeOutcome) {
	o.start = time.Now()
	defer func() {
		if reason := recover(); reason != nil {
			sp.config.Logger.Error("Scraping a target panicked", "target", t.address, "panic", fmt.Sprint(reason), "stack", string(debug.Stack()))
			o.result, o.failure = nil, internal(reason)
		}
		o.duration = time.Since(o.start)
	}()
	sp.mu.Lock()
	left, discovery := t.leftDiscovery, sp.discovery
	sp.mu.Unlock()
	switch {
	case t.url == nil && discovery != nil:
		o.failure = discovery
		return o
	case t.url == nil:
		o.failure = noTargetsDiscovered()
		return o
	case !left.IsZero():
		o.failure = vanished(left)
		return o
	}
	onTurn := func() {
		o.start = time.Now()
		if begin != nil {
			begin(o.start)
		}
	}
	o.failure = sp.fetcher.Get(ctx, t.url, sp.hostHeader, onTurn, func(ctx context.Context, body []byte, contentType string) *Failure {
		var why *Failure
		o.result, why = parse(ctx, body, contentType)
		if why == nil && !exposition.IsText(contentType) {
			o.remark = unexpectedContentType(contentType)
		}
		return why
	})
	if o.failure != nil {
		o.result = nil
	}
	return o
}
