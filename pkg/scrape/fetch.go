package scrape

import (
	"bytes"
	"context"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/httpclient"
)

// fetcher sends the requests of one unit.
type fetcher struct {
	client    *http.Client
	transport *http.Transport
	timeout   time.Duration
	interval  time.Duration // of scrapes
	limit     int64
	kind      string // of the targets, for what is said about failures
	bodies    chan struct{}
}

// bodiesAtOnce is how many answers are held in memory at a time in this process: all targets are scraped at once when
// scraping begins.
const bodiesAtOnce = 64

// newFetcher builds the client from the data source's HTTP settings. serverName is the TLS server name where the
// settings give none; empty means the name in the address. bodies has a place for each answer that may be held at a time.
func newFetcher(c Config, kind, serverName string, bodies chan struct{}) (*fetcher, error) {
	client, transport, err := httpclient.New(c.Client, c.Timeout, serverName)
	if err != nil {
		return nil, err
	}
	return &fetcher{
		client: client, transport: transport, timeout: c.Timeout, interval: c.Interval, limit: c.Limits.BodySizeLimit, kind: kind, bodies: bodies,
	}, nil
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// get fetches a URL and hands the body of a good answer to use, which may not keep it. host is the Host header, empty
// for that of the URL.
func (f *fetcher) get(ctx context.Context, u *url.URL, host string, use func(body []byte, contentType string) *Failure) *Failure {
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return f.explain(err, u, -1)
	}
	request.Host = host
	request.Header.Set("Accept", "text/plain;version=0.0.4, application/json;q=0.5, */*;q=0.1")
	response, err := f.client.Do(request)
	if err != nil {
		return f.explain(err, u, -1)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		start, _ := io.ReadAll(io.LimitReader(response.Body, 4096)) // read, so that the connection can be used again
		return statusFailure(response, start, f.kind)
	}
	if response.ContentLength > f.limit {
		return tooLarge(f.limit, false)
	}

	select {
	case f.bodies <- struct{}{}:
		defer func() { <-f.bodies }()
	case <-ctx.Done():
		return f.explain(ctx.Err(), u, 0)
	}
	buffer := buffers.Get().(*bytes.Buffer)
	defer func() {
		if buffer.Cap() <= 1<<20 {
			buffer.Reset()
			buffers.Put(buffer)
		}
	}()
	got, err := buffer.ReadFrom(io.LimitReader(response.Body, f.limit+1))
	switch {
	case got > f.limit:
		return tooLarge(f.limit, response.Uncompressed)
	case err != nil:
		return f.explain(err, u, got)
	}
	return use(buffer.Bytes(), response.Header.Get("Content-Type"))
}

// foreign tells what is plainly not Prometheus's text format.
func foreign(body []byte, contentType, kind string) *Failure {
	start := bytes.TrimLeft(bytes.TrimPrefix(body[:min(len(body), 1024)], []byte("\ufeff")), " \t\r\n")
	switch {
	case len(start) == 0:
		return notText(kind, Empty, "an empty answer")
	case bytes.IndexByte(start, 0) >= 0, strings.Contains(contentType, "protobuf"):
		return notText(kind, Binary, "binary data")
	case start[0] == '<':
		return notText(kind, HTML, "an HTML page")
	case start[0] == '{', start[0] == '[':
		return notText(kind, JSON, "JSON")
	}
	return nil
}

// isText tells whether Prometheus would read an answer of this content type.
func isText(contentType string) bool {
	media, _, _ := mime.ParseMediaType(contentType)
	return media == "text/plain" || media == "application/openmetrics-text"
}

func (f *fetcher) close() { f.transport.CloseIdleConnections() }
