// Package store answers from a Prometheus-compatible store: Prometheus, Thanos, Mimir, VictoriaMetrics.
//
// The parts, from the inside out: client.go (one HTTP request; errors.go says in words what went wrong), decode.go (an
// answer becomes PromQL's values), identity.go and rewrite.go (the catalogue's expressions become the store's), raw.go
// (samples as they were scraped), lookup.go (labels), targets.go (the Falcos that the store holds), check.go (what the
// health check wants to know).
package store

import (
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

// Config is what a store is asked with. It has been checked: see ParseURL, ParseIdentity and ParseMatchers.
type Config struct {
	URL    *url.URL // where /api/v1 is
	Method string   // GET or POST
	// Parameters go with every request, e.g. dedup=true for Thanos.
	Parameters url.Values
	// Header is set on every request besides those of Client, e.g. X-Scope-OrgID for the tenant.
	Header   http.Header
	Identity Identity
	// Matchers are put on every selector.
	Matchers []*labels.Matcher
	// Gauges are the series that the settings stand for, of all Falcos.
	Gauges []target.Gauge
	// Interval is how often the store's scraper asks Falco, Timeout how long a request may take.
	Interval, Timeout time.Duration
	// MaxSamples bounds what one answer may hold.
	MaxSamples int
	Client     sdkhttp.Options
	Catalogue  *signals.Catalogue
	Logger     log.Logger
}

// Store is one store, asked on behalf of one data source. All its methods may be called concurrently.
type Store struct {
	config   Config
	client   *http.Client
	idle     func()
	victoria atomic.Bool // it is a VictoriaMetrics, as far as the last answer tells
	targets  lookUp
	recorded recorded
	now      func() time.Time
}

// New makes a store. Nothing is sent before it is asked.
func New(c Config) (*Store, error) {
	client, transport, err := httpclient.New(c.Client, c.Timeout, "")
	if err != nil {
		return nil, err
	}
	// Packing and unpacking took a fifth of the time of a query for 72 000 points from a server on the same machine
	// (dev/bench, "query of a store"); the network between Grafana and its store is seldom what is slow.
	transport.DisableCompression = true
	if c.Logger == nil {
		c.Logger = log.NewNullLogger()
	}
	return &Store{config: c, client: client, idle: transport.CloseIdleConnections, now: time.Now}, nil
}

// Close ends the connections that wait for further use.
func (s *Store) Close() { s.idle() }

// Query is an expression at an instant, whose Step is 0, or over a range.
type Query struct {
	Expr       string
	Start, End time.Time
	Step       time.Duration
	// ByHand is whether a user wrote the expression: then only the extra matchers are put in, and the labels of the
	// answer stay as the store has them.
	ByHand bool
}

// Answer is what a store says to a query.
type Answer struct {
	Value parser.Value
	// Executed is the expression that was sent.
	Executed string
	// Partial is whether the store says that samples may be missing.
	Partial  bool
	Warnings []string
}

// Evaluate answers a query. The error is a *Failure, a parser error, or ctx's.
func (s *Store) Evaluate(ctx context.Context, q Query) (Answer, error) {
	expr, err := s.rewrite(q)
	if err != nil {
		return Answer{}, err
	}
	if answer, ok := s.fromRecorded(ctx, q); ok {
		return answer, nil
	}
	q.Expr = expr
	return s.send(ctx, q)
}

// send asks an expression as it is written.
func (s *Store) send(ctx context.Context, q Query) (Answer, error) {
	path, parameters := "query", url.Values{"query": {q.Expr}}
	if q.Step == 0 {
		parameters.Set("time", timestamp(q.End))
	} else {
		path = "query_range"
		parameters.Set("start", timestamp(q.Start))
		parameters.Set("end", timestamp(q.End))
		parameters.Set("step", seconds(q.Step))
	}
	parameters.Set("timeout", seconds(s.config.Timeout))
	d := decoder{identity: s.config.Identity, keep: q.ByHand, limit: s.config.MaxSamples}
	if err := s.ask(ctx, path, parameters, &d); err != nil {
		return Answer{}, err
	}
	value, err := d.value()
	return Answer{Value: value, Executed: q.Expr, Partial: d.partial, Warnings: d.warnings}, err
}

func timestamp(t time.Time) string { return fmt.Sprintf("%.3f", float64(t.UnixMilli())/1000) }

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
