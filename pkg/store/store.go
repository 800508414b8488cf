// Package store answers queries in Prometheus mode, with the API client of pkg/promapi.
//
//	identity.go              the labels that identify a Falco
//	matchers.go              the matchers that every selector gets
//	rewrite.go, kinds.go     the catalogue's expressions in the server's labels
//	nodeexporter.go          metrics of node_exporter, matched to the Falco of their node
//	recorded.go, verify.go   the recording rules that ship with the plugin
//	received.go              what the alert receiver counted, and Grafana exposes
//	dips.go                  counters that fall without a restart
//	querier.go               samples, label names and label values
//	discover.go, targets.go  the Falcos that the server scrapes, kept up to date by refresh.go
//	check.go, suggest.go     findings for the health check
package store

import (
	"context"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// Config holds the checked settings of a data source in Prometheus mode. See ParseIdentity and ParseMatchers.
type Config struct {
	// Config is the Prometheus server. New sets its RenameLabel.
	promapi.Config
	Identity Identity
	// Matchers are added to every selector.
	Matchers []*labels.Matcher
	// NodeExporterLabel matches node_exporter to Falco: see matchNodeExporter. Empty means the identity label of the node.
	NodeExporterLabel string
	// Gauges are the series that come from the settings. They apply to every Falco.
	Gauges    []target.Gauge
	Catalogue *signals.Catalogue
	// Received are matchers that select what the alert receiver of this data source counted, among those of others. They are
	// empty if it has none.
	Received []*labels.Matcher
}

// Store queries one Prometheus server on behalf of one data source. Its methods may be called concurrently.
type Store struct {
	config   Config
	client   *promapi.Client
	targets  targetCache
	recorded recordedSignals
	dips     dipCache
	now      func() time.Time
}

// New returns a Store. It sends nothing until it is queried.
func New(c Config) (*Store, error) {
	s := &Store{now: c.Now}
	if c.Now == nil {
		s.now = time.Now
	}
	c.RenameLabel, c.Now = c.Identity.pluginLabel, func() time.Time { return s.now() }
	if c.Logger == nil {
		c.Logger = log.NewNullLogger()
	}
	client, err := promapi.New(c.Config)
	if err != nil {
		return nil, err
	}
	s.config, s.client = c, client
	return s, nil
}

// Close closes idle connections.
func (s *Store) Close() { s.client.Close() }

// Result is the value of a query.
type Result struct {
	promapi.Result
	// Dips are artefacts in counters that the value leaves out, or counts if a user wrote the expression.
	Dips []Dip
}

// Evaluate evaluates a query. Callers may share the value: it must not be modified. The error is a
// *promapi.Failure, a parser error, or that of ctx.
func (s *Store) Evaluate(ctx context.Context, q promapi.Query) (Result, error) {
	q = s.alignInstant(q)
	expr, dips, err := s.rewrite(ctx, q)
	if err != nil {
		return Result{}, err
	}
	if len(dips) == 0 { // recording rules do not leave them out
		if result, ok := s.evaluateRecorded(ctx, q); ok {
			return Result{Result: result}, nil
		}
	}
	q.Expr = expr
	result, err := s.client.Evaluate(ctx, q)
	if err == nil && q.UserWritten {
		dips = s.countedDips(ctx, q)
	}
	return Result{Result: result, Dips: dips}, err
}

// alignInstant moves an evaluation at the current time back to a multiple of the scrape interval, so that all panels, viewers
// and alert rules of an interval share it. Expressions of users are evaluated at the time they ask for.
func (s *Store) alignInstant(q promapi.Query) promapi.Query {
	if age := s.now().Sub(q.End); q.UserWritten || q.Step > 0 || age < -time.Second || age >= s.config.Interval {
		return q
	}
	q.End = q.End.Truncate(s.config.Interval)
	q.Start = q.End
	return q
}
