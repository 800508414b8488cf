package promapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

const (
	// mostTogether is how many queries one request has at most.
	mostTogether = 32
	// The texts of the queries of one request have at most so many bytes together: see bytesTogether.
	largeBytesTogether = 32 << 10
	// VictoriaMetrics refuses expressions of more than 16 KiB, and servers and proxies refuse long URLs.
	smallBytesTogether = 12 << 10
	// mostStepsTogether bounds the size of results that one request returns.
	mostStepsTogether = 64
	// partLabel tells which query of a request a series belongs to.
	partLabel = "falco_metrics_query"
)

// batch is a query and the class of those that can be sent in one request with it. The class is empty if it is sent alone.
type batch struct {
	query Query
	class string
}

// batchOf returns the batch of a query. Only vectors can be told apart in one result. Users see the server's errors for their
// own expressions, which are sent alone.
func batchOf(q Query, alert bool) batch {
	b := batch{query: q}
	if q.UserWritten || q.Step > 0 && q.End.Sub(q.Start)/q.Step >= mostStepsTogether {
		return b
	}
	if parsed, err := parser.NewParser(parser.Options{}).ParseExpr(q.Expr); err == nil && parsed.Type() == parser.ValueTypeVector {
		b.class = fmt.Sprintf("%t %d %d %d", alert, q.Start.UnixMilli(), q.End.UnixMilli(), q.Step)
	}
	return b
}

// bytesTogether is how long the texts of the queries of one request may be together.
func (c *Client) bytesTogether() int {
	if c.IsVictoria() || c.config.Method == http.MethodGet {
		return smallBytesTogether
	}
	return largeBytesTogether
}

// Vectors evaluates expressions that return vectors at an instant, in as few requests as possible. The error is the first one.
// Like Send, it does not count the memory of the results once they have been decoded.
func (c *Client) Vectors(ctx context.Context, exprs []string, at time.Time) ([]promql.Vector, error) {
	var out []promql.Vector
	for len(exprs) > 0 {
		var queries []Query
		for size := 0; len(queries) < min(len(exprs), mostTogether); {
			q := Query{Expr: exprs[len(queries)], Start: at, End: at}
			if size += len(q.Expr); len(queries) > 0 && size > c.bytesTogether() {
				break
			}
			queries = append(queries, q)
		}
		exprs = exprs[len(queries):]
		err := c.admitted(ctx, func() error {
			results, errs := c.sendTogether(ctx, queries)
			for _, result := range results {
				vector, _ := result.Value.(promql.Vector)
				out = append(out, vector)
			}
			return cmp.Or(errs...)
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// sendAll sends queries of one class, if possible in one request. A panic is an error of all of them.
func (c *Client) sendAll(ctx context.Context, queries []Query) (results []Result, errs []error) {
	if err := c.Recovered(func() error {
		results, errs = c.sendTogether(ctx, queries)
		return nil
	}); err != nil {
		return make([]Result, len(queries)), slices.Repeat([]error{err}, len(queries))
	}
	return results, errs
}

// sendTogether sends queries in one request. If the server refuses it because of one of them, the halves are sent separately.
func (c *Client) sendTogether(ctx context.Context, queries []Query) (results []Result, errs []error) {
	results, errs = make([]Result, len(queries)), make([]error, len(queries))
	if len(queries) == 1 {
		results[0], errs[0] = c.send(ctx, queries[0])
		return results, errs
	}
	all, err := c.send(ctx, union(queries))
	var failed *Failure
	switch {
	case err == nil:
		split(all, queries, results)
	case ctx.Err() != nil, errors.As(err, &failed) && !failed.Query:
		errs = slices.Repeat([]error{err}, len(queries))
	default:
		half := len(queries) / 2
		left, leftErrs := c.sendTogether(ctx, queries[:half])
		right, rightErrs := c.sendTogether(ctx, queries[half:])
		return append(left, right...), append(leftErrs, rightErrs...)
	}
	return results, errs
}

// union returns a query whose result is that of all queries, with the number of the query as a label. Servers copy both sides
// of `or`, so pairs are joined, then pairs of pairs.
func union(queries []Query) Query {
	parts := make([]string, len(queries))
	for i, q := range queries {
		parts[i] = fmt.Sprintf(`label_replace((%s), "%s", "%d", "", "")`, q.Expr, partLabel, i)
	}
	all := queries[0]
	all.Expr = disjunction(parts)
	return all
}

func disjunction(parts []string) string {
	if len(parts) <= 2 {
		return strings.Join(parts, " or ")
	}
	half := len(parts) / 2
	return fmt.Sprintf("(%s) or (%s)", disjunction(parts[:half]), disjunction(parts[half:]))
}

// split divides the result of a union.
func split(all Result, queries []Query, into []Result) {
	for i, q := range queries {
		into[i] = all
		into[i].Executed = q.Expr
		if q.Step > 0 {
			into[i].Value = promql.Matrix{}
		} else {
			into[i].Value = promql.Vector{}
		}
	}
	part := func(l *labels.Labels) int {
		i, err := strconv.Atoi(l.Get(partLabel))
		if err != nil || i < 0 || i >= len(queries) {
			return 0 // no server does this
		}
		*l = labels.NewBuilder(*l).Del(partLabel).Labels()
		return i
	}
	switch v := all.Value.(type) {
	case promql.Vector:
		for _, s := range v {
			i := part(&s.Metric)
			into[i].Value = append(into[i].Value.(promql.Vector), s)
		}
	case promql.Matrix:
		for _, s := range v {
			i := part(&s.Metric)
			into[i].Value = append(into[i].Value.(promql.Matrix), s)
		}
		for i := range into {
			sort.Sort(into[i].Value.(promql.Matrix)) // without the label, the order is another one
		}
	}
}
