package scrape

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"sync"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/exposition"
)

const (
	// maxLiveDelay is how far away the next live scrape may be for a request to wait for it. Otherwise the request gets
	// the last result again.
	maxLiveDelay = time.Second
	// liveResponseWait is how long a request waits for a response. A later request gets a response that takes longer, so
	// that a slow target delays no other.
	liveResponseWait = 500 * time.Millisecond
	// liveRetention is how long the last live result is kept when nobody asks for it.
	liveRetention = time.Minute
	// maxConcurrentLive is how many live scrapes this process runs at a time.
	maxConcurrentLive = 64
)

// Live is the last live scrape of a target. Live scrapes are neither stored in the history nor shown by Lease.Targets.
type Live struct {
	// Status is as if this had been a regular scrape. Facts and counts are those of the last regular scrape where that was
	// up, without reading this one. LastScrape is when it began, zero if there was none yet.
	Status
	// Body is the text of a successful response.
	Body string
	// Waiting is how long the next response has been pending; 0 if none is.
	Waiting time.Duration
	// SnapshotInterval is how often the target refreshes its metrics, if that limits live scrapes; otherwise 0.
	SnapshotInterval time.Duration
	// DuplicateNode reports whether another target has the same node. This one is not scraped live then.
	DuplicateNode bool
}

// liveScrapes is shared by everybody who watches a target live. The scrape pool's mutex guards it.
type liveScrapes struct {
	began     time.Time     // when the last request was sent
	running   chan struct{} // closed when the next scrape ends, which may still wait for its turn; nil if there is none
	requested bool          // whether the request of that scrape has been sent
	last      *Live
}

// discardUnused drops the last result if nobody has asked for a while.
func (l *liveScrapes) discardUnused() {
	if l.running == nil && time.Since(l.began) > liveRetention {
		l.last = nil
	}
}

// Live returns a live scrape of each target, in the order of the ids. Concurrent requests share scrapes: a target is
// not scraped again within the interval. Live waits about a second and a half at most.
func (l *Lease) Live(ctx context.Context, ids []string, interval time.Duration) []Live {
	out := make([]Live, len(ids))
	primaries := l.primaries()
	var all sync.WaitGroup
	for i, id := range ids {
		all.Go(func() {
			defer func() {
				if reason := recover(); reason != nil {
					why := internal(reason)
					out[i] = Live{Status: Status{ID: id, State: Down, Cause: why.Cause, Message: why.Message}}
				}
			}()
			out[i] = l.live(ctx, id, interval, primaries)
		})
	}
	all.Wait()
	return out
}

func (l *Lease) live(ctx context.Context, id string, interval time.Duration, primaries map[nodeKey]primary) Live {
	for i, sp := range l.pools {
		t, status, duplicate := sp.find(id)
		if t == nil {
			continue
		}
		if first, ok := primaries[nodeKeyOf(status.Labels)]; ok && first.pool != i {
			status, duplicate = asDuplicateOf(status, first), true
		}
		if duplicate {
			return Live{Status: status, DuplicateNode: true}
		}
		return sp.live(ctx, t, interval)
	}
	why := unlisted(id)
	return Live{Status: Status{ID: id, State: Unlisted, Cause: why.Cause, Message: why.Message}}
}

// find returns a target, its status, and whether another target of the pool has the same node.
func (sp *scrapePool) find(id string) (t *target, s Status, duplicate bool) {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	for _, t := range sp.targets {
		if t.status.ID == id {
			first := sp.primaries[t.identity.key]
			return t, t.status, first != nil && first != t
		}
	}
	return nil, Status{}, false
}

// live waits for the live scrape that is running or due soon, and returns the last one.
func (sp *scrapePool) live(ctx context.Context, t *target, interval time.Duration) Live {
	sp.mu.Lock()
	snapshot := t.snapshotInterval()
	wait := max(0, time.Until(t.live.began.Add(max(interval, snapshot))))
	if t.live.running == nil && wait <= maxLiveDelay && sp.cancel != nil && !t.removed {
		t.live.running = make(chan struct{})
		scraping := sp.context
		sp.manager.run(sp.config.Logger, func() { sp.scrapeLive(scraping, t, wait) })
	}
	running := t.live.running
	sp.mu.Unlock()
	if running != nil {
		timeout := time.NewTimer(wait + liveResponseWait)
		defer timeout.Stop()
		select {
		case <-running:
		case <-timeout.C:
		case <-ctx.Done():
		}
	}
	sp.mu.Lock()
	defer sp.mu.Unlock()
	out := Live{Status: t.status}
	out.LastScrape = time.Time{}
	if t.live.last != nil {
		out = *t.live.last
	}
	if t.live.requested {
		out.Waiting = max(1, time.Since(t.live.began))
	}
	if interval < snapshot {
		out.SnapshotInterval = snapshot
	}
	out.Status = sp.withDiscovery(out.Status)
	return out
}

// snapshotInterval returns how often a Falco that serves a snapshot refreshes it, otherwise 0. Requests within that time
// return the same values.
func (t *target) snapshotInterval() time.Duration {
	status := t.status
	if t.live.last != nil {
		status = t.live.last.Status
	}
	snapshot := t.reading.Scraping.Snapshot
	if status.Kind != KindFalco || !isAtLeast(status.Facts["version"], snapshot.Since) {
		return 0
	}
	return time.Duration(snapshot.IntervalSeconds) * time.Second
}

// scrapeLive runs one live scrape after a wait.
func (sp *scrapePool) scrapeLive(ctx context.Context, t *target, wait time.Duration) {
	defer func() {
		sp.mu.Lock()
		defer sp.mu.Unlock()
		close(t.live.running)
		t.live.running, t.live.requested = nil, false
	}()
	due := time.NewTimer(wait)
	defer due.Stop()
	select {
	case <-due.C:
	case <-ctx.Done():
		return
	}
	select {
	case sp.manager.liveSlots <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-sp.manager.liveSlots }()

	begin := func(start time.Time) {
		sp.mu.Lock()
		defer sp.mu.Unlock()
		t.live.began, t.live.requested = start, true
	}
	sp.mu.Lock()
	known := t.status.State == Up && t.status.Unreadable == 0
	sp.mu.Unlock()
	var text string
	o := sp.fetch(ctx, t, begin, func(ctx context.Context, body []byte, contentType string) (*exposition.Result, *Failure) {
		text = string(body)
		// The browser reads the text. What is read here only tells what the target is, and the regular scrapes know that.
		if known && exposition.Recognise(body, contentType, sp.fetcher.Endpoint, sp.config.Reading) {
			return nil, nil
		}
		// The target's own reader remembers the regular scrapes.
		reader := exposition.NewReaderForKind(sp.entry.Kind, sp.config.Reading, sp.config.Limits.Limits)
		return reader.ReadBody(ctx, sp.fetcher.Endpoint, body, contentType)
	})

	sp.mu.Lock()
	defer sp.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	if o.failure != nil {
		t.connections.observeFailure(o.failure, o.start)
	}
	scraped := *t
	state, why := scraped.stateFor(o.failure)
	scraped.updateStatus(o, state, why)
	scraped.status.LastScrape = o.start
	t.live.last = &Live{Status: scraped.status}
	if o.failure == nil {
		t.live.last.Body = text
	}
}

// targetID returns the id of the target at an address: a digest, so that every process gives it the same one.
func (sp *scrapePool) targetID(address string) string {
	text, err := json.Marshal([]any{sp.entry, address})
	if err != nil {
		panic(err) // strings, numbers and maps of them always encode
	}
	digest := sha256.Sum256(text)
	return hex.EncodeToString(digest[:12])
}
