package httpclient

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// metadataAddresses are addresses at which clouds serve credentials and that are not link-local (AWS on IPv6, Alibaba).
var metadataAddresses = []netip.Addr{netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("100.100.100.200")}

// IsLinkLocal reports whether ip is a link-local address or a cloud's metadata address. The plugin never connects to those.
func IsLinkLocal(ip netip.Addr) bool {
	ip = embeddedIPv4(ip)
	return ip.IsLinkLocalUnicast() || ip.IsLinkLocalMulticast() || slices.Contains(metadataAddresses, ip)
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

// LinkLocalError means that a name resolved to an address that is never asked.
type LinkLocalError struct{ Host string }

func (e *LinkLocalError) Error() string {
	return fmt.Sprintf("%s is a link-local or cloud metadata address, which the plugin never connects to", e.Host)
}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// refuseLinkLocal checks the address that a connection was made to, before anything is sent over it.
func refuseLinkLocal(next dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := next(ctx, network, address)
		if err != nil {
			return nil, err
		}
		if to, err := netip.ParseAddrPort(conn.RemoteAddr().String()); err == nil && IsLinkLocal(to.Addr()) {
			conn.Close()
			return nil, &LinkLocalError{Host: to.Addr().String()}
		}
		return conn, nil
	}
}
