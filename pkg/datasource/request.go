package datasource

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// request is what the queries of one request share: the targets, and the value of every expression, which is worked
// out once whatever number of queries ask for it.
type request struct {
	*Instance
	catalogue *signals.Catalogue
	fromAlert bool
	targets   func() []scrape.Status

	mu      sync.Mutex
	answers map[evaluation]func() (answer, error)
	free    []func() // the values are the executor's until close
}

func (d *Instance) newRequest(fromAlert bool) *request {
	return &request{
		Instance: d, fromAlert: fromAlert, catalogue: d.exec.catalogue(d.catalogue),
		targets: sync.OnceValue(d.exec.targets),
		answers: map[evaluation]func() (answer, error){},
	}
}

// close gives the memory of all values back.
func (r *request) close() {
	for _, free := range r.free {
		free()
	}
}

// at evaluates an expression at an instant. The value is shared: it must not be changed.
func (r *request) at(ctx context.Context, expr string, t time.Time) (answer, error) {
	return r.evaluate(ctx, evaluation{expr: expr, start: t.UnixMilli(), end: t.UnixMilli()})
}

// over evaluates an expression as the query asks: at an instant or over the range. The value is shared.
func (r *request) over(ctx context.Context, expr string, a *asked) (answer, error) {
	e := evaluation{expr: expr, start: a.times.end.UnixMilli(), end: a.times.end.UnixMilli(), byHand: a.query.byHand()}
	if !a.query.Instant {
		e.start, e.step = a.times.start.UnixMilli(), a.times.step
	}
	return r.evaluate(ctx, e)
}

func (r *request) evaluate(ctx context.Context, e evaluation) (answer, error) {
	r.mu.Lock()
	found := r.answers[e]
	if found == nil {
		// A panic in it is told to everybody who asks.
		found = sync.OnceValues(func() (answer, error) { return r.run(ctx, e) })
		r.answers[e] = found
	}
	r.mu.Unlock()
	return found()
}

// aheadAtOnce is how many expressions of one query are evaluated at a time.
const aheadAtOnce = 4

// ahead evaluates at a time what is asked for one by one afterwards.
func (r *request) ahead(ctx context.Context, exprs []string, a *asked) {
	var group errgroup.Group
	group.SetLimit(aheadAtOnce)
	for _, expr := range exprs {
		group.Go(func() error {
			defer func() { _ = recover() }() // whoever asks for it is told, of errors as well
			_, err := r.over(ctx, expr, a)
			return err
		})
	}
	_ = group.Wait()
}

func (r *request) run(ctx context.Context, e evaluation) (answer, error) {
	out, err := r.exec.evaluate(ctx, e)
	if out.free != nil {
		r.mu.Lock()
		r.free = append(r.free, out.free)
		r.mu.Unlock()
	}
	if err != nil {
		return answer{}, r.explain(err)
	}
	return out, nil
}
