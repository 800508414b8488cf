package promapi

import (
	"container/list"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/budget"
)

const (
	// maxCacheBytes limits the results that this process keeps, maxEntryBytes one of them.
	maxCacheBytes, maxEntryBytes = 64 << 20, 8 << 20
	// settleTime is how long samples may arrive late, for example by remote write. Evaluations before that are final.
	settleTime = 2 * time.Minute
	// finalTTL is how long final results are kept.
	finalTTL = 10 * time.Minute
)

// resultCache keeps results until a newer scrape may change them. Range queries only ask for steps that are not final.
type resultCache struct {
	mu      sync.Mutex
	entries map[cacheKey]*list.Element
	recent  list.List // of *entry, the most recently used first
	bytes   int
}

type cacheKey struct {
	client *Client
	query  string
}

type entry struct {
	key        cacheKey
	result     Result
	start, end time.Time
	final      time.Time // evaluations up to then no longer change
	expires    time.Time // the other evaluations are valid until then
	bytes      int
}

// Evaluate evaluates a query. Callers share the result: it must not be modified, and Release must be called when it is no
// longer used.
func (c *Client) Evaluate(ctx context.Context, q Query) (Result, error) {
	key := fmt.Sprintf("%t %d %d %d %s", q.UserWritten, q.Step, phaseOf(q), magnitudeOf(q), q.Expr)
	if !canResume(q) {
		key = fmt.Sprintf("%d %d %s", q.Start.UnixMilli(), q.End.UnixMilli(), key)
	}
	cache := &c.config.Shared.cache
	known := cache.get(cacheKey{c, key}, c.config.Now())
	if result, ok := known.answer(q, c.config.Now()); ok {
		return result, nil
	}
	rest, some := c.restOf(q, known)
	if !some {
		return known.cut(q), nil
	}
	// Alert rules never wait for a request of a panel.
	alert := budget.IsAlert(ctx)
	flightKey := fmt.Sprintf("%d %d %t %s", q.Start.UnixMilli(), q.End.UnixMilli(), alert, key)
	finish := func(ctx context.Context, result Result, err error) (Result, func(), error) {
		if err != nil {
			return result, nil, err
		}
		var free func()
		err = c.Recovered(func() error {
			if rest.Start.After(q.Start) {
				if result, err = c.join(ctx, q, known, rest, result); err != nil {
					return err
				}
			}
			e := c.newEntry(cacheKey{c, key}, q, result)
			if !result.Partial {
				cache.put(e)
			}
			free, err = c.config.Shared.budget.Hold(ctx, e.bytes/sampleBytes, c.config.MaxSamples)
			return err
		})
		return result, free, err
	}
	again := func() (Result, bool) {
		return cache.get(cacheKey{c, key}, c.config.Now()).answer(q, c.config.Now())
	}
	result, err := c.flights.do(ctx, errand{flightKey, batchOf(rest, alert), again, finish}, c.requests.Take, c.sendAll)
	if ctx.Err() != nil && err != nil {
		return Result{}, c.Explain(ctx, err)
	}
	return result, err
}

// canResume reports whether the steps of a query do not depend on its range, so that a later query can use them.
func canResume(q Query) bool { return q.Step > 0 && !q.UserWritten && !strings.Contains(q.Expr, "@") }

// phaseOf is where the steps of a query lie between multiples of the step, in milliseconds.
func phaseOf(q Query) int64 {
	if q.Step == 0 {
		return 0
	}
	return q.Start.UnixMilli() % q.Step.Milliseconds()
}

// magnitudeOf keeps long and short ranges of one expression apart, so that they do not replace each other.
func magnitudeOf(q Query) int {
	if q.Step == 0 {
		return 0
	}
	return math.Ilogb(float64(q.End.Sub(q.Start)/q.Step) + 1)
}

// restOf returns the query for the steps that are not known, and whether there are any.
func (c *Client) restOf(q Query, known *entry) (rest Query, some bool) {
	if known == nil || !canResume(q) || known.start.After(q.Start) || known.final.Before(q.Start) {
		return q, true
	}
	steps := known.final.Sub(q.Start) / q.Step
	rest = q
	rest.Start = q.Start.Add((steps + 1) * q.Step)
	return rest, !rest.Start.After(q.End)
}

// join appends the result for the steps that were not known to those that were.
func (c *Client) join(ctx context.Context, q Query, known *entry, rest Query, result Result) (Result, error) {
	old := q
	old.End = rest.Start.Add(-q.Step)
	before := known.cut(old)
	more, isMatrix := result.Value.(promql.Matrix)
	earlier, wasMatrix := before.Value.(promql.Matrix)
	if !isMatrix || !wasMatrix {
		return c.send(ctx, q)
	}
	result.Value = appendMatrix(earlier, more)
	for _, text := range before.Warnings {
		result.Warnings = annotate(result.Warnings, text)
	}
	for _, text := range before.Infos {
		result.Infos = annotate(result.Infos, text)
	}
	return result, nil
}

