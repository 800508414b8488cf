package fetch

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// lingerTimeout is how long a request that has timed out may go on. The target works on it until it is finished, and the
// next request must not overlap with it.
const lingerTimeout = 30 * time.Second

// exchange is one request and its response. It holds its turn until the response has ended, even if nobody waits for it
// any more.
type exchange struct {
	fetcher  *Fetcher
	request  *http.Request
	turn     *turn
	received atomic.Int64 // bytes of the body, -1 before the response

	mu          sync.Mutex
	isUsing     bool   // the body has arrived and is being used
	timedOut    bool   // nobody waits any more
	releaseSlot func() // gives back the place for the body; nil if there is none
}

// errGaveUp ends the reading of a body that nobody waits for any more.
var errGaveUp = errors.New("nobody waits for the response any more")

func (f *Fetcher) newExchange(request *http.Request, turn *turn) *exchange {
	e := &exchange{fetcher: f, request: request, turn: turn}
	e.received.Store(-1)
	return e
}

// wait runs the exchange and returns why it failed. It panics if the exchange does.
func (e *exchange) wait(use Use) *target.Failure {
	f := e.fetcher
	ctx, cancel := context.WithTimeout(f.process, f.timeout)
	defer cancel()
	type outcome struct {
		why    *target.Failure
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

// giveUp stops waiting for the body and gives back its place, so that slow targets do not take it from others. It returns
// false if the body is already being used.
func (e *exchange) giveUp() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.timedOut = !e.isUsing
	if e.timedOut && e.releaseSlot != nil {
		e.releaseSlot()
	}
	return e.timedOut
}

// takeSlot waits for a place for the body. It returns false if nobody waits for the body any more.
func (e *exchange) takeSlot(waiting context.Context) bool {
	slots := e.fetcher.bodySlots
	select {
	case slots <- struct{}{}:
	case <-waiting.Done():
		return false
	}
	release := sync.OnceFunc(func() { <-slots })
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.timedOut {
		release()
		return false
	}
	e.releaseSlot = release
	return true
}

func (e *exchange) hasTimedOut() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
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
func (e *exchange) send(waiting context.Context, use Use) *target.Failure {
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

	if !e.takeSlot(waiting) {
		e.drain(response.Body)
		return f.explain(context.DeadlineExceeded, u, 0)
	}
	defer e.releaseSlot()
	buffer := buffers.Get().(*bytes.Buffer)
	defer func() {
		if buffer.Cap() <= 1<<20 {
			buffer.Reset()
			buffers.Put(buffer)
		}
	}()
	received, err := buffer.ReadFrom(bodyReader{e, io.LimitReader(response.Body, f.limit+1)})
	switch {
	case errors.Is(err, errGaveUp):
		e.drain(response.Body)
		return nil
	case received > f.limit:
		return tooLarge(f.limit, response.Uncompressed)
	case err != nil:
		return f.explain(err, u, received)
	case !e.beginUse():
		return nil
	}
	return use(waiting, buffer.Bytes(), response.Header.Get("Content-Type"))
}

// drain reads the rest of a body, so that the target can finish the response before it gets the next request.
func (e *exchange) drain(body io.Reader) {
	_, _ = io.Copy(io.Discard, io.LimitReader(body, e.fetcher.limit))
}

// bodyReader reads a body as long as somebody waits for it, and counts its bytes.
type bodyReader struct {
	exchange *exchange
	body     io.Reader
}

func (r bodyReader) Read(p []byte) (int, error) {
	if r.exchange.hasTimedOut() {
		return 0, errGaveUp
	}
	n, err := r.body.Read(p)
	r.exchange.received.Add(int64(n))
	return n, err
}
