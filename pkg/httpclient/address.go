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

// IsLinkLocal reports whether ip is a link-local address or a cloud's metadata address. Those are never asked.
func IsLinkLocal(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	return ip.IsLinkLocalUnicast() || ip.IsLinkLocalMulticast() || slices.Contains(metadataAddresses, ip)
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
