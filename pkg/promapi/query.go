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

	release func()
}

// Release must be called when the value is no longer used. It may be called more than once.
func (r Result) Release() {
	if r.release != nil {
		r.release()
	}
}

// Send sends a query, even if its result is known. The memory of the result is not counted once it has been decoded, so it is
// for results that are small or soon dropped.
func (c *Client) Send(ctx context.Context, q Query) (result Result, err error) {
	err = c.admitted(ctx, func() error {
		result, err = c.send(ctx, q)
		return err
	})
	return result, err
}

// admitted calls f when a request may be sent.
func (c *Client) admitted(ctx context.Context, f func() error) error {
	give, err := c.requests.Take(ctx)
	if err != nil {
		return c.Explain(ctx, err)
	}
	defer give()
	return f()
}

// send is Send for a caller that has been admitted.
func (c *Client) send(ctx context.Context, q Query) (Result, error) {
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
	d := decoder{rename: c.config.RenameLabel}
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
