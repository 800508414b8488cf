package scrape

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/httpclient"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// maxConcurrentBodies is how many response bodies this process holds in memory at a time. All targets are scraped at
// once when scraping begins.
const maxConcurrentBodies = 64

// fetcher sends the requests of one scrape pool.
type fetcher struct {
	client    *http.Client
	transport *http.Transport
	timeout   time.Duration
	interval  time.Duration    // of scrapes
	limit     int64            // bytes of a body
	endpoint  signals.Endpoint // of the kind of target, for error messages
	scraping  signals.Scraping
	bodySlots chan struct{}
	gates     *addressGates
	process   context.Context // ends with the process
	run       func(do func()) // starts a goroutine
	// refuseLoopback is whether targets on loopback addresses are refused.
	refuseLoopback bool
	// socksProxy is whether all connections go through the secure socks proxy.
	socksProxy bool
}

// newFetcher builds the client from the data source's HTTP settings. serverName is the TLS server name if the settings
// have none; empty means the name in the address.
func newFetcher(m *Manager, c Config, kind, serverName string) (*fetcher, error) {
	client, transport, err := httpclient.New(guardConnections(c.Client, m.dialSlots), c.Timeout, serverName)
	if err != nil {
		return nil, err
	}
	return &fetcher{
		client: client, transport: transport, timeout: c.Timeout, interval: c.Interval, limit: c.Limits.BodySizeLimit,
		endpoint: c.Reading.Scraping.Endpoint(kind), scraping: c.Reading.Scraping, bodySlots: m.bodySlots, gates: m.gates, process: m.context, run: func(do func()) { m.run(c.Logger, do) },
		socksProxy: c.Client.ProxyOptions != nil && c.Client.ProxyOptions.Enabled,
	}, nil
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// useBody takes the body of a 200 response. It must not keep the body, and must return when ctx ends.
type useBody func(ctx context.Context, body []byte, contentType string) *Failure

// get requests a URL and passes the body to use. hostHeader may be empty. begin is called when the request's turn has
// come; it may be nil.
//
// If ctx ends while the request waits for its turn, the request is not sent. Once it is sent, get returns after the
// timeout at the latest.
func (f *fetcher) get(ctx context.Context, u *url.URL, hostHeader string, begin func(), use useBody) *Failure {
	request, err := http.NewRequest(http.MethodGet, u.String(), nil)
	if err != nil {
		return f.explain(err, u, -1)
	}
	request.Host = hostHeader
	request.Header.Set("Accept", "text/plain;version=0.0.4, application/json;q=0.5, */*;q=0.1")
	turn, err := f.takeTurn(ctx, request)
	if errors.Is(err, errTargetBusy) {
		return targetBusy(f.timeout)
	} else if err != nil {
		return f.explain(err, u, -1)
	}
	if begin != nil {
		begin()
	}
	return f.newExchange(request, turn).wait(use)
}

func (f *fetcher) close() { f.transport.CloseIdleConnections() }
