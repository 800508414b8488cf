package executor

import (
	"context"
	"slices"
	"sync"
)

// places limits how many evaluations run at a time, and shares them fairly: no client takes more than its share, so that
// others always find a place, and clients that wait take turns.
type places struct {
	total, perClient int

	mu      sync.Mutex
	taken   int
	running map[string]int
	waiting map[string][]chan struct{} // by client, in the order of arrival
	turns   []string                   // clients that wait, the next one first
}

func newPlaces(total, perClient int) *places {
	return &places{total: total, perClient: perClient, running: map[string]int{}, waiting: map[string][]chan struct{}{}}
}

// take waits for a place. The place must be given back, unless there is an error, which is that of ctx.
func (p *places) take(ctx context.Context, client string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	if p.taken < p.total && p.running[client] < p.perClient {
		p.taken++
		p.running[client]++
		p.mu.Unlock()
		return nil
	}
	ready := make(chan struct{})
	if len(p.waiting[client]) == 0 {
		p.turns = append(p.turns, client)
	}
	p.waiting[client] = append(p.waiting[client], ready)
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
		p.release(client)
	default:
		p.waiting[client] = slices.DeleteFunc(p.waiting[client], func(other chan struct{}) bool { return other == ready })
		p.forget(client)
	}
	return ctx.Err()
}

// give returns a place of a client.
func (p *places) give(client string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.release(client)
}

// release frees a place and hands free places to the clients whose turn it is. The lock is held.
func (p *places) release(client string) {
	p.taken--
	if p.running[client]--; p.running[client] == 0 {
		delete(p.running, client)
	}
	for p.taken < p.total {
		i := slices.IndexFunc(p.turns, func(next string) bool { return p.running[next] < p.perClient })
		if i < 0 {
			return
		}
		next := p.turns[i]
		p.turns = append(slices.Delete(p.turns, i, i+1), next) // its next turn comes after all others
		p.taken++
		p.running[next]++
		close(p.waiting[next][0])
		p.waiting[next] = p.waiting[next][1:]
		p.forget(next)
	}
}

// forget removes a client that no longer waits. The lock is held.
func (p *places) forget(client string) {
	if len(p.waiting[client]) == 0 {
		delete(p.waiting, client)
		p.turns = slices.DeleteFunc(p.turns, func(other string) bool { return other == client })
	}
}
