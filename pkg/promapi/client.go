// Package promapi is a client of the HTTP API of Prometheus, Thanos, Mimir and VictoriaMetrics.
//
//	client.go              one HTTP request                errors.go             its failures in words
//	decode.go              a response as PromQL values     settings.go           checks of the URL and the tenant
//	query.go               the value of an expression      labels.go             label names and values
//	flights.go, cache.go   results that several queries share
//	samples.go             samples as they were scraped    flavour.go            the product behind the API
package promapi

import (
	"cmp"
	"context"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	sdkhttp "github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
	jsoniter "github.com/json-iterator/go"
	"github.com/prometheus/common/model"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/budget"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/httpclient"
)

// DefaultMaxResponseBytes is the default of Config.MaxResponseBytes.
const DefaultMaxResponseBytes = 256 << 20

// Config holds the checked settings of a server. See ParseURL and ParseTenant.
type Config struct {
	URL    *url.URL // the part before /api/v1
	Method string   // GET or POST
	// Parameters are sent with every request, for example dedup=true for Thanos.
	Parameters url.Values
	// Header is set on every request in addition to the headers of Client, for example X-Scope-OrgID for the tenant.
	Header http.Header
	// Interval is the scrape interval of the server.
	Interval time.Duration
	// Timeout limits one request.
	Timeout time.Duration
	// MaxSamples is limits.maxSamples, of which every response has a share. 0 means defaultMaxSamples.
	MaxSamples int
	// MaxResponseBytes limits one response body. 0 means DefaultMaxResponseBytes.
	MaxResponseBytes int64
	Client           sdkhttp.Options
	// RenameLabel returns the name of a server's label in results. Nil keeps the names.
	RenameLabel func(name string) string
	// Now is the clock. Nil means time.Now.
	Now    func() time.Time
	Logger log.Logger
	// Shared is what the Clients of this process share. Nil shares nothing.
	Shared *Shared
}

// Shared is what the Clients of one process share: the budget for evaluations, and the memory for results that are kept.
type Shared struct {
	budget *budget.Budget
	cache  resultCache
}

// NewShared returns what Clients share.
func NewShared(b *budget.Budget) *Shared { return &Shared{budget: b} }

const defaultMaxSamples = 50_000_000

// Client sends requests to one server. Its methods may be called concurrently.
type Client struct {
	config   Config
	client   *http.Client
	idle     func()
	victoria atomic.Bool // whether the last response came from VictoriaMetrics
	requests *budget.Requests
	flights  flights
}

