package scrape

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/httpclient"
)

func (sp *scrapePool) resolveAddresses(ctx context.Context) (d discoveryResult) {
	addresses, err := sp.manager.resolver.LookupNetIP(ctx, "ip", sp.url.Hostname())
	if err != nil {
		return lookupFailed(err)
	}
	for _, ip := range addresses {
		ip = ip.Unmap()
		if httpclient.IsLinkLocal(ip) {
			d.why = linkLocal(ip.String())
			continue
		}
		d.targets = append(d.targets, discoveredTarget{url: sp.withHost(ip.String(), portOf(sp.url))})
	}
	return d
}

func (sp *scrapePool) resolveServices(ctx context.Context) (d discoveryResult) {
	_, records, err := sp.manager.resolver.LookupSRV(ctx, "", "", sp.url.Hostname())
	if err != nil {
		return lookupFailed(err)
	}
	for _, r := range records {
		d.targets = append(d.targets, discoveredTarget{url: sp.withHost(strings.TrimSuffix(r.Target, "."), strconv.Itoa(int(r.Port)))})
	}
	return d
}

// lookupFailed returns the result of a failed lookup. A name that DNS does not know has no addresses, as a headless
// Service without a ready pod. Any other error says nothing about the targets.
func lookupFailed(err error) discoveryResult {
	var dns *net.DNSError
	if !errors.As(err, &dns) {
		return discoveryResult{why: failure(Discovery, "Cannot resolve the name: %s.", httpclient.Innermost(err)), unusable: true}
	}
	return discoveryResult{why: dnsFailure(dns), unusable: !dns.IsNotFound}
}

// withHost returns the entry's URL with another host.
func (sp *scrapePool) withHost(host, port string) *url.URL {
	u := *sp.url
	u.Host = net.JoinHostPort(host, port)
	return &u
}

// serviceName returns the host name of a DNS name: SRV names begin with service and protocol.
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
