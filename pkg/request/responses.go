package request

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
)

const (
	// maxResponseBytes is how much memory the responses of one user may take until they have been written.
	maxResponseBytes = 128 << 20
	// SmallResource is roughly what a list of names and its encoding take at most.
	SmallResource frames.Bytes = maxResponseBytes / 16
	// LargeResource is that for live scrapes, samples and all targets, with the default limits.
	LargeResource frames.Bytes = maxResponseBytes / 4
)

// Responses shares the memory of responses between the requests of a process. Frames and their encoding take much more than
// the samples in them, and the encoding begins when the query has already been answered. The zero value is ready to use.
type Responses struct {
	mu    sync.Mutex
	users map[string]*userResponses
}

type userResponses struct {
	room *semaphore.Weighted
	uses int // reservations, and those who wait
}

// use returns the responses of a user, which must be given back.
func (r *Responses) use(user string) *userResponses {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.users == nil {
		r.users = map[string]*userResponses{}
	}
	u := r.users[user]
	if u == nil {
		u = &userResponses{room: semaphore.NewWeighted(maxResponseBytes)}
		r.users[user] = u
	}
	u.uses++
	return u
}

func (r *Responses) giveBack(user string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.users[user].uses--; r.users[user].uses == 0 {
		delete(r.users, user)
	}
}

// Reserve reserves memory for frames until the response has been written. The first reservation of a request waits for the
// user's other responses. Later ones do not, because two requests would wait for each other.
func (r *Request) Reserve(ctx context.Context, size frames.Bytes) error {
	if r.Responses == nil {
		return nil
	}
	r.reserving.Lock()
	defer r.reserving.Unlock()
	tooLarge := failure.User(fmt.Errorf("the result has more series than fit into a response, of which each takes about %d bytes of %d: aggregate it, narrow its filters, or show it as a table",
		frames.SeriesBytes, maxResponseBytes))
	if size > maxResponseBytes {
		return tooLarge
	}
	user := r.Responses.use(r.User)
	if r.reserved && !user.room.TryAcquire(int64(size)) {
		r.Responses.giveBack(r.User)
		return tooLarge
	}
	if !r.reserved {
		if err := user.room.Acquire(ctx, int64(size)); err != nil {
			r.Responses.giveBack(r.User)
			return r.Explain(err)
		}
	}
	r.reserved = true
	release := func() {
		user.room.Release(int64(size))
		r.Responses.giveBack(r.User)
	}
	if r.Sent == nil || r.Sent.Done() == nil { // nobody says when it has been written
		r.mu.Lock()
		r.free = append(r.free, release)
		r.mu.Unlock()
		return nil
	}
	context.AfterFunc(r.Sent, release)
	return nil
}
