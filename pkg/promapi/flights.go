package promapi

import (
	"context"
	"sync"
	"time"
)

// flights sends identical queries that overlap in time once, and different ones of the same time in one request.
type flights struct {
	// mostBytes returns how long the texts of the queries of one request may be together.
	mostBytes func() int

	mu      sync.Mutex
	running map[string]*flight
	// gathering has the classes of which a flight gathers others, until it has them.
	gathering map[string]chan struct{}
}

// flight is a query that several callers wait for. The mutex of flights guards its numbers.
type flight struct {
	errand
	started, done chan struct{}
	result        Result
	err           error
	waiting       int // callers
	cancel        context.CancelFunc
	sharing       int    // callers that use the result
	free          func() // gives back the memory of the result; nil if there is nothing to give back
}

// errand is what a flight is for. Errands with the same key are the same.
type errand struct {
	key   string
	batch batch
	// known returns the result if an earlier flight has it. It may be nil.
	known  func() (result Result, ok bool)
	finish finishFunc
}

// finishFunc makes the result of a flight from the server's result for its query, or from an error. It also returns what
// gives back the memory, which may be nil.
type finishFunc func(context.Context, Result, error) (Result, func(), error)

// sendFunc sends queries and returns the result or the error of each.
type sendFunc func(context.Context, []Query) ([]Result, []error)

// admitFunc waits until a caller may send a request, and returns a function that must be called at its end.
type admitFunc func(context.Context) (give func(), err error)

// do sends the query of an errand and returns what finish makes of the result. Callers with the same key share it: it must not
// be modified, and Release must be called when it is no longer used. It is sent as soon as one of the callers is admitted,
// with the values of that caller's context, together with those of other keys that fit into one request. A caller that gives
// up leaves the others waiting; when the last one gives up, the context of send is cancelled.
func (s *flights) do(ctx context.Context, what errand, admit admitFunc, send sendFunc) (Result, error) {
	s.mu.Lock()
	one := s.running[what.key]
	if one == nil {
		if what.known != nil {
			if result, ok := what.known(); ok {
				s.mu.Unlock()
				return result, nil
			}
		}
		one = &flight{errand: what, started: make(chan struct{}), done: make(chan struct{}), cancel: func() {}}
		if s.running == nil {
			s.running, s.gathering = map[string]*flight{}, map[string]chan struct{}{}
		}
		s.running[what.key] = one
	}
	one.waiting++
	s.mu.Unlock()
	for {
		give := s.admitted(ctx, one, admit)
		if give == nil || s.start(ctx, one, give, send) {
			break
		}
	}
	select {
	case <-one.done:
		return s.share(one), one.err
	case <-ctx.Done():
	}
	s.leave(one)
	return Result{}, ctx.Err()
}

// admitted waits until this caller is admitted, if the flight is not gathered by another. It returns nil if another caller was
// admitted, or if ctx has ended.
func (s *flights) admitted(ctx context.Context, one *flight, admit admitFunc) (give func()) {
	s.mu.Lock()
	gathered := s.gathering[one.batch.class]
	s.mu.Unlock()
	if gathered != nil {
		select {
		case <-gathered:
		case <-ctx.Done():
			return nil
		}
	}
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

// start sends the query of a flight, unless another caller has started it. Queries that can be sent together with it get a
// moment to arrive. If another flight gathers such queries at the moment, nothing is sent and started is false.
func (s *flights) start(ctx context.Context, one *flight, give func(), send sendFunc) (started bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-one.started:
		give()
		return true
	default:
	}
	if s.gathering[one.batch.class] != nil {
		give()
		return false
	}
	if one.batch.class != "" {
		s.gathering[one.batch.class] = make(chan struct{})
	}
	shared, cancel := context.WithCancel(context.WithoutCancel(ctx))
	one.cancel = cancel
	close(one.started)
	go func() {
		defer give()
		defer cancel()
		together := []*flight{one}
		if one.batch.class != "" {
			s.awaitOthers(shared, one.batch.class)
			together = s.gather(one, cancel)
		}
		queries := make([]Query, len(together))
		for i, f := range together {
			queries[i] = f.batch.query
		}
		results, errs := send(shared, queries)
		for i, f := range together {
			s.land(shared, f, results[i], errs[i])
		}
	}()
	return true
}

const (
	// gatherTime is how long a query waits for others that can be sent together with it.
	gatherTime = 5 * time.Millisecond
	// As long as others arrive, it waits again, up to mostGatherTimes in all.
	mostGatherTimes = 5
)

// awaitOthers gives queries of a class time to arrive.
func (s *flights) awaitOthers(ctx context.Context, class string) {
	for arrived, times := 0, 0; times < mostGatherTimes && arrived < mostTogether; times++ {
		select {
		case <-time.After(gatherTime):
		case <-ctx.Done():
			return
		}
		before := arrived
		if arrived = s.waitingOf(class); arrived == before {
			return
		}
	}
}

// waitingOf counts the flights of a class that have not started.
func (s *flights) waitingOf(class string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.running {
		select {
		case <-f.started:
		default:
			if f.batch.class == class {
				n++
			}
		}
	}
	return n
}

// gather starts the flights that fit into one request with a flight that has started, and returns all of them. The request is
// cancelled when none of them has a caller left.
func (s *flights) gather(first *flight, cancel context.CancelFunc) []*flight {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.gathering[first.batch.class])
	delete(s.gathering, first.batch.class)
	together, size := []*flight{first}, len(first.batch.query.Expr)
	if first.waiting == 0 { // and the request is cancelled
		return together
	}
	for _, f := range s.running {
		select {
		case <-f.started:
			continue
		default:
		}
		if f.batch.class != first.batch.class || len(together) == mostTogether || size+len(f.batch.query.Expr) > s.mostBytes() {
			continue
		}
		size += len(f.batch.query.Expr)
		together = append(together, f)
		close(f.started)
	}
	left := len(together)
	for _, f := range together {
		f.cancel = func() { // s.mu is held
			if left--; left == 0 {
				cancel()
			}
		}
	}
	return together
}

// land ends a flight.
func (s *flights) land(ctx context.Context, one *flight, result Result, err error) {
	result, free, err := one.finish(ctx, result, err)
	s.mu.Lock()
	defer s.mu.Unlock()
	one.result, one.free, one.err = result, free, err
	one.sharing = one.waiting
	s.remove(one)
	close(one.done)
	if one.sharing == 0 && free != nil { // all have given up
		free()
	}
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
func (s *flights) leave(one *flight) {
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
		s.remove(one)
	}
}

// remove lets the next caller start a new flight. The caller must hold s.mu.
func (s *flights) remove(one *flight) {
	if s.running[one.key] == one {
		delete(s.running, one.key)
	}
}
