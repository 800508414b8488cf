package promapi

import (
	"context"
	"sync"
)

// flights sends identical queries that overlap in time once.
type flights struct {
	mu      sync.Mutex
	running map[string]*flight
}

// flight is a query that several callers wait for. The mutex of flights guards its numbers.
type flight struct {
	started, done chan struct{}
	result        Result
	err           error
	waiting       int // callers
	cancel        context.CancelFunc
	sharing       int    // callers that use the result
	free          func() // gives back the memory of the result; nil if there is nothing to give back
}

// admitFunc waits until a caller may send a request, and returns a function that must be called at its end.
type admitFunc func(context.Context) (give func(), err error)

// do returns the result of f. Callers with the same key share it: it must not be modified, and Release must be called when it
// is no longer used. f runs as soon as one of the callers is admitted, with the values of that caller's context. A caller
// that gives up leaves the others waiting; when the last one gives up, the context of f is cancelled. f also returns what
// gives back the memory of the result, which may be nil.
func (s *flights) do(ctx context.Context, key string, admit admitFunc, f func(context.Context) (Result, func(), error)) (Result, error) {
	s.mu.Lock()
	one := s.running[key]
	if one == nil {
		one = &flight{started: make(chan struct{}), done: make(chan struct{}), cancel: func() {}}
		if s.running == nil {
			s.running = map[string]*flight{}
		}
		s.running[key] = one
	}
	one.waiting++
	s.mu.Unlock()
	if give := s.admitted(ctx, one, admit); give != nil {
		s.start(ctx, key, one, give, f)
	}
	select {
	case <-one.done:
		return s.share(one), one.err
	case <-ctx.Done():
	}
	s.leave(key, one)
	return Result{}, ctx.Err()
}

// admitted waits until this caller is admitted. It returns nil if another caller was, or if ctx has ended.
func (s *flights) admitted(ctx context.Context, one *flight, admit admitFunc) (give func()) {
	waiting, stop := context.WithCancel(ctx)
	defer stop()
	select {
	case <-one.started:
		return nil
	default:
		go func() {
			select {
			case <-one.started:
				stop()
			case <-waiting.Done():
			}
		}()
	}
	give, err := admit(waiting)
	if err != nil {
		return nil
	}
	return give
}

// start runs f unless another caller has started it.
func (s *flights) start(ctx context.Context, key string, one *flight, give func(), f func(context.Context) (Result, func(), error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-one.started:
		give()
		return
	default:
	}
	shared, cancel := context.WithCancel(context.WithoutCancel(ctx))
	one.cancel = cancel
	close(one.started)
	go func() {
		defer give()
		result, free, err := f(shared)
		cancel()
		s.mu.Lock()
		defer s.mu.Unlock()
		one.result, one.free, one.err = result, free, err
		one.sharing = one.waiting
		s.remove(key, one)
		close(one.done)
		if one.sharing == 0 && free != nil { // all have given up
			free()
		}
	}()
}

// share returns the result for one of the callers that share it.
func (s *flights) share(one *flight) Result {
	out := one.result
	out.release = sync.OnceFunc(func() { s.release(one) })
	if one.err != nil {
		out.Release()
	}
	return out
}

func (s *flights) release(one *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one.drop()
}

// drop ends the use of the result by one caller. The mutex of flights is held.
func (f *flight) drop() {
	if f.sharing--; f.sharing == 0 && f.free != nil {
		f.free()
	}
}

// leave ends the waiting of a caller.
func (s *flights) leave(key string, one *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-one.done: // at the same time
		one.drop()
		return
	default:
	}
	if one.waiting--; one.waiting == 0 {
		one.cancel()
		s.remove(key, one)
	}
}

// remove lets the next caller start a new flight. The caller must hold s.mu.
func (s *flights) remove(key string, one *flight) {
	if s.running[key] == one {
		delete(s.running, key)
	}
}
