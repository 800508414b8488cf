package scrape

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// lingerTimeout is how long a request that has timed out may go on. The target works on it until it is finished, and the
// next request must not overlap with it.
const lingerTimeout = 30 * time.Second

// exchange is one request and its response. It holds its turn until the response has ended, even if nobody waits for it
// any more.
type exchange struct {
	fetcher  *fetcher
	request  *http.Request
	turn     *turn
	received atomic.Int64 // bytes of the body, -1 before the response

	mu       sync.Mutex
	isUsing  bool // the body has arrived and is being used
	timedOut bool // nobody waits any more
}

func (f *fetcher) newExchange(request *http.Request, turn *turn) *exchange {
	e := &exchange{fetcher: f, request: request, turn: turn}
	e.received.Store(-1)
	return e
}

// wait runs the exchange and returns why it failed. It panics if the exchange does.
func (e *exchange) wait(use useBody) *Failure {
	f := e.fetcher
	ctx, cancel := context.WithTimeout(f.process, f.timeout)
	defer cancel()
	type outcome struct {
		why    *Failure
		reason any // of a panic
	}
	done := make(chan outcome, 1)
	f.run(func() {
		var o outcome
		defer func() {
			o.reason = recover()
			e.turn.release(0)
			done <- o
		}()
		o.why = e.send(ctx, use)
	})
	var o outcome
	select {
	case o = <-done:
	case <-ctx.Done():
		if e.giveUp() {
			e.turn.markTimedOut()
			return f.explain(ctx.Err(), e.request.URL, e.received.Load())
		}
		o = <-done // use returns when ctx ends
	}
	if o.reason != nil {
		panic(fmt.Sprint(o.reason))
	}
	return o.why
}

// giveUp stops waiting for the body. It returns false if the body is already being used.
func (e *exchange) giveUp() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.timedOut = !e.isUsing
	return e.timedOut
}

// beginUse returns whether somebody still waits for the body.
func (e *exchange) beginUse() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.isUsing = !e.timedOut
	return e.isUsing
}

// send sends the request and uses the body of its response. waiting ends when nobody waits any more.
func (e *exchange) send(waiting context.Context, use useBody) *Failure {
	f, u := e.fetcher, e.request.URL
	ctx, cancel := context.WithTimeout(f.process, f.timeout+lingerTimeout)
	defer cancel()
	if f.refuseLoopback && !f.isProxied(e.request) {
		ctx = withLoopbackRefused(ctx)
	}
	response, err := f.client.Do(e.request.WithContext(e.turn.trace(ctx, f, e.request)))
	if err != nil {
		return f.explain(cmp.Or(e.turn.err, err), u, -1)
	}
	defer response.Body.Close()
	e.received.Store(0)
	if response.StatusCode != http.StatusOK {
		start, _ := io.ReadAll(io.LimitReader(response.Body, 4096)) // read, so that the connection can be reused
		return f.statusFailure(response, start)
	}
	if response.ContentLength > f.limit {
		return tooLarge(f.limit, false)
	}

	select {
	case f.bodySlots <- struct{}{}:
		defer func() { <-f.bodySlots }()
	case <-ctx.Done():
		return f.explain(ctx.Err(), u, 0)
	}
	buffer := buffers.Get().(*bytes.Buffer)
	defer func() {
		if buffer.Cap() <= 1<<20 {
			buffer.Reset()
			buffers.Put(buffer)
		}
	}()
	received, err := buffer.ReadFrom(countingReader{io.LimitReader(response.Body, f.limit+1), &e.received})
	switch {
	case received > f.limit:
		return tooLarge(f.limit, response.Uncompressed)
	case err != nil:
		return f.explain(err, u, received)
	case !e.beginUse():
		return nil
	}
	return use(waiting, buffer.Bytes(), response.Header.Get("Content-Type"))
}

// countingReader counts the bytes that are read.
type countingReader struct {
	io.Reader
	count *atomic.Int64
}

func (r countingReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.count.Add(int64(n))
	return n, err
}
