package scrape

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/fetch"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/httpclient"
)

func (sp *scrapePool) resolveAddresses(ctx context.Context) discoveryResult {
	addresses, err := sp.manager.resolver.LookupNetIP(ctx, "ip", sp.url.Hostname())
	if err != nil {
		return lookupFailed(err)
	}
	list := sp.newTargetList()
	for _, ip := range addresses {
		list.add(discoveredTarget{url: sp.withHost(ip.Unmap().String(), fetch.PortOf(sp.url))})
	}
	return list.result()
}

func (sp *scrapePool) resolveServices(ctx context.Context) discoveryResult {
	_, records, err := sp.manager.resolver.LookupSRV(ctx, "", "", sp.url.Hostname())
	if err != nil {
		return lookupFailed(err)
	}
	list := sp.newTargetList()
	for _, r := range records {
		list.add(discoveredTarget{url: sp.withHost(strings.TrimSuffix(r.Target, "."), strconv.Itoa(int(r.Port)))})
	}
	return list.result()
}

// lookupFailed returns the result of a failed lookup. A name that DNS does not know has no addresses, as a headless
// Service without a ready pod. Any other error says nothing about the targets.
func lookupFailed(err error) discoveryResult {
	var dns *net.DNSError
	if !errors.As(err, &dns) {
		return discoveryResult{why: failure(Discovery, "Cannot resolve the name: %s.", httpclient.Innermost(err)), unusable: true}
	}
	return discoveryResult{why: fetch.DNSFailure(dns), unusable: !dns.IsNotFound}
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