// appendMatrix returns the series of a with the later points of b. Both are sorted by their labels, and so is the result.
func appendMatrix(a, b promql.Matrix) promql.Matrix {
	out := make(promql.Matrix, 0, max(len(a), len(b)))
	for len(a) > 0 || len(b) > 0 {
		order := 0
		switch {
		case len(a) == 0:
			order = 1
		case len(b) == 0:
			order = -1
		default:
			order = labels.Compare(a[0].Metric, b[0].Metric)
		}
		switch {
		case order < 0:
			out, a = append(out, a[0]), a[1:]
		case order > 0:
			out, b = append(out, b[0]), b[1:]
		default:
			out = append(out, promql.Series{Metric: a[0].Metric, Floats: slices.Concat(a[0].Floats, b[0].Floats)})
			a, b = a[1:], b[1:]
		}
	}
	return out
}

func (c *Client) newEntry(key cacheKey, q Query, result Result) *entry {
	now := c.config.Now()
	e := &entry{key: key, result: result, start: q.Start, end: q.End, expires: now.Truncate(c.config.Interval).Add(c.config.Interval)}
	if e.final = now.Add(-settleTime); e.final.After(q.End) {
		e.final, e.expires = q.End, now.Add(finalTTL)
	}
	switch value := result.Value.(type) {
	case promql.Matrix:
		for _, series := range value {
			e.bytes += seriesBytes(series.Metric) + sampleBytes*len(series.Floats)
		}
	case promql.Vector:
		for _, sample := range value {
			e.bytes += sampleBytes + seriesBytes(sample.Metric)
		}
	}
	e.bytes += 1024 + len(result.Executed)
	return e
}

// covers reports whether an entry answers a query without another request.
func (e *entry) covers(q Query, now time.Time) bool {
	if e.start.After(q.Start) || e.end.Before(q.End) {
		return false
	}
	return !q.End.After(e.final) || now.Before(e.expires)
}

// answer returns the result of a query if an entry, which may be nil, answers it without another request.
func (e *entry) answer(q Query, now time.Time) (result Result, ok bool) {
	if e == nil || !e.covers(q, now) {
		return Result{}, false
	}
	return e.cut(q), true
}

// cut returns the part of an entry that a query asks for.
func (e *entry) cut(q Query) Result {
	out := e.result
	matrix, ok := out.Value.(promql.Matrix)
	if !ok || q.Step == 0 {
		return out
	}
	from, to := q.Start.UnixMilli(), q.End.UnixMilli()
	cut := make(promql.Matrix, 0, len(matrix))
	for _, series := range matrix {
		points := series.Floats
		first := sortedIndex(points, from)
		points = points[first:sortedIndex(points, to+1)]
		if len(points) > 0 {
			cut = append(cut, promql.Series{Metric: series.Metric, Floats: slices.Clip(points)})
		}
	}
	out.Value = parser.Value(cut)
	return out
}

// sortedIndex returns the index of the first point at or after a time.
func sortedIndex(points []promql.FPoint, at int64) int {
	i, _ := slices.BinarySearchFunc(points, at, func(p promql.FPoint, at int64) int {
		switch {
		case p.T < at:
			return -1
		case p.T > at:
			return 1
		}
		return 0
	})
	return i
}

// get returns the entry of a key, unless none of it is valid any more.
func (c *resultCache) get(key cacheKey, now time.Time) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	element := c.entries[key]
	if element == nil {
		return nil
	}
	e := element.Value.(*entry)
	if !now.Before(e.expires) && (e.final.Before(e.start) || now.Sub(e.expires) > finalTTL) {
		c.remove(element)
		return nil
	}
	c.recent.MoveToFront(element)
	return e
}

// put keeps an entry and drops those that have not been used for the longest time.
func (c *resultCache) put(e *entry) {
	if e.bytes > maxEntryBytes {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil {
		c.entries = map[cacheKey]*list.Element{}
	}
	if old := c.entries[e.key]; old != nil {
		c.remove(old)
	}
	c.entries[e.key] = c.recent.PushFront(e)
	for c.bytes += e.bytes; c.bytes > maxCacheBytes; {
		c.remove(c.recent.Back())
	}
}

// drop drops the results of a client.
func (c *resultCache) drop(client *Client) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, element := range c.entries {
		if key.client == client {
			c.remove(element)
		}
	}
}

func (c *resultCache) remove(element *list.Element) {
	e := c.recent.Remove(element).(*entry)
	c.bytes -= e.bytes
	delete(c.entries, e.key)
}
