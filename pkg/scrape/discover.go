package scrape

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/httpclient"
)

const (
	resolveEvery = 30 * time.Second
	// resolveAgain is for a discovery that has never worked: it may be starting, too.
	resolveAgain = 5 * time.Second
	// keepVanished is how long a target stays, as down, after it has left discovery.
	keepVanished = time.Hour
)

// Resolver is what discovery asks of DNS; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
	LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error)
}

// found is a target as discovery gives it.
type found struct {
	url    *url.URL
	labels map[string]string
}

// discovered is the outcome of one attempt. With unusable the targets of the last attempt stay; without it why says
// what is missing from the list.
type discovered struct {
	targets  []found
	why      *Failure
	unusable bool
}

// discover looks for targets until ctx ends.
func (u *scrapePool) discover(ctx context.Context) {
	for first, worked := true, false; ; first = false {
		limited, cancel := context.WithTimeout(ctx, u.config.Timeout)
		d := u.resolve(limited)
		cancel()
		if ctx.Err() != nil {
			return
		}
		worked = worked || !d.unusable
		u.mu.Lock()
		u.apply(d)
		if first {
			close(u.found)
		}
		u.mu.Unlock()
		wait := resolveEvery
		if !worked {
			wait = resolveAgain
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

func (u *scrapePool) resolve(ctx context.Context) (d discovered) {
	options := u.config.Client.ProxyOptions
	if u.entry.Discovery != DiscoveryHTTP && options != nil && options.Enabled {
		return discovered{why: behindProxy(u.entry.Discovery), unusable: true}
	}
	switch u.entry.Discovery {
	case DiscoveryDNS:
		return u.resolveAddresses(ctx)
	case DiscoverySRV:
		return u.resolveServices(ctx)
	}
	return u.fetchList(ctx)
}

func (u *scrapePool) resolveAddresses(ctx context.Context) (d discovered) {
	addresses, err := u.pool.resolver.LookupNetIP(ctx, "ip", u.url.Hostname())
	if err != nil {
		return unresolved(err)
	}
	for _, ip := range addresses {
		ip = ip.Unmap()
		if httpclient.IsLinkLocal(ip) {
			d.why = linkLocal(ip.String())
			continue
		}
		d.targets = append(d.targets, found{url: u.at(ip.String(), portOf(u.url))})
	}
	return d
}

func (u *scrapePool) resolveServices(ctx context.Context) (d discovered) {
	_, records, err := u.pool.resolver.LookupSRV(ctx, "", "", u.url.Hostname())
	if err != nil {
		return unresolved(err)
	}
	for _, r := range records {
		d.targets = append(d.targets, found{url: u.at(strings.TrimSuffix(r.Target, "."), strconv.Itoa(int(r.Port)))})
	}
	return d
}

// unresolved: a name that DNS does not know has no addresses (a headless Service without a ready pod is so); any other
// error says nothing about the targets.
func unresolved(err error) discovered {
	var dns *net.DNSError
	if !errors.As(err, &dns) {
		return discovered{why: failure(Discovery, "The name could not be resolved: %s.", httpclient.Innermost(err)), unusable: true}
	}
	return discovered{why: dnsFailure(dns), unusable: !dns.IsNotFound}
}

// at is the entry's URL at another host.
func (u *scrapePool) at(host, port string) *url.URL {
	at := *u.url
	at.Host = net.JoinHostPort(host, port)
	return &at
}

// serviceName is the name to show to the targets behind a DNS name: SRV names begin with service and protocol.
func serviceName(name string) string {
	for strings.HasPrefix(name, "_") {
		_, rest, ok := strings.Cut(name, ".")
		if !ok {
			break
		}
		name = rest
	}
	return name
}

// fetchList reads Prometheus's HTTP service discovery: [{"targets": ["host:port"], "labels": {…}}]. Of the labels that
// begin with two underscores, scheme and path are honoured, the others dropped.
func (u *scrapePool) fetchList(ctx context.Context) (d discovered) {
	var groups []struct {
		Targets []string          `json:"targets"`
		Labels  map[string]string `json:"labels"`
	}
	lister := *u.fetcher
	lister.kind = kindList
	why := lister.get(ctx, u.url, "", func(body []byte, _ string) *Failure {
		if err := json.Unmarshal(body, &groups); err != nil {
			return notAList()
		}
		return nil
	})
	if why != nil && why.Cause == NotFound {
		why = failure(NotFound, "404 Not Found was answered: check the path %s.", u.url.Path)
	}
	if why != nil {
		return discovered{why: failure(Discovery, "The list of targets could not be had. %s", why.Message), unusable: true}
	}
	listed := map[string]map[string]string{}
	for _, group := range groups {
		own := map[string]string{}
		for name, value := range group.Labels {
			if isLabelName(name) && name != kindLabel {
				own[name] = value
			}
		}
		prefix := cmp.Or(group.Labels["__scheme__"], "http") + "://"
		path := cmp.Or(group.Labels["__metrics_path__"], "/metrics")
		for _, address := range group.Targets {
			to, err := ParseTarget(prefix + address + path)
			if err != nil {
				d.why = failure(Discovery, "Some targets of the list are left out: %s.", strings.TrimSuffix(err.Error(), "."))
				continue
			}
			if first, twice := listed[to.String()]; twice {
				if !maps.Equal(first, own) {
					d.why = listedTwice(to.String())
				}
				continue
			}
			listed[to.String()] = own
			d.targets = append(d.targets, found{url: to, labels: own})
		}
	}
	return d
}

// apply brings the targets in line with what was found. u.mu must be held.
func (u *scrapePool) apply(d discovered) {
	u.discovery = nil
	if d.why != nil { // one cause, whatever it is, for this and for the target that stands in
		u.discovery = failure(Discovery, "%s", d.why.Message)
	}
	if !d.unusable {
		u.list(d.targets)
	}
	for _, t := range u.targets {
		// One that has left and whose node another one has: nothing is lost with it.
		taken := u.claims[t.identity.claim] != nil && u.claims[t.identity.claim] != t
		if !t.left.IsZero() && (taken || time.Since(t.left) >= keepVanished) {
			u.remove(t)
		}
	}
	standIn := u.targets[u.url.String()]
	switch {
	case len(u.targets) == 0:
		t := u.newTarget(found{})
		u.targets[t.address] = t
		u.launch(t)
	case len(u.targets) > 1 && standIn != nil && standIn.url == nil:
		u.remove(standIn)
	}
}

// list makes a target of each address that is new, and marks those that are no longer listed.
func (u *scrapePool) list(listed []found) {
	now := map[string]bool{}
	for _, f := range listed {
		address := f.url.String()
		if now[address] {
			continue
		}
		now[address] = true
		t := u.targets[address]
		if t != nil && (t.url == nil || !maps.Equal(t.listed, f.labels)) {
			u.remove(t)
			t = nil
		}
		if t == nil {
			t = u.newTarget(f)
			u.targets[address] = t
			u.launch(t)
		}
		t.left = time.Time{}
	}
	for address, t := range u.targets {
		if !now[address] && t.url != nil && t.left.IsZero() {
			t.left = time.Now()
		}
	}
}

// statuses of the targets, by address.
func (u *scrapePool) statuses() []Status {
	u.mu.Lock()
	defer u.mu.Unlock()
	var all []Status
	for _, t := range u.targets {
		s := t.status
		if u.discovery != nil {
			s.Discovery = u.discovery.Message
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Status) int { return cmp.Compare(a.Address, b.Address) })
	return all
}
