package datasource

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"runtime/debug"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/experimental/concurrent"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/budget"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/events"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/figures"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/health"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/impact"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/inventory"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/query"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/rules"
)

const (
	// maxConcurrentQueries is how many queries of one request run at a time. The budget limits all requests.
	maxConcurrentQueries = 8
	// queryPatience is how long a request waits for targets that have not been scraped twice yet. The second scrape follows
	// the first after two seconds.
	queryPatience = 3 * time.Second
)

// liveIgnored explains that alert rules and expressions are evaluated on the history. The browser removes "live" from
// queries that it sends to the backend.
var liveIgnored = data.Notice{Severity: data.NoticeSeverityInfo, Text: "Live is ignored: alert rules and expressions use the history."}

// handlers answer queries by type. They return at least one frame; notices are on the first.
var handlers = map[string]handler{
	"signal":    {answer: figures.Signal},
	"promql":    {answer: figures.PromQL},
	"health":    {answer: health.Answer, maxSteps: health.MaxSteps, columns: true},
	"inventory": {answer: inventory.Answer, textual: true, columns: true},
	"rules":     {answer: rules.Answer, textual: true},
	"events":    {answer: events.Answer, textual: true},
	"impact":    {answer: impact.Answer, atEnd: true},
}

// handler answers one query type.
type handler struct {
	answer func(context.Context, *request.Request, *request.QueryContext) (data.Frames, error)
	// textual means that it returns text about the whole range, which alert rules cannot evaluate.
	textual bool
	// atEnd means that it has no values over time: it is evaluated once, about the whole range.
	atEnd bool
	// columns means that the columns of its table can be selected.
	columns bool
	// maxSteps is the maximum number of steps of a range; 0 for that of the panel.
	maxSteps int
}

// responses bounds the memory of all responses of the process.
var responses request.Responses

// QueryData answers every query independently: an error of one does not affect the others.
func (d *Instance) QueryData(ctx context.Context, req *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	sent := ctx // gRPC ends it when the response has been written
	_, fromAlert := req.Headers[backend.FromAlertHeaderName]
	fromAlert = fromAlert || req.GetHTTPHeader(backend.FromAlertHeaderName) != ""
	ctx, cancel := d.limited(ctx, fromAlert)
	defer cancel()
	if err := d.ready(ctx, queryPatience, true); err != nil {
		res := backend.NewQueryDataResponse()
		for _, q := range req.Queries {
			res.Responses[q.RefID] = failure.Response(err)
		}
		return res, nil
	}
	r := request.New(d.source, fromAlert)
	defer r.Close()
	r.Responses, r.Sent, r.User = &responses, sent, budget.UserOf(ctx)
	return concurrent.QueryData(ctx, req, func(ctx context.Context, q concurrent.Query) backend.DataResponse {
		return d.answerQuery(ctx, r, q.DataQuery)
	}, maxConcurrentQueries)
}

// limited returns the context of a request: limits.queryTimeout covers it whole, with all waiting.
func (d *Instance) limited(ctx context.Context, fromAlert bool) (context.Context, context.CancelFunc) {
	return context.WithTimeout(budget.WithClient(ctx, fromAlert), cmp.Or(d.source.Settings.QueryTimeout, queryPatience))
}

