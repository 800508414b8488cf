package fetch

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"sync"
)

// turn is the right of one request to reach an address.
type turn struct {
	gates *addressGates
	err   error // why the request must not be sent

	mu   sync.Mutex
	keys []string // of the gates held
}

// takeTurn waits until nobody else sends a request to the address of r.
func (f *Fetcher) takeTurn(ctx context.Context, r *http.Request) (*turn, error) {
	key := gateKey(r.URL)
	if err := f.gates.acquire(ctx, key, f.timeout); err != nil {
		return nil, err
	}
	return &turn{gates: f.gates, keys: []string{key}}, nil
}

// trace returns a context for r that waits for the gate of the address that the request is connected to, before the
// request is sent. Behind a proxy only the proxy knows that address.
func (t *turn) trace(ctx context.Context, f *Fetcher, r *http.Request) context.Context {
	if f.isProxied(r) {
		return ctx
	}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		t.release(1) // of an earlier attempt: the transport retries if an idle connection turns out to be closed
		key := connectedGateKey(info.Conn.RemoteAddr(), r.URL)
		if key == t.keys[0] {
			return
		}
		if t.err = t.gates.acquire(ctx, key, f.timeout); t.err != nil {
			info.Conn.Close() // the only way to keep the transport from sending the request
			return
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		t.keys = append(t.keys, key)
	}})
}

// markTimedOut tells those who wait that the request has timed out but still goes on.
func (t *turn) markTimedOut() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, key := range t.keys {
		t.gates.markTimedOut(key)
	}
}

// release gives back all gates but the first keep.
func (t *turn) release(keep int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, key := range t.keys[keep:] {
		t.gates.release(key)
	}
	t.keys = t.keys[:keep]
}

// isProxied reports whether connections for r lead to a proxy.
func (f *Fetcher) isProxied(r *http.Request) bool {
	if f.socksProxy {
		return true
	}
	if f.transport.Proxy == nil {
		return false
	}
	proxy, err := f.transport.Proxy(r)
	return err != nil || proxy != nil
}
