package datasource

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

// request is what the queries of one request share: the targets, the view of the history, and the value of
// every expression, which is worked out once whatever number of queries ask for it.
type request struct {
	*Instance
	fromAlert bool
	targets   func() []scrape.Status
	queryable func() storage.Queryable

	mu     sync.Mutex
	values map[evaluation]func() (parser.Value, error)
	open   []promql.Query // the values are theirs until close
}

// evaluation is an expression at an instant, whose step is 0, or over a range. Times are unix milliseconds.
type evaluation struct {
	expr       string
	start, end int64
	step       time.Duration
}

func (d *Instance) newRequest(fromAlert bool) *request {
	return &request{
		Instance: d, fromAlert: fromAlert,
		targets:   sync.OnceValue(d.fleet.Targets),
		queryable: sync.OnceValue(d.fleet.Queryable),
		values:    map[evaluation]func() (parser.Value, error){},
	}
}

// close gives the memory of all values back to the engine.
func (r *request) close() {
	for _, q := range r.open {
		q.Close()
	}
}

// at evaluates an expression at an instant. The value is shared: it must not be changed.
func (r *request) at(ctx context.Context, expr string, t time.Time) (parser.Value, error) {
	return r.evaluate(ctx, evaluation{expr: expr, start: t.UnixMilli(), end: t.UnixMilli()})
}

// over evaluates an expression as the query asks: at an instant or over the range. The value is shared.
func (r *request) over(ctx context.Context, expr string, a *asked) (parser.Value, error) {
	if a.query.Instant {
		return r.at(ctx, expr, a.times.end)
	}
	return r.evaluate(ctx, evaluation{expr: expr, start: a.times.start.UnixMilli(), end: a.times.end.UnixMilli(), step: a.times.step})
}

func (r *request) evaluate(ctx context.Context, e evaluation) (parser.Value, error) {
	r.mu.Lock()
	value := r.values[e]
	if value == nil {
		// A panic in it is told to everybody who asks.
		value = sync.OnceValues(func() (parser.Value, error) { return r.run(ctx, e) })
		r.values[e] = value
	}
	r.mu.Unlock()
	return value()
}

func (r *request) run(ctx context.Context, e evaluation) (parser.Value, error) {
	var (
		q          promql.Query
		err        error
		start, end = time.UnixMilli(e.start), time.UnixMilli(e.end)
	)
	if e.step == 0 {
		q, err = r.engine.NewInstantQuery(ctx, r.queryable(), nil, e.expr, end)
	} else {
		q, err = r.engine.NewRangeQuery(ctx, r.queryable(), nil, e.expr, start, end, e.step)
	}
	if err != nil {
		return nil, r.explain(err)
	}
	r.mu.Lock()
	r.open = append(r.open, q)
	r.mu.Unlock()
	result := q.Exec(ctx)
	if result.Err != nil {
		return nil, r.explain(result.Err)
	}
	return result.Value, nil
}
