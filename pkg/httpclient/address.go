package httpclient

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// metadataAddresses are addresses at which clouds serve credentials and other secrets of the machine.
var metadataAddresses = []netip.Addr{
	netip.MustParseAddr("169.254.169.254"), // AWS, Azure, Google Cloud, OpenStack, Oracle and others
	netip.MustParseAddr("fd00:ec2::254"),   // AWS, IPv6
	netip.MustParseAddr("169.254.170.2"),   // AWS ECS, credentials of tasks
	netip.MustParseAddr("169.254.170.23"),  // AWS EKS Pod Identity
	netip.MustParseAddr("fd00:ec2::23"),    // AWS EKS Pod Identity, IPv6
	netip.MustParseAddr("fd20:ce::254"),    // Google Cloud, IPv6
	netip.MustParseAddr("fe80::a9fe:a9fe"), // OpenStack, IPv6
	netip.MustParseAddr("168.63.129.16"),   // Azure WireServer
	netip.MustParseAddr("100.100.100.200"), // Alibaba Cloud
	netip.MustParseAddr("169.254.0.23"),    // Tencent Cloud
}

// metadataNames are the names of such addresses. Only behind a proxy do they matter: otherwise the address is checked.
var metadataNames = []string{"metadata.google.internal", "metadata.goog", "instance-data.ec2.internal", "metadata.tencentyun.com"}

// IsMetadata reports whether a cloud serves metadata at ip. The plugin never connects to those.
func IsMetadata(ip netip.Addr) bool { return slices.Contains(metadataAddresses, embeddedIPv4(ip)) }

// IsLinkLocal reports whether ip only exists on a network link of this host.
func IsLinkLocal(ip netip.Addr) bool {
	ip = embeddedIPv4(ip)
	return ip.IsLinkLocalUnicast() || ip.IsLinkLocalMulticast()
}

// IsLoopback reports whether a connection to ip stays on this host.
func IsLoopback(ip netip.Addr) bool {
	ip = embeddedIPv4(ip)
	return ip.IsLoopback() || ip.IsUnspecified()
}

// embedded are the IPv6 prefixes of addresses that contain an IPv4 address, which begins at the given byte.
var embedded = []struct {
	prefix netip.Prefix
	begin  int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12},   // NAT64
	{netip.MustParsePrefix("64:ff9b:1::/48"), 12}, // NAT64 within a site, with a /96 prefix
	{netip.MustParsePrefix("2002::/16"), 2},       // 6to4
	{netip.MustParsePrefix("::/96"), 12},          // IPv4-compatible
}

// embeddedIPv4 returns the IPv4 address that an IPv6 address contains, otherwise the address without its zone.
func embeddedIPv4(ip netip.Addr) netip.Addr {
	ip = ip.Unmap().WithZone("")
	if !ip.Is6() || ip.IsLoopback() || ip.IsUnspecified() {
		return ip
	}
	for _, e := range embedded {
		if e.prefix.Contains(ip) {
			bytes := ip.As16()
			return netip.AddrFrom4([4]byte(bytes[e.begin : e.begin+4]))
		}
	}
	return ip
}

// RefusedError means that a URL or a name leads to an address that must not be asked.
type RefusedError struct {
	Host     string
	Metadata bool // of a cloud; otherwise link-local
}

func (e *RefusedError) Error() string {
	if e.Metadata {
		return e.Host + " is a cloud metadata address, which the plugin never connects to"
	}
	return e.Host + " is a link-local address, which the plugin does not connect to"
}

// CheckHost returns why the host of a URL must not be asked, nil if nothing is known against it.
func CheckHost(host string, allowLinkLocal bool) *RefusedError {
	if ip, err := netip.ParseAddr(host); err == nil {
		return checkAddress(ip, allowLinkLocal)
	}
	if slices.Contains(metadataNames, strings.TrimSuffix(strings.ToLower(host), ".")) {
		return &RefusedError{Host: host, Metadata: true}
	}
	return nil
}

func checkAddress(ip netip.Addr, allowLinkLocal bool) *RefusedError {
	switch {
	case IsMetadata(ip):
		return &RefusedError{Host: ip.String(), Metadata: true}
	case !allowLinkLocal && IsLinkLocal(ip):
		return &RefusedError{Host: ip.String()}
	}
	return nil
}

// checkedURLs refuses requests by the host of their URL. That is all that is known behind a proxy.
type checkedURLs struct {
	next           http.RoundTripper
	allowLinkLocal bool
}

func (c checkedURLs) RoundTrip(r *http.Request) (*http.Response, error) {
	if refused := CheckHost(r.URL.Hostname(), c.allowLinkLocal); refused != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, refused
	}
	return c.next.RoundTrip(r)
}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// checkedConnections checks the address that a connection was made to, before anything is sent over it. A name may have led
// there since it was checked.
func checkedConnections(next dialFunc, allowLinkLocal bool) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := next(ctx, network, address)
		if err != nil {
			return nil, err
		}
		if to, err := netip.ParseAddrPort(conn.RemoteAddr().String()); err == nil {
			if refused := checkAddress(to.Addr(), allowLinkLocal); refused != nil {
				conn.Close()
				return nil, refused
			}
		}
		return conn, nil
	}
}
