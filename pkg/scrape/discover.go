package scrape

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"runtime/debug"
	"slices"
	"time"
)

const (
	discoveryInterval = 30 * time.Second
	// discoveryRetryInterval applies until discovery has worked once: the other side may be starting as well.
	discoveryRetryInterval = 5 * time.Second
	// keepVanished is how long a target that has left discovery is still shown as down.
	keepVanished = time.Hour
)

// Resolver is the part of DNS that discovery needs. *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
	LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error)
}

// discoveredTarget is a target as discovery lists it.
type discoveredTarget struct {
	url    *url.URL
	labels map[string]string
}

// discoveryResult is the outcome of one attempt. If it is unusable, the targets of the last attempt stay. Otherwise why
// says what is missing from the list; nil means nothing.
type discoveryResult struct {
	targets  []discoveredTarget
	why      *Failure
	unusable bool
}

// discover updates the targets until ctx ends.
func (sp *scrapePool) discover(ctx context.Context) {
	for {
		sp.discoverOnce(ctx)
		sp.mu.Lock()
		wait := discoveryInterval
		if !sp.discoveryWorked {
			wait = discoveryRetryInterval
		}
		sp.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

func (sp *scrapePool) discoverOnce(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, sp.config.Timeout)
	defer cancel()
	d := sp.resolveSafely(limited)
	sp.mu.Lock()
	defer sp.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	sp.discoveryWorked = sp.discoveryWorked || !d.unusable
	sp.apply(d)
	sp.launchAll()
	select {
	case <-sp.firstDiscovery:
	default:
		sp.awaitFirstScrapes()
		close(sp.firstDiscovery)
	}
}

// resolveSafely is resolve that turns a panic into a failed attempt.
func (sp *scrapePool) resolveSafely(ctx context.Context) (d discoveryResult) {
	defer func() {
		if reason := recover(); reason != nil {
			sp.config.Logger.Error("Discovery panicked", "target", sp.entry.URL, "panic", fmt.Sprint(reason), "stack", string(debug.Stack()))
			d = discoveryResult{why: discoveryPanicked(reason), unusable: true}
		}
	}()
	return sp.resolve(ctx)
}

func (sp *scrapePool) resolve(ctx context.Context) discoveryResult {
	options := sp.config.Client.ProxyOptions
	if sp.entry.Discovery != DiscoveryHTTP && options != nil && options.Enabled {
		return discoveryResult{why: behindProxy(sp.entry.Discovery), unusable: true}
	}
	switch sp.entry.Discovery {
	case DiscoveryDNS:
		return sp.resolveAddresses(ctx)
	case DiscoverySRV:
		return sp.resolveServices(ctx)
	}
	return sp.fetchTargetList(ctx)
}

// apply updates the targets to what was discovered. sp.mu must be held.
func (sp *scrapePool) apply(d discoveryResult) {
	sp.discovery = nil
	if d.why != nil { // always the same cause, for this message and for the placeholder
		sp.discovery = failure(Discovery, "%s", d.why.Message)
	}
	if !d.unusable {
		sp.updateTargets(d.targets)
	}
	for _, t := range sp.targets {
		// Nothing is lost with a target that has left and whose node another target has.
		replaced := sp.primaries[t.identity.key] != nil && sp.primaries[t.identity.key] != t
		if !t.leftDiscovery.IsZero() && (replaced || time.Since(t.leftDiscovery) >= keepVanished) {
			sp.remove(t)
		}
	}
	sp.limitVanished()
	placeholder := sp.targets[sp.url.String()]
	switch {
	case len(sp.targets) == 0:
		t := sp.newTarget(discoveredTarget{})
		sp.targets[t.address] = t
	case len(sp.targets) > 1 && placeholder != nil && placeholder.url == nil:
		sp.remove(placeholder)
	}
}

// limitVanished removes the targets that left discovery first if there are more of them than discovery may list, so that
// a list with new addresses each time does not grow the pool.
func (sp *scrapePool) limitVanished() {
	var left []*target
	for _, t := range sp.targets {
		if !t.leftDiscovery.IsZero() {
			left = append(left, t)
		}
	}
	limit := cmp.Or(sp.config.Limits.TargetLimit, defaultTargetLimit)
	if len(left) <= limit {
		return
	}
	slices.SortFunc(left, func(a, b *target) int { return a.leftDiscovery.Compare(b.leftDiscovery) })
	for _, t := range left[:len(left)-limit] {
		sp.remove(t)
	}
}

// updateTargets creates a target for each new address and marks those that are no longer listed.
func (sp *scrapePool) updateTargets(discovered []discoveredTarget) {
	listed := map[string]bool{}
	for _, d := range discovered {
		address := d.url.String()
		if listed[address] {
			continue
		}
		listed[address] = true
		t := sp.targets[address]
		if t != nil && (t.url == nil || !maps.Equal(t.listedLabels, d.labels)) {
			sp.remove(t)
			t = nil
		}
		if t == nil {
			t = sp.newTarget(d)
			sp.targets[address] = t
		}
		t.leftDiscovery = time.Time{}
	}
	for address, t := range sp.targets {
		if !listed[address] && t.url != nil && t.leftDiscovery.IsZero() {
			t.leftDiscovery = time.Now()
		}
	}
}
