package promapi

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

// Query is an expression to evaluate at an instant (End, if Step is 0) or over a range.
type Query struct {
	Expr       string
	Start, End time.Time
	Step       time.Duration
	// UserWritten means that Expr uses the server's own labels, and that the labels of the result are not renamed.
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
}

// Send sends a query, even if its result is known.
func (c *Client) Send(ctx context.Context, q Query) (Result, error) {
	to, parameters := queryEndpoint, url.Values{"query": {q.Expr}}
	if q.Step == 0 {
		parameters.Set("time", formatTime(q.End))
	} else {
		to = queryRangeEndpoint
		parameters.Set("start", formatTime(q.Start))
		parameters.Set("end", formatTime(q.End))
		parameters.Set("step", formatSeconds(q.Step))
	}
	parameters.Set("timeout", formatSeconds(c.config.Timeout))
	d := decoder{rename: c.config.RenameLabel, maxSamples: c.config.MaxSamples}
	if q.UserWritten {
		d.rename = nil
	}
	if err := c.request(ctx, to, parameters, &d); err != nil {
		return Result{}, err
	}
	value, err := d.value()
	return Result{Value: value, Executed: q.Expr, Partial: d.partial, Warnings: d.warnings, Infos: d.infos}, err
}

func formatTime(t time.Time) string { return fmt.Sprintf("%.3f", float64(t.UnixMilli())/1000) }

func formatSeconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

// Vector evaluates an expression at an instant.
func (c *Client) Vector(ctx context.Context, expr string, at time.Time) (promql.Vector, error) {
	result, err := c.Send(ctx, Query{Expr: expr, Start: at, End: at})
	vector, _ := result.Value.(promql.Vector)
	return vector, err
}
