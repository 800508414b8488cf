package budget

import (
	"context"
	"slices"
	"sync"
)

// places limits how many clients do something at a time, and shares that fairly: no user and no data source takes more
// than its share, so that others always find a place, and clients that wait take turns.
type places struct {
	total, perUser, perSource int

	mu      sync.Mutex
	taken   int
	users   map[string]int // places taken, by user
	sources map[string]int // places taken, by data source
	waiting map[Client][]chan struct{}
	turns   []Client // clients that wait, the next one first
}

func newPlaces(total, perUser, perSource int) *places {
	return &places{
		total: total, perUser: perUser, perSource: perSource,
		users: map[string]int{}, sources: map[string]int{}, waiting: map[Client][]chan struct{}{},
	}
}

// take waits for a place. The place must be given back, unless there is an error, which is that of ctx.
func (p *places) take(ctx context.Context, c Client) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	if p.free(c) {
		p.occupy(c)
		p.mu.Unlock()
		return nil
	}
	ready := make(chan struct{})
	if len(p.waiting[c]) == 0 {
		p.turns = append(p.turns, c)
	}
	p.waiting[c] = append(p.waiting[c], ready)
	p.mu.Unlock()
	select {
	case <-ready:
		return nil
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-ready: // the place came at the same time
		p.release(c)
	default:
		p.waiting[c] = slices.DeleteFunc(p.waiting[c], func(other chan struct{}) bool { return other == ready })
		p.forget(c)
	}
	return ctx.Err()
}

// give returns a place of a client.
func (p *places) give(c Client) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.release(c)
}

// free reports whether a client may take a place now. The lock is held.
func (p *places) free(c Client) bool {
	return p.taken < p.total && p.users[c.user()] < p.perUser && p.sources[c.DataSource] < p.perSource
}

// occupy takes a place that is free. The lock is held.
func (p *places) occupy(c Client) {
	p.taken++
	p.users[c.user()]++
	p.sources[c.DataSource]++
}

// release frees a place and hands free places to the clients whose turn it is. The lock is held.
func (p *places) release(c Client) {
	p.taken--
	decrement(p.users, c.user())
	decrement(p.sources, c.DataSource)
	for {
		i := slices.IndexFunc(p.turns, p.free)
		if i < 0 {
			return
		}
		next := p.turns[i]
		p.turns = append(slices.Delete(p.turns, i, i+1), next) // its next turn comes after all others
		p.occupy(next)
		close(p.waiting[next][0])
		p.waiting[next] = p.waiting[next][1:]
		p.forget(next)
	}
}

// forget removes a client that no longer waits. The lock is held.
func (p *places) forget(c Client) {
	if len(p.waiting[c]) == 0 {
		delete(p.waiting, c)
		p.turns = slices.DeleteFunc(p.turns, func(other Client) bool { return other == c })
	}
}

func decrement(counts map[string]int, name string) {
	if counts[name]--; counts[name] == 0 {
		delete(counts, name)
	}
}
