package scrape

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"sync"
	"time"
)

const (
	// liveTurn is how far off the next live scrape may be for a request to wait for it; else it gets the last one again.
	liveTurn = time.Second
	// livePatience is how long a request waits for an answer. One that takes longer comes with a later request, so that
	// a slow target holds up no other.
	livePatience = 500 * time.Millisecond
	// liveMemory is how long the last live answer is kept when nobody looks any more.
	liveMemory = time.Minute
	// liveAtOnce is how many live scrapes run at a time in this process.
	liveAtOnce = 64
)

// Live is what those see who watch a target second by second: its last scrape beside the grid, which went neither into
// the history nor into Targets.
type Live struct {
	// Status as if this had been a scrape like any other. LastScrape is when it began; zero where there was none yet.
	Status
	// Body is the text of a good answer.
	Body string
	// Waiting is how long the next answer is under way already; 0 when none is.
	Waiting time.Duration
	// Elsewhere is whether another target has this one's node: then nothing of it counts, and it is not scraped.
	Elsewhere bool
}

// liveScrapes are what all who watch a target share. Its unit's mutex guards it.
type liveScrapes struct {
	began   time.Time     // of the last one
	running chan struct{} // closed when the next one ends, which may still wait for its turn; nil while there is none
	asking  bool          // whether it has begun
	last    *Live
}

// forget lets go of what nobody looks at.
func (l *liveScrapes) forget() {
	if l.running == nil && time.Since(l.began) > liveMemory {
		l.last = nil
	}
}

// Live scrapes targets beside the grid, by their ids, and answers in their order. However many ask, a target is scraped
// once at a time and not again within the interval: whoever asks meanwhile gets the same answer. It waits for an answer
// for about a second and a half at most.
func (l *Lease) Live(ctx context.Context, ids []string, interval time.Duration) []Live {
	out := make([]Live, len(ids))
	owners := l.owners()
	var all sync.WaitGroup
	for i, id := range ids {
		all.Go(func() { out[i] = l.live(ctx, id, interval, owners) })
	}
	all.Wait()
	return out
}

func (l *Lease) live(ctx context.Context, id string, interval time.Duration, owners map[claimKey]owner) Live {
	for i, u := range l.pools {
		t, status, elsewhere := u.find(id)
		if t == nil {
			continue
		}
		if owner, ok := owners[claimOf(status.Labels)]; ok && owner.scrapePool != i {
			status, elsewhere = claimedBy(status, owner), true
		}
		if elsewhere {
			return Live{Status: status, Elsewhere: true}
		}
		return u.live(ctx, t, interval)
	}
	why := unlisted(id)
	return Live{Status: Status{ID: id, State: Unlisted, Cause: why.Cause, Message: why.Message}}
}

// find returns a target, its status, and whether another target of the unit has its node.
func (u *scrapePool) find(id string) (t *target, s Status, elsewhere bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, t := range u.targets {
		if t.status.ID == id {
			owner := u.claims[t.identity.claim]
			return t, t.status, owner != nil && owner != t
		}
	}
	return nil, Status{}, false
}

// live waits for the live scrape that is under way, or whose turn is near, and returns the last one.
func (u *scrapePool) live(ctx context.Context, t *target, interval time.Duration) Live {
	u.mu.Lock()
	wait := max(0, time.Until(t.live.began.Add(interval)))
	if t.live.running == nil && wait <= liveTurn && u.cancel != nil && !t.removed {
		t.live.running = make(chan struct{})
		running := u.context
		u.running.Go(func() { u.scrapeLive(running, t, wait) })
	}
	running := t.live.running
	u.mu.Unlock()
	if running != nil {
		patience := time.NewTimer(wait + livePatience)
		defer patience.Stop()
		select {
		case <-running:
		case <-patience.C:
		case <-ctx.Done():
		}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	out := Live{Status: t.status}
	out.LastScrape = time.Time{}
	if t.live.last != nil {
		out = *t.live.last
	}
	if t.live.asking {
		out.Waiting = max(1, time.Since(t.live.began))
	}
	if u.discovery != nil {
		out.Discovery = u.discovery.Message
	}
	return out
}

// scrapeLive does one live scrape after a wait.
func (u *scrapePool) scrapeLive(ctx context.Context, t *target, wait time.Duration) {
	defer func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		close(t.live.running)
		t.live.running, t.live.asking = nil, false
	}()
	turn := time.NewTimer(wait)
	defer turn.Stop()
	select {
	case <-turn.C:
	case <-ctx.Done():
		return
	}
	select {
	case u.pool.live <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-u.pool.live }()

	start := time.Now()
	u.mu.Lock()
	t.live.began, t.live.asking = start, true
	u.mu.Unlock()
	var body string
	o := u.attempt(ctx, t, func(text []byte, contentType string) (*ScrapeResult, *Failure) {
		body = string(text)
		// A reader of its own: the target's remembers the scrapes of the grid.
		return readBy(NewReaderForKind(u.entry.Kind, u.config.Reading, u.config.Limits), u.entry.Kind, text, contentType)
	})
	if ctx.Err() != nil {
		return
	}
	o.duration = time.Since(start)

	u.mu.Lock()
	defer u.mu.Unlock()
	seen := *t
	state, why := seen.state(o.failure)
	seen.note(o, state, why, u.config.Reading)
	seen.status.LastScrape = start
	t.live.last = &Live{Status: seen.status}
	if o.failure == nil {
		t.live.last.Body = body
	}
}

// targetID stands for the target at an address: a digest, so that every process gives it the same one.
func (u *scrapePool) targetID(address string) string {
	text, err := json.Marshal([]any{u.entry, address})
	if err != nil {
		panic(err) // strings, numbers and maps of them
	}
	digest := sha256.Sum256(text)
	return hex.EncodeToString(digest[:12])
}
