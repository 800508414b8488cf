package datasource

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
	"github.com/grafana/grafana-plugin-sdk-go/data"
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

// notLive is told of what the browser does not answer: it takes "live" off what it leaves to us.
var notLive = data.Notice{Severity: data.NoticeSeverityInfo, Text: "Live is ignored: alert rules and expressions are answered from the history."}

// kinds answer queries, each its kind. There is at least one frame, and notices ride on the first.
var kinds = map[string]kind{
	"signal":    {answer: (*request).signal},
	"promql":    {answer: (*request).promql},
	"health":    {answer: (*request).health},
	"inventory": {answer: (*request).inventory, words: true},
	"rules":     {answer: (*request).rules, words: true},
	"events":    {answer: (*request).events, words: true},
}

type kind struct {
	answer func(*request, context.Context, *asked) (data.Frames, error)
	// words is whether it tells of the range as a whole, up to its very end, in words: alert rules can judge none.
	words bool
}

// asked is one query, ready to be evaluated, and what came of it.
type asked struct {
	query   query
	refID   string
	times   times
	targets targets          // those that the query is about
	results []frames.Result  // of the kinds signal and promql
	filters []signals.Filter // that the results are compiled with
	compare time.Duration    // how much earlier the figures are that are shown beside; 0: none
	worst   *worst           // what a limit leaves; nil without one
	remarks []data.Notice    // what the executor had to say of the values
}

// begin is when the range of a query begins, also that of an instant.
func (a *asked) begin() time.Time { return a.times.end.Add(-a.times.length) }

// QueryData answers every query for itself: what goes wrong with one does not touch the others.
func (d *Instance) QueryData(ctx context.Context, req *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	if err := d.ready(ctx, queryPatience); err != nil {
		res := backend.NewQueryDataResponse()
		for _, q := range req.Queries {
			res.Responses[q.RefID] = refuse(err)
		}
		return res, nil
	}
	_, fromAlert := req.Headers[backend.FromAlertHeaderName]
	fromAlert = fromAlert || req.GetHTTPHeader(backend.FromAlertHeaderName) != ""
	r := d.newRequest(fromAlert)
	defer r.close()
	return concurrent.QueryData(ctx, req, func(ctx context.Context, q concurrent.Query) backend.DataResponse {
		return r.answer(ctx, q.DataQuery)
	}, atOnce)
}

// answer answers one query. A panic in it is an error of this query only.
func (r *request) answer(ctx context.Context, dq backend.DataQuery) (res backend.DataResponse) {
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
	kind, known := kinds[q.QueryType]
	if !known {
		return refuse(userError{fmt.Errorf("the query type is %q: expected signal, health, inventory, rules, events or promql", q.QueryType)})
	}
	if r.fromAlert && kind.words {
		return refuse(userError{fmt.Errorf("queries of type %s give words, which an alert rule cannot judge: expected query type health, signal or promql", q.QueryType)})
	}
	if r.fromAlert {
		q.Format = "timeseries" // alert rules judge series and never get tables
	}
	q.Instant = q.Instant || kind.words
	dq.TimeRange.To = r.firstLook(dq.TimeRange.To)
	a := &asked{query: q, refID: dq.RefID, times: timesOf(dq, r.settings.interval)}
	if q.Instant {
		a.times = a.times.at(dq)
	}
	if err := r.readCompare(a); err != nil {
		return refuse(userError{err})
	}
	out, err := kind.answer(r, ctx, a)
	if err != nil {
		return refuse(err)
	}
	for _, frame := range out {
		frame.RefID = dq.RefID
	}
	if q.Live {
		out[0].AppendNotices(notLive)
	}
	r.sign(out)
	return backend.DataResponse{Frames: out}
}

// sign puts the history that an answer is from into the meta of its first frame: every replica of Grafana has its own.
// Of a store's it is not known when it begins, and all replicas see the same.
func (r *request) sign(out data.Frames) {
	since := r.exec.since()
	if r.process == "" || since.IsZero() || len(out) == 0 || out[0].Meta == nil {
		return
	}
	custom, _ := out[0].Meta.Custom.(map[string]any)
	custom = maps.Clone(custom)
	if custom == nil {
		custom = map[string]any{}
	}
	custom["history"] = map[string]any{"process": r.process, "since": since.UTC().Format(time.RFC3339)}
	out[0].Meta.Custom = custom
}

// firstLook is the end of a range, for which "now" was a moment before the first scrape: the very request that starts
// the scraping would find nothing at its end. It goes to the present, which is after that scrape.
func (r *request) firstLook(to time.Time) time.Time {
	if since := r.exec.since(); since.After(to) && since.Sub(to) <= queryPatience {
		return r.now()
	}
	return to
}
