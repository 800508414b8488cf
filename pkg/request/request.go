// Package request holds what the queries of one request share, and what is known about each query while it is evaluated.
package request

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/prometheus/promql"
	"golang.org/x/sync/errgroup"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/settings"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// Request is what the queries of one request share: the targets, and the value of every expression, which is evaluated
// once.
type Request struct {
	Settings  settings.Settings
	Catalogue *signals.Catalogue
	Executor  executor.Executor
	Now       func() time.Time
	Process   string // names the plugin's process
	FromAlert bool
	Targets   func() []target.Status
	// NodeExporters returns the node_exporter of each node, if possible one that is up.
	NodeExporters func() map[target.Node]target.Status

	Kept *Kept
	// Responses may be nil, and User is whose response this is. Sent ends when the response has been written.
	Responses *Responses
	User      string
	Sent      context.Context

	reserving sync.Mutex // one reservation at a time
	reserved  bool
	mu        sync.Mutex
	values    map[executor.Evaluation]func() (executor.Value, error)
	points    map[executor.Evaluation]map[target.Node][]Point // of values
	free      []func()                                        // release the values
	metrics   map[string]bool                                 // whether there are samples of a metric
}

// Source is what all requests to one data source share.
type Source struct {
	Settings  settings.Settings
	Catalogue *signals.Catalogue
	Executor  executor.Executor
	Now       func() time.Time
	Process   string // names the plugin's process, to tell it from other replicas
	Kept      *Kept
}

// New starts a request to a data source. It must be closed.
func New(s Source, fromAlert bool) *Request {
	r := &Request{
		Settings: s.Settings, Catalogue: s.Executor.Catalogue(s.Catalogue), Executor: s.Executor, Now: s.Now, Process: s.Process, Kept: s.Kept, FromAlert: fromAlert,
		Targets: sync.OnceValue(s.Executor.Targets),
		values:  map[executor.Evaluation]func() (executor.Value, error){},
		points:  map[executor.Evaluation]map[target.Node][]Point{},
		metrics: map[string]bool{},
	}
	r.NodeExporters = sync.OnceValue(r.findNodeExporters)
	return r
}

// Close releases the memory of all values.
func (r *Request) Close() {
	for _, free := range r.free {
		free()
	}
}

// HasMetric reports whether there are current samples of a metric. It asks the executor, which looks at all targets, once.
func (r *Request) HasMetric(ctx context.Context, metric string) bool {
	r.mu.Lock()
	has, known := r.metrics[metric]
	r.mu.Unlock()
	if known {
		return has
	}
	has = r.Executor.HasMetric(ctx, metric)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.metrics[metric] = has
	return has
}

// EvaluateAt evaluates an expression at an instant. The value is shared and must not be modified.
func (r *Request) EvaluateAt(ctx context.Context, expr string, t time.Time) (executor.Value, error) {
	return r.Evaluate(ctx, executor.Evaluation{Expr: expr, Start: t.UnixMilli(), End: t.UnixMilli()})
}

// EvaluateQuery evaluates an expression at the query's instant or over its range. The value is shared and must not be
// modified.
func (r *Request) EvaluateQuery(ctx context.Context, expr string, qc *QueryContext) (executor.Value, error) {
	return r.Evaluate(ctx, qc.evaluation(expr))
}

// evaluation returns that of an expression at the query's instant or over its range.
func (qc *QueryContext) evaluation(expr string) executor.Evaluation {
	e := executor.Evaluation{Expr: expr, Start: qc.Times.End.UnixMilli(), End: qc.Times.End.UnixMilli(), UserWritten: qc.Query.UserWritten()}
	if !qc.Query.Instant {
		e.Start, e.Step = qc.Times.Start.UnixMilli(), qc.Times.Step
	}
	return e
}

// Evaluate evaluates an expression once per request. The value is shared and must not be modified.
func (r *Request) Evaluate(ctx context.Context, e executor.Evaluation) (executor.Value, error) {
	r.mu.Lock()
	found := r.values[e]
	if found == nil {
		// All callers receive a panic in it.
		found = sync.OnceValues(func() (executor.Value, error) { return r.run(ctx, e) })
		r.values[e] = found
	}
	r.mu.Unlock()
	return found()
}

// MaxConcurrentExpressions is the number of expressions of one query that are evaluated at a time, or wait for it. A
// Prometheus server gets several in one request.
const MaxConcurrentExpressions = 32

// Prefetch evaluates expressions concurrently that are needed one by one afterwards.
func (r *Request) Prefetch(ctx context.Context, exprs []string, qc *QueryContext) {
	all := make([]executor.Evaluation, len(exprs))
	for i, expr := range exprs {
		all[i] = qc.evaluation(expr)
	}
	r.PrefetchEvaluations(ctx, all)
}

// PrefetchEvaluations is Prefetch for evaluations at other times than the query's.
func (r *Request) PrefetchEvaluations(ctx context.Context, all []executor.Evaluation) {
	var group errgroup.Group
	group.SetLimit(MaxConcurrentExpressions)
	for _, one := range all {
		group.Go(func() error {
			defer func() { _ = recover() }() // the caller that needs the value gets the error or the panic
			_, err := r.Evaluate(ctx, one)
			return err
		})
	}
	_ = group.Wait()
}

func (r *Request) run(ctx context.Context, e executor.Evaluation) (executor.Value, error) {
	if e.UserWritten {
		if err := r.Settings.Expressions.Check(e.Expr); err != nil {
			return executor.Value{}, err
		}
	}
	e, left := r.cut(e)
	if !left {
		return executor.Value{Value: promql.Matrix{}, Executed: e.Expr}, nil
	}
	out, err := r.Executor.Evaluate(ctx, e)
	if out.Release != nil {
		r.mu.Lock()
		r.free = append(r.free, out.Release)
		r.mu.Unlock()
	}
	if err != nil {
		return executor.Value{}, r.Explain(err)
	}
	return out, nil
}

// Clock formats a time for messages, with the date unless it is today.
func (r *Request) Clock(t time.Time) string {
	t = t.UTC()
	if t.Format(time.DateOnly) == r.Now().UTC().Format(time.DateOnly) {
		return t.Format("15:04 UTC")
	}
	return t.Format("2006-01-02 15:04 UTC")
}