// answerQuery answers one query. A panic only fails this query.
func (d *Instance) answerQuery(ctx context.Context, r *request.Request, dq backend.DataQuery) (res backend.DataResponse) {
	defer func() {
		if trouble := recover(); trouble != nil {
			log.DefaultLogger.FromContext(ctx).Error("A query panicked", "refId", dq.RefID, "panic", trouble, "stack", string(debug.Stack()))
			res = backend.ErrDataResponseWithSource(backend.StatusInternal, backend.ErrorSourcePlugin,
				"this query failed inside the plugin, whose log has the details; please report it")
		}
	}()
	q, err := query.Read(dq.JSON)
	if err != nil {
		return failure.Response(failure.User(err))
	}
	kind, known := handlers[q.QueryType]
	if !known {
		return failure.Response(failure.User(fmt.Errorf("the query type is %q: expected signal, health, inventory, rules, events, impact or promql", q.QueryType)))
	}
	if r.FromAlert && kind.textual {
		return failure.Response(failure.User(fmt.Errorf("queries of type %s return text, which an alert rule cannot evaluate: expected query type health, impact, signal or promql", q.QueryType)))
	}
	if r.FromAlert {
		q.Format = "timeseries" // alert rules judge series and never get tables
	}
	q.Instant = q.Instant || kind.textual || kind.atEnd
	if q.Filters, err = r.ReadFilters(q.Filters); err != nil {
		return failure.Response(err)
	}
	asked := dq.TimeRange.To
	dq.TimeRange.To = firstLook(r, asked)
	late := dq.TimeRange.To.Sub(asked)
	qc := &request.QueryContext{Query: q, RefID: dq.RefID, Times: query.NewTimes(dq, r.Settings.Interval)}
	if !q.Instant {
		if kind.maxSteps > 0 {
			qc.Times = qc.Times.Coarsen(kind.maxSteps)
		}
		qc.Times = qc.Times.Within(r.Executor.HistoryStart(), dq.TimeRange.To)
	} else {
		if !q.UserWritten() {
			dq.TimeRange.To = onTick(r, dq.TimeRange.To)
		}
		qc.Times = qc.Times.AtEnd(dq)
	}
	if err := figures.ReadCompare(r, qc); err != nil {
		return failure.Response(failure.User(err))
	}
	return d.answers.share(ctx, r, dq, qc.Times, func() backend.DataResponse {
		out, err := kind.answer(ctx, r, qc)
		if err != nil {
			return failure.Response(r.ExplainEnd(err))
		}
		for _, frame := range out {
			frame.RefID = dq.RefID
			if late > 0 && !q.Instant {
				moveBack(frame, late)
			}
		}
		if kind.columns && q.Format == "table" {
			if err := frames.Select(out[0], q.Columns); err != nil {
				return failure.Response(failure.User(err))
			}
		}
		if q.Live {
			out[0].AppendNotices(liveIgnored)
		}
		sign(r, out)
		return backend.DataResponse{Frames: out}
	})
}

// sign adds the history's process and start to the meta of the first frame, because every replica of Grafana has its own
// history. Prometheus servers do not report when their history starts, and all replicas see the same one.
func sign(r *request.Request, out data.Frames) {
	since := r.Executor.HistoryStart()
	if r.Process == "" || since.IsZero() || len(out) == 0 || out[0].Meta == nil {
		return
	}
	custom, _ := out[0].Meta.Custom.(map[string]any)
	custom = maps.Clone(custom)
	if custom == nil {
		custom = map[string]any{}
	}
	custom["history"] = map[string]any{"process": r.Process, "since": since.UTC().Format(time.RFC3339)}
	out[0].Meta.Custom = custom
}

// manyTargets is the number of targets from which on instants are evaluated on ticks.
const manyTargets = 100

// onTick returns when to evaluate an instant that ends a range. In a large fleet, an instant within the last scrape
// interval becomes the tick of that interval, so that all viewers and alert rules ask for the same value between two
// scrapes. A history of less than two intervals is evaluated as it is, because its first samples may come after the tick.
func onTick(r *request.Request, at time.Time) time.Time {
	interval, since := r.Settings.Interval, r.Executor.HistoryStart()
	tick := query.Align(at, interval)
	if since.IsZero() || len(r.Targets()) < manyTargets || tick.Sub(since) < 2*interval || r.Now().Sub(at) >= interval {
		return at
	}
	return tick
}

// firstLook returns the end of a range. If this request had to wait for the first scrapes, they came just after the end of
// its range, so the range ends now instead. See [moveBack].
func firstLook(r *request.Request, to time.Time) time.Time {
	now := r.Now()
	if r.Executor.HistoryStart().Sub(to).Abs() <= queryPatience && now.Sub(to) <= 2*queryPatience {
		return now
	}
	return to
}

// moveBack makes the times of a frame earlier. Panels leave out what comes after the end of the range that they asked for.
func moveBack(frame *data.Frame, by time.Duration) {
	for _, field := range frame.Fields {
		if field.Type() != data.FieldTypeTime {
			continue
		}
		for i := range field.Len() {
			field.Set(i, field.At(i).(time.Time).Add(-by))
		}
	}
}