// New returns a Client. It sends nothing until it is queried.
func New(c Config) (*Client, error) {
	client, transport, err := httpclient.New(c.Client, httpclient.Config{Timeout: c.Timeout})
	if err != nil {
		return nil, err
	}
	// Compression took a fifth of the time of a query for 72 000 points from a server on the same machine (dev/bench,
	// "query of a store"). The network between Grafana and its Prometheus server is rarely the bottleneck.
	transport.DisableCompression = true
	c.MaxResponseBytes, c.MaxSamples = cmp.Or(c.MaxResponseBytes, DefaultMaxResponseBytes), cmp.Or(c.MaxSamples, defaultMaxSamples)
	if c.Shared == nil {
		c.Shared = NewShared(budget.Default())
	}
	if c.Logger == nil {
		c.Logger = log.NewNullLogger()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	out := &Client{config: c, client: client, idle: transport.CloseIdleConnections, requests: budget.NewRequests()}
	out.flights.mostBytes = out.bytesTogether
	return out, nil
}

// Close closes idle connections and drops the results that are kept.
func (c *Client) Close() {
	c.idle()
	c.config.Shared.cache.drop(c)
}

// endpoint is a part of the API.
type endpoint struct {
	segments []string // of the path after /api/v1
	getOnly  bool     // the API does not accept POST
}

var (
	queryEndpoint      = endpoint{segments: []string{"query"}}
	queryRangeEndpoint = endpoint{segments: []string{"query_range"}}
	labelsEndpoint     = endpoint{segments: []string{"labels"}}
	buildInfoEndpoint  = endpoint{segments: []string{"status", "buildinfo"}, getOnly: true}
)

// labelValuesEndpoint returns the endpoint of a label. The path only contains letters, digits and underscores, whatever the
// name is, because a name with any other character is escaped in Prometheus's way. A name that url.JoinPath or a proxy could
// read as part of the path would reach other endpoints, or other tenants, with the data source's credentials.
func labelValuesEndpoint(label string) (endpoint, error) {
	if strings.ContainsFunc(label, isSeparator) || !model.UTF8Validation.IsValidLabelName(label) {
		return endpoint{}, queryFailure("The label name %q is not valid: expected UTF-8 text without slashes, backslashes, percent signs and control characters.", label)
	}
	return endpoint{segments: []string{"label", model.EscapeName(label, model.ValueEncodingEscaping), "values"}, getOnly: true}, nil
}

func isSeparator(r rune) bool { return strings.ContainsRune(`/\%`, r) || unicode.IsControl(r) }

// url returns the URL of an endpoint. It appends segments to the configured path and never resolves dots in them.
func (e endpoint) url(base *url.URL) *url.URL {
	u := *base
	escaped := u.EscapedPath()
	for _, segment := range slices.Concat([]string{"api", "v1"}, e.segments) {
		u.Path += "/" + segment
		escaped += "/" + url.PathEscape(segment)
	}
	u.RawPath = escaped
	return &u
}

// request sends a request and decodes the response while it arrives. The caller has been admitted. The response waits for a
// place in the budget before it is read, because decoding takes memory, and waiting for the server does not.
func (c *Client) request(ctx context.Context, to endpoint, parameters url.Values, into *decoder) error {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	get := to.getOnly || c.config.Method == http.MethodGet
	response, err := c.do(ctx, get, to, parameters)
	if err == nil && !get && (response.StatusCode == http.StatusMethodNotAllowed || response.StatusCode == http.StatusNotImplemented) {
		// Prometheus's own client falls back to GET as well. The next request tries POST again: only POST takes long filters.
		discard(response)
		response, err = c.do(ctx, true, to, parameters)
	}
	if err != nil {
		return c.Explain(ctx, err)
	}
	defer discard(response)
	if into.headers != nil {
		into.headers(response.Header)
	}
	c.victoria.Store(isVictoria(response.Header))
	// VictoriaMetrics streams raw samples as application/stream+json.
	if media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); media != "application/json" && media != "application/stream+json" {
		start, _ := io.ReadAll(io.LimitReader(response.Body, 4096))
		return statusFailure(response, string(start))
	}
	if into.place, err = c.config.Shared.budget.Take(ctx, c.config.MaxSamples); err != nil {
		return c.Explain(ctx, err)
	}
	defer into.place.Give()
	into.waiting = ctx
	body := &limitedBody{from: response.Body, left: c.config.MaxResponseBytes, limit: c.config.MaxResponseBytes}
	into.body = body
	err = into.decode(jsoniter.Parse(jsoniter.ConfigDefault, body, 64*1024))
	switch {
	case ctx.Err() != nil:
		return c.Explain(ctx, ctx.Err())
	case body.err != nil:
		return c.Explain(ctx, body.err)
	case into.status == "error" && response.StatusCode == http.StatusOK, into.status == "error" && into.errorType != "":
		return apiFailure(response, into.errorType, into.message)
	case response.StatusCode/100 != 2:
		return statusFailure(response, into.message)
	case err != nil:
		return err
	case into.status != "success":
		return notTheAPI("JSON without the API's status field")
	}
	return nil
}

// do sends one HTTP request. Parameters of the configured URL, such as those of a proxy, stay in the URL.
func (c *Client) do(ctx context.Context, get bool, to endpoint, parameters url.Values) (*http.Response, error) {
	all := url.Values{}
	maps.Copy(all, c.config.Parameters)
	maps.Copy(all, parameters)
	u := to.url(c.config.URL)
	var body io.Reader
	method := http.MethodPost
	if get {
		method = http.MethodGet
		maps.Copy(all, u.Query())
		u.RawQuery = all.Encode()
	} else {
		body = strings.NewReader(all.Encode())
	}
	request, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, err
	}
	maps.Copy(request.Header, c.config.Header)
	request.Header.Set("Accept", "application/json")
	if !get {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		// An empty list is not sent, but allows Go's client to repeat the request on a new connection.
		request.Header["Idempotency-Key"] = []string{}
	}
	return c.client.Do(request)
}

// discard reads the rest of a small body, so that the connection can be reused, and closes it.
func discard(response *http.Response) {
	_, _ = io.CopyN(io.Discard, response.Body, 64*1024)
	response.Body.Close()
}

// maxTokenBytes limits one text, name or number of a response, because JSON decoders keep a whole one in memory.
const maxTokenBytes = 1 << 20

// limitedBody fails after a number of bytes, and in a token that is too long. It keeps its error, because the decoder drops
// it. It never returns bytes together with an error: the decoder would go on reading.
type limitedBody struct {
	from        io.Reader
	left, limit int64
	token       int // bytes read since the last token
	skipping    bool
	err         error
}

// endToken tells that the decoder has read a token.
func (b *limitedBody) endToken() { b.token = 0 }

// skip skips a value of any length, of which the decoder keeps nothing.
func (b *limitedBody) skip(it *jsoniter.Iterator) {
	b.skipping = true
	it.Skip()
	b.skipping = false
	b.endToken()
}

func (b *limitedBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.from.Read(p)
	if !b.skipping {
		b.token += n
	}
	if b.left -= int64(n); b.left < 0 {
		err = responseTooLarge(b.limit)
	} else if b.token > maxTokenBytes {
		err = notTheAPI("JSON with a text of more than 1 MB")
	}
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	b.err = err
	return 0, err
}
