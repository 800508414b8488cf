package request

import (
	"sync"
	"time"
)

// Unchanging is an executor that knows whether its samples have changed.
type Unchanging interface {
	// Unchanged returns a function that reports whether the samples until a time are still those of now.
	Unchanged() func(until time.Time) bool
}

// Kept is what requests to one data source work out from the samples, for those that follow. The zero value is ready to use.
type Kept struct {
	mu     sync.Mutex
	values map[any]keptValue
}

type keptValue struct {
	value any
	holds func(until time.Time) bool
}

// mostKept is how many values are kept.
const mostKept = 64

// Keep returns what work returns, or what it returned to an earlier request with the same key if the samples until a time are
// still the same. The value must be small, and must not be modified. An error is not kept.
func Keep[T any](r *Request, key any, until time.Time, work func() (T, error)) (T, error) {
	samples, keeps := r.Executor.(Unchanging)
	if !keeps {
		return work()
	}
	r.Kept.mu.Lock()
	found, known := r.Kept.values[key]
	r.Kept.mu.Unlock()
	if known && found.holds(until) {
		return found.value.(T), nil
	}
	holds := samples.Unchanged()
	value, err := work()
	if err != nil {
		return value, err
	}
	r.Kept.mu.Lock()
	defer r.Kept.mu.Unlock()
	if len(r.Kept.values) >= mostKept || r.Kept.values == nil {
		r.Kept.values = map[any]keptValue{}
	}
	r.Kept.values[key] = keptValue{value, holds}
	return value, nil
}
