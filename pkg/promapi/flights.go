package promapi

import (
	"context"
	"sync"
)

// flights sends identical requests that overlap in time once.
type flights struct {
	mu      sync.Mutex
	running map[string]*flight
}

type flight struct {
	done    chan struct{}
	result  Result
	err     error
	waiting int // callers
	cancel  context.CancelFunc
}

// do returns the result of f. Callers with the same key share it: it must not be modified. A caller that gives up leaves the
// others waiting; when the last one gives up, the context of f is cancelled.
func (s *flights) do(ctx context.Context, key string, f func(ctx context.Context) (Result, error)) (Result, error) {
	s.mu.Lock()
	one := s.running[key]
	if one == nil {
		shared, cancel := context.WithCancel(context.WithoutCancel(ctx))
		one = &flight{done: make(chan struct{}), cancel: cancel}
		if s.running == nil {
			s.running = map[string]*flight{}
		}
		s.running[key] = one
		go s.run(shared, key, one, f)
	}
	one.waiting++
	s.mu.Unlock()
	select {
	case <-one.done:
		return one.result, one.err
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if one.waiting--; one.waiting == 0 {
		one.cancel()
		s.remove(key, one)
	}
	return Result{}, ctx.Err()
}

func (s *flights) run(ctx context.Context, key string, one *flight, f func(ctx context.Context) (Result, error)) {
	one.result, one.err = f(ctx)
	one.cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(key, one)
	close(one.done)
}

// remove lets the next caller start a new flight. The caller must hold s.mu.
func (s *flights) remove(key string, one *flight) {
	if s.running[key] == one {
		delete(s.running, key)
	}
}
