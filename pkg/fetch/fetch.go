// Package fetch requests metrics over HTTP. Requests to one address take turns, in the whole process.
//
//	fetch.go, exchange.go   one request, and what happens when nobody waits for it any more
//	turn.go, gate.go        turns
//	dial.go                 connections
//	address.go              the addresses that settings and lists contain
//	errors.go, status.go    failures in words
package fetch

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	sdkhttp "github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/httpclient"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// MaxConcurrentBodies is how many response bodies this process holds in memory at a time. All targets are scraped at
// once when scraping begins.
const MaxConcurrentBodies = 64

// Shared is what the Fetchers of this process share.
type Shared struct {
	bodySlots chan struct{} // one for each response body that may be in memory
	dialSlots chan struct{} // one for each connection that may be being made
	gates     *addressGates
	process   context.Context // of all requests
}

// NewShared returns what Fetchers share. All requests end when process does.
func NewShared(process context.Context) *Shared {
	return &Shared{
		bodySlots: make(chan struct{}, MaxConcurrentBodies), dialSlots: make(chan struct{}, maxConcurrentDials),
		gates: newAddressGates(), process: process,
	}
}

// Options are the settings of a Fetcher.
type Options struct {
	Client        sdkhttp.Options
	ServerName    string // TLS server name if Client has none; empty means the name in the address
	Timeout       time.Duration
	Interval      time.Duration // of scrapes
	BodySizeLimit int64         // bytes
	Scraping      signals.Scraping
	// AllowLinkLocal is whether link-local addresses are allowed.
	AllowLinkLocal bool
	// RefuseLoopback is whether targets on loopback addresses are refused.
	RefuseLoopback bool
	// Run starts a goroutine.
	Run func(do func())
}

// Fetcher sends requests to targets of one kind with the same settings.
type Fetcher struct {
	*Shared
	// Endpoint is that of the kind of target.
	Endpoint signals.Endpoint

	client    *http.Client
	transport *http.Transport
	timeout   time.Duration
	interval  time.Duration // of scrapes
	limit     int64         // bytes of a body
	scraping  signals.Scraping
	run       func(do func()) // starts a goroutine
	// refuseLoopback is whether targets on loopback addresses are refused.
	refuseLoopback bool
	// socksProxy is whether all connections go through the secure socks proxy.
	socksProxy bool
}

// New returns a Fetcher for a kind of target.
func New(shared *Shared, kind string, o Options) (*Fetcher, error) {
	client, transport, err := httpclient.New(guardConnections(o.Client, shared.dialSlots), httpclient.Config{
		Timeout: o.Timeout, ServerName: o.ServerName, AllowLinkLocal: o.AllowLinkLocal,
	})
	if err != nil {
		return nil, err
	}
	return &Fetcher{
		Shared: shared, Endpoint: o.Scraping.Endpoint(kind), client: client, transport: transport, timeout: o.Timeout, interval: o.Interval,
		limit: o.BodySizeLimit, scraping: o.Scraping, run: o.Run, refuseLoopback: o.RefuseLoopback,
		socksProxy: o.Client.ProxyOptions != nil && o.Client.ProxyOptions.Enabled,
	}, nil
}

// ForServer returns a Fetcher with the same settings for a server that is no target. It may have a loopback address.
func (f *Fetcher) ForServer(e signals.Endpoint) *Fetcher {
	other := *f
	other.Endpoint, other.scraping, other.refuseLoopback = e, signals.Scraping{}, false
	return &other
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Use takes the body of a 200 response. It must not keep the body, and must return when ctx ends.
type Use func(ctx context.Context, body []byte, contentType string) *target.Failure

// Get requests a URL and passes the body to use. hostHeader may be empty. begin is called when the request's turn has
// come; it may be nil.
//
// If ctx ends while the request waits for its turn, the request is not sent. Once it is sent, Get returns after the
// timeout at the latest.
func (f *Fetcher) Get(ctx context.Context, u *url.URL, hostHeader string, begin func(), use Use) *target.Failure {
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

// Close closes idle connections.
func (f *Fetcher) Close() { f.transport.CloseIdleConnections() }
