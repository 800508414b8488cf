package fetch

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
	"github.com/stretchr/testify/require"
)

// All targets of a long list are scraped, but only some connections are made at a time.
func TestConnectionsAreBounded(t *testing.T) {
	slots := make(chan struct{}, 2)
	var current, most atomic.Int32
	release := make(chan struct{})
	var options httpclient.Options
	options.ConfigureTransport = func(_ httpclient.Options, transport *http.Transport) {
		transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
			most.Store(max(most.Load(), current.Add(1)))
			<-release
			current.Add(-1)
			return nil, io.ErrUnexpectedEOF
		}
	}
	transport := &http.Transport{}
	guarded := guardConnections(options, slots)
	guarded.ConfigureTransport(guarded, transport)
	done := make(chan struct{})
	for range 10 {
		go func() {
			transport.DialContext(context.Background(), "tcp", netip.MustParseAddrPort("10.0.0.1:1").String())
			done <- struct{}{}
		}()
	}
	require.Eventually(t, func() bool { return current.Load() == 2 }, 30*time.Second, time.Millisecond)
	close(release)
	for range 10 {
		<-done
	}
	require.EqualValues(t, 2, most.Load())
}
