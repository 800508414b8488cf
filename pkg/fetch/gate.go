package fetch

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"
)

// addressGates lets at most one request at a time reach an address (host, port and path), whoever sends it. Falco up to
// 0.45.0 can crash or report falling counters when two requests overlap. Requests take turns in the order in which they
// arrive. Nobody waits longer than the requests before them take, each of which has a timeout. A request that has timed out
// still holds its gate, because the target goes on working on it; meanwhile others give up after their own timeout.
//
// A name and the addresses it resolves to are different gates. A request first takes the gate of its URL and, once
// connected, that of the address it is connected to. The order makes deadlocks impossible: nobody who holds the gate of
// an address waits for that of a name.
type addressGates struct {
	mu    sync.Mutex
	gates map[string]*addressGate // only those that somebody holds
}

// addressGate is held by somebody as long as it exists.
type addressGate struct {
	waiting  []chan struct{} // first in, first out; closing a channel hands the gate over
	timedOut bool            // whether the holder's request has timed out
}

// errTargetBusy means that a request to the same address has timed out and the target is still working on it.
var errTargetBusy = errors.New("the target is busy with a request that timed out")

func newAddressGates() *addressGates { return &addressGates{gates: map[string]*addressGate{}} }

// acquire waits for its turn. It returns the context's error if that ends first, and errTargetBusy after the timeout if
// the holder's request has timed out.
func (g *addressGates) acquire(ctx context.Context, key string, timeout time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g.mu.Lock()
	gate := g.gates[key]
	if gate == nil {
		g.gates[key] = &addressGate{}
		g.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	gate.waiting = append(gate.waiting, turn)
	g.mu.Unlock()
	ticker := time.NewTicker(timeout)
	defer ticker.Stop()
	for {
		select {
		case <-turn:
			return nil
		case <-ctx.Done():
			g.leave(key, gate, turn)
			return ctx.Err()
		case <-ticker.C:
			if g.hasTimedOut(gate) {
				g.leave(key, gate, turn)
				return errTargetBusy
			}
		}
	}
}

func (g *addressGates) hasTimedOut(gate *addressGate) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return gate.timedOut
}

// markTimedOut records that the holder's request has timed out.
func (g *addressGates) markTimedOut(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if gate := g.gates[key]; gate != nil {
		gate.timedOut = true
	}
}

// leave gives up a turn. If the gate has just been handed over, it is released.
func (g *addressGates) leave(key string, gate *addressGate, turn chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, other := range gate.waiting {
		if other == turn {
			gate.waiting = append(gate.waiting[:i], gate.waiting[i+1:]...)
			return
		}
	}
	g.handOver(key, gate)
}

func (g *addressGates) release(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.handOver(key, g.gates[key])
}

// handOver gives the gate to the next in line. g.mu must be held.
func (g *addressGates) handOver(key string, gate *addressGate) {
	if len(gate.waiting) == 0 {
		delete(g.gates, key)
		return
	}
	next := gate.waiting[0]
	gate.waiting, gate.timedOut = gate.waiting[1:], false
	close(next)
}

// gateKey identifies the address of a URL. The scheme and the query are not part of it.
func gateKey(u *url.URL) string {
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if ip, err := netip.ParseAddr(host); err == nil {
		host = ip.Unmap().String()
	}
	return net.JoinHostPort(host, PortOf(u)) + gatePath(u)
}

// connectedGateKey identifies the address that a connection leads to.
func connectedGateKey(remote net.Addr, u *url.URL) string {
	to, err := netip.ParseAddrPort(remote.String())
	if err != nil {
		return gateKey(u)
	}
	return netip.AddrPortFrom(to.Addr().Unmap(), to.Port()).String() + gatePath(u)
}

func gatePath(u *url.URL) string {
	if path := u.EscapedPath(); path != "" {
		return path
	}
	return "/"
}
