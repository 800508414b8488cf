// Package store answers queries in Prometheus mode, from the HTTP API of Prometheus, Thanos, Mimir or VictoriaMetrics.
//
//	client.go                one HTTP request                errors.go             its failures in words
//	decode.go                a response as PromQL values     settings.go           checks of the settings
//	identity.go              the labels that identify a Falco
//	rewrite.go, kinds.go     the catalogue's expressions in the server's labels
//	recorded.go, verify.go   the recording rules that ship with the plugin
//	dips.go                  counters that fall without a restart
//	flights.go, cache.go     results that several queries share
//	samples.go               samples as they were scraped    labels.go             label names and values
//	discover.go, targets.go  the Falcos that the server scrapes, kept up to date by refresh.go
//	check.go, flavour.go     findings for the health check
package store

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	sdkhttp "github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/httpclient"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// Config holds the checked settings of a Prometheus server. See ParseURL, ParseIdentity and ParseMatchers.
type Config struct {
	URL    *url.URL // the part before /api/v1
	Method string   // GET or POST
	// Parameters are sent with every request, for example dedup=true for Thanos.
	Parameters url.Values
	// Header is set on every request in addition to the headers of Client, for example X-Scope-OrgID for the tenant.
	Header   http.Header
	Identity Identity
	// Matchers are added to every selector.
	Matchers []*labels.Matcher
	// Gauges are the series that come from the settings. They apply to every Falco.
	Gauges []target.Gauge
	// Interval is the scrape interval of the Prometheus server.
	Interval time.Duration
	// Timeout limits one request.
	Timeout time.Duration
	// MaxSamples limits the samples of one response.
	MaxSamples int
	// MaxResponseBytes limits one response body. 0 means DefaultMaxResponseBytes.
	MaxResponseBytes int64
	Client           sdkhttp.Options
	Catalogue        *signals.Catalogue
	Logger           log.Logger
}

// Store queries one Prometheus server on behalf of one data source. Its methods may be called concurrently.
type Store struct {
	config   Config
	client   *http.Client
	idle     func()
	victoria atomic.Bool // whether the last response came from VictoriaMetrics
	targets  targetCache
	recorded recordedSignals
	dips     dipCache
	cache    resultCache
	flights  flights
	now      func() time.Time
}

// New returns a Store. It sends nothing until it is queried.
func New(c Config) (*Store, error) {
	client, transport, err := httpclient.New(c.Client, c.Timeout, "")
	if err != nil {
		return nil, err
	}
	// Compression took a fifth of the time of a query for 72 000 points from a server on the same machine (dev/bench,
	// "query of a store"). The network between Grafana and its Prometheus server is rarely the bottleneck.
	transport.DisableCompression = true
	c.MaxResponseBytes = cmp.Or(c.MaxResponseBytes, DefaultMaxResponseBytes)
	if c.Logger == nil {
		c.Logger = log.NewNullLogger()
	}
	return &Store{config: c, client: client, idle: transport.CloseIdleConnections, now: time.Now}, nil
}

// Close closes idle connections.
func (s *Store) Close() { s.idle() }

// Query is an expression to evaluate at an instant (End, if Step is 0) or over a range.
type Query struct {
	Expr       string
	Start, End time.Time
	Step       time.Duration
	// UserWritten means that Expr uses the server's own labels: only the extra matchers are added to it, and the labels
	// of the result are not renamed.
	UserWritten bool
}

// Result is the value of a query.
type Result struct {
	Value parser.Value
	// Executed is the expression that was sent.
	Executed string
	// Partial means that the server says samples may be missing.
	Partial bool
	// Warnings say that the value may be wrong. Infos are about the way the expression is written.
	Warnings, Infos []string
	// Dips are artefacts in counters that the value leaves out, or counts if a user wrote the expression.
	Dips []Dip
}

// Evaluate evaluates a query. Callers may share the value: it must not be modified. The error is a *Failure, a parser error, or that of ctx.
func (s *Store) Evaluate(ctx context.Context, q Query) (Result, error) {
	q = s.alignInstant(q)
	expr, dips, err := s.rewrite(ctx, q)
	if err != nil {
		return Result{}, err
	}
	if len(dips) == 0 { // recording rules do not leave them out
		if result, ok := s.evaluateRecorded(ctx, q); ok {
			return result, nil
		}
	}
	q.Expr = expr
	result, err := s.evaluateShared(ctx, q)
	if err == nil && q.UserWritten {
		dips = s.countedDips(ctx, q)
	}
	result.Dips = dips
	return result, err
}

// send sends a query without changing its expression.
func (s *Store) send(ctx context.Context, q Query) (Result, error) {
	to, parameters := queryEndpoint, url.Values{"query": {q.Expr}}
	if q.Step == 0 {
		parameters.Set("time", formatTime(q.End))
	} else {
		to = queryRangeEndpoint
		parameters.Set("start", formatTime(q.Start))
		parameters.Set("end", formatTime(q.End))
		parameters.Set("step", formatSeconds(q.Step))
	}
	parameters.Set("timeout", formatSeconds(s.config.Timeout))
	d := decoder{identity: s.config.Identity, keepLabelNames: q.UserWritten, maxSamples: s.config.MaxSamples}
	if err := s.request(ctx, to, parameters, &d); err != nil {
		return Result{}, err
	}
	value, err := d.value()
	return Result{Value: value, Executed: q.Expr, Partial: d.partial, Warnings: d.warnings, Infos: d.infos}, err
}

func formatTime(t time.Time) string { return fmt.Sprintf("%.3f", float64(t.UnixMilli())/1000) }

func formatSeconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
