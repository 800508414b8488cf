package datasource

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
	"github.com/grafana/grafana-plugin-sdk-go/experimental/concurrent"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

const (
	// atOnce is how many queries of one request run at a time; the engine has its own bound for all requests.
	atOnce = 8
	// queryPatience is how long a request waits for targets that were never scraped.
	queryPatience = 3 * time.Second
)

var errNoTargets = errors.New("no targets are configured: add the address of a Falco, such as node-1:8765, to the data source's settings")

// QueryData answers every query for itself: what goes wrong with one does not touch the others.
func (d *Instance) QueryData(ctx context.Context, req *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	if err := d.ready(ctx, queryPatience); err != nil {
		res := backend.NewQueryDataResponse()
		for _, q := range req.Queries {
			res.Responses[q.RefID] = refuse(userError{err})
		}
		return res, nil
	}
	_, fromAlert := req.Headers[backend.FromAlertHeaderName]
	fromAlert = fromAlert || req.GetHTTPHeader(backend.FromAlertHeaderName) != ""
	return concurrent.QueryData(ctx, req, func(ctx context.Context, q concurrent.Query) backend.DataResponse {
		return d.answer(ctx, q.DataQuery, fromAlert)
	}, atOnce)
}

// answer evaluates one query. A panic in it is an error of this query only.
func (d *Instance) answer(ctx context.Context, dq backend.DataQuery, fromAlert bool) (res backend.DataResponse) {
	defer func() {
		if trouble := recover(); trouble != nil {
			log.DefaultLogger.FromContext(ctx).Error("A query panicked", "refId", dq.RefID, "panic", trouble, "stack", string(debug.Stack()))
			res = backend.ErrDataResponseWithSource(backend.StatusInternal, backend.ErrorSourcePlugin,
				"this query failed inside the plugin, whose log has the details; please report it")
		}
	}()
	q, err := readQuery(dq.JSON)
	if err != nil {
		return refuse(userError{err})
	}
	q.Format = formatFor(q.Format, fromAlert)
	a, err := d.prepare(q, dq)
	if err != nil {
		return refuse(err)
	}
	if err := d.evaluate(ctx, a); err != nil {
		return refuse(err)
	}
	defer a.close()
	if err := d.nothing(a); err != nil {
		return refuse(err)
	}
	options := frames.Options{
		RefID: dq.RefID, Legend: q.Legend, Identity: identity, Table: q.Format == "table", Notices: d.notices(ctx, a),
	}
	if !q.Instant {
		options.Step = a.times.step
	}
	out, err := frames.From(a.results, options)
	if err != nil {
		return refuse(userError{err})
	}
	return backend.DataResponse{Frames: out}
}

// formatFor: alert rules judge series and never get tables.
func formatFor(format string, fromAlert bool) string {
	if fromAlert {
		return "timeseries"
	}
	return format
}

// asked is one query, ready to be evaluated, and then its results.
type asked struct {
	query   query
	times   times
	targets targets // those that the query is about
	results []frames.Result
	close   func() // gives the results' memory back to the engine
}

// prepare makes the expressions of a query.
func (d *Instance) prepare(q query, dq backend.DataQuery) (*asked, error) {
	a := &asked{query: q, times: timesOf(dq, d.settings.interval), close: func() {}}
	if q.Instant {
		a.times = a.times.at(dq)
	}
	switch q.Kind {
	case "promql":
		if q.Expr == "" {
			return nil, userError{errors.New("the query has no expression: write one, such as up == 0")}
		}
		a.results = []frames.Result{{Expr: a.times.expand(q.Expr)}}
	case "signal":
		for _, id := range q.Signals {
			r, err := d.compile(id, q, a.times)
			if err != nil {
				return nil, userError{err}
			}
			if !slices.ContainsFunc(a.results, func(other frames.Result) bool { return other.Signal == r.Signal }) {
				a.results = append(a.results, r)
			}
		}
	case "health", "inventory", "rules", "events":
		return nil, userError{fmt.Errorf("queries of kind %s are not available in this version: expected signal or promql", q.Kind)}
	default:
		return nil, userError{fmt.Errorf("the kind of the query is %q: expected signal or promql", q.Kind)}
	}
	a.targets = d.targetsOf(a)
	return a, nil
}

func (d *Instance) compile(id string, q query, t times) (frames.Result, error) {
	s, err := d.catalogue.Signal(id)
	if err != nil {
		return frames.Result{}, err
	}
	expr, window, err := d.catalogue.Compile(s, q.By, q.Filters, t.expand(q.Window), signals.CompileOptions{
		Identity: identity, TargetLabels: d.settings.targetLabels,
		Step: t.step, ScrapeInterval: t.scrape, Range: t.length,
	})
	return frames.Result{Signal: s, Expr: expr, Window: window}, err
}

// nothing is the error of a query that has no value because no target answers: then there was nothing
// to evaluate, and an empty panel or "no data" would say that all is well.
func (d *Instance) nothing(a *asked) error {
	if !empty(a.results) || len(a.targets.all) == 0 || !a.targets.dead() {
		return nil
	}
	return errors.New(d.troubles(a.targets.all).sentence())
}
