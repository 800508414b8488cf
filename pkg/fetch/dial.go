package fetch

import (
	"context"
	"net"
	"net/http"
	"net/netip"

	sdkhttp "github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/httpclient"
)

// maxConcurrentDials is how many connections this process makes at a time. Each takes a file descriptor.
const maxConcurrentDials = 1024

type loopbackRefused struct{}

// withLoopbackRefused returns a context with which new connections to loopback addresses fail.
func withLoopbackRefused(ctx context.Context) context.Context {
	return context.WithValue(ctx, loopbackRefused{}, true)
}

// guardConnections limits how many connections are made at a time, and refuses loopback addresses where the context says
// so. It checks the address that a name has led to, so that a change in DNS between discovery and scrape has no effect.
func guardConnections(options sdkhttp.Options, slots chan struct{}) sdkhttp.Options {
	before := options.ConfigureTransport
	options.ConfigureTransport = func(o sdkhttp.Options, transport *http.Transport) {
		if before != nil {
			before(o, transport)
		}
		transport.ResponseHeaderTimeout = 0 // it would abort requests that linger, see lingerTimeout
		dial := transport.DialContext
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			select {
			case slots <- struct{}{}:
				defer func() { <-slots }()
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			conn, err := dial(ctx, network, address)
			if err != nil || ctx.Value(loopbackRefused{}) == nil {
				return conn, err
			}
			if to, err := netip.ParseAddrPort(conn.RemoteAddr().String()); err == nil && httpclient.IsLoopback(to.Addr()) {
				conn.Close()
				return nil, loopback(to.Addr().String())
			}
			return conn, nil
		}
	}
	return options
}
