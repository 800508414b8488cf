package datasource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
	"github.com/grafana/grafana-plugin-sdk-go/backend/resource/httpadapter"
	"github.com/prometheus/common/model"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/budget"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/export"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/inventory"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/live"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

const (
	// mostValues bounds every list that is sent.
	mostValues = 10_000
	// resourcePatience is how long a resource waits for targets that have not been scraped yet.
	resourcePatience = 2 * time.Second
)

// routes is the index of resources. All but alerts are GET and respond with {"data": …}, or {"error": "…"} and a status:
//
//	labels                  label names of the samples: ["cluster", "node"]; a grouping (version, engine, kernel) by its
//	                        own name instead of that of its label
//	labels/<name>/values    values of a label, or of a grouping (version, engine, kernel): ["node-1"]; priorities as
//	                        words, the most severe first.
//	                        ?filters=[{"key","operator","value"}] restricts them as in a query;
//	                        &from and &to (unix milliseconds) leave out what has no sample in between
//	metrics                 names of the metrics: ["up"]
//	promql/labels           label names as PromQL uses them: ["engine_name"]; ?metric=up&metric=… restricts them
//	promql/labels/<name>/values  values of such a label: ["modern_bpf"]; ?metric=… and &filters=… restrict them
//	targets                 every target: see targetEntry
//	baseline                what more than half of the Falcos have, in the form of the setting: {"version": "0.44.1"}
//	alerts                  POST: takes alerts, see package receiver
//	live, live/…            for live panels: see package live
//	export                  the targets for Prometheus as YAML: ?format=prometheus, servicemonitor or datasource
//	expression              an expression of the catalogue, ?expr=…, as this data source evaluates it
//
// Lists are sorted and hold 10 000 entries at most.
func (d *Instance) routes() backend.CallResourceHandler {
	mux := http.NewServeMux()
	mux.HandleFunc("/labels", d.lookUp(request.SmallResource, labelNames))
	mux.HandleFunc("/labels/{name}/values", d.lookUp(request.SmallResource, func(r *request.Request, req *http.Request) (any, error) {
		from, to, err := request.TimeParameters(req)
		if err != nil {
			return nil, err
		}
		return labelValues(req.Context(), r, req.PathValue("name"), req.URL.Query().Get("filters"), from, to)
	}))
	mux.HandleFunc("/metrics", d.lookUp(request.SmallResource, func(r *request.Request, req *http.Request) (any, error) {
		return labelValues(req.Context(), r, model.MetricNameLabel, "", 0, math.MaxInt64)
	}))
	mux.HandleFunc("/promql/labels", d.lookUp(request.SmallResource, sampleLabels))
	mux.HandleFunc("/promql/labels/{name}/values", d.lookUp(request.SmallResource, sampleValues))
	mux.HandleFunc("/targets", d.lookUp(request.LargeResource, func(r *request.Request, _ *http.Request) (any, error) { return targetList(r), nil }))
	mux.HandleFunc("/baseline", d.lookUp(request.SmallResource, func(r *request.Request, req *http.Request) (any, error) { return inventory.Majority(req.Context(), r) }))
	mux.HandleFunc("/live", d.lookUp(0, live.Scrapes))
	mux.HandleFunc("/live/samples", d.lookUp(request.LargeResource, live.Samples))
	mux.HandleFunc("/live/reasons", d.lookUp(request.SmallResource, live.Reasons))
	mux.HandleFunc("/alerts", d.receiveAlerts)
	mux.HandleFunc("/export", d.lookUp(request.LargeResource, func(r *request.Request, req *http.Request) (any, error) {
		return export.Write(r.Settings, r.Catalogue, req.URL.Query().Get("format"))
	}))
	mux.HandleFunc("/expression", d.lookUp(request.SmallResource, func(r *request.Request, req *http.Request) (any, error) {
		expr := req.URL.Query().Get("expr")
		if err := r.Settings.Expressions.Check(expr); err != nil {
			return nil, err
		}
		expr, err := r.Executor.Rewrite(expr)
		if err != nil {
			return nil, r.Explain(err)
		}
		return expr, nil
	}))
	mux.HandleFunc("/", func(w http.ResponseWriter, req *http.Request) {
		fail(w, http.StatusNotFound, fmt.Errorf("there is no resource %q: expected labels, labels/<name>/values, metrics, promql/labels, promql/labels/<name>/values, targets, alerts, baseline, export, expression or live", strings.TrimPrefix(req.URL.Path, "/")))
	})
	return httpadapter.New(mux)
}

// CallResource serves the resources.
func (d *Instance) CallResource(ctx context.Context, req *backend.CallResourceRequest, sender backend.CallResourceResponseSender) error {
	return d.resources.CallResource(ctx, req, sender)
}

// lookUp serves a resource, for whose response it reserves some memory, unless find does. The result of find is the field
// data of the response.
func (d *Instance) lookUp(size frames.Bytes, find func(*request.Request, *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		defer func() {
			if reason := recover(); reason != nil {
				log.DefaultLogger.FromContext(req.Context()).Error("A resource panicked", "path", req.URL.Path, "panic", reason, "stack", string(debug.Stack()))
				fail(w, http.StatusInternalServerError, errors.New("this request failed inside the plugin; the plugin's log has the details"))
			}
		}()
		if req.Method != http.MethodGet {
			fail(w, http.StatusMethodNotAllowed, fmt.Errorf("the method is %s: expected GET", req.Method))
			return
		}
		ctx, cancel := d.limited(req.Context(), false)
		defer cancel()
		if err := d.ready(ctx, resourcePatience, false); err != nil {
			fail(w, failure.HTTPStatus(err), err)
			return
		}
		asking := request.New(d.source, false)
		defer asking.Close()
		asking.Responses, asking.User = &responses, budget.UserOf(ctx)
		var (
			found any
			err   error
		)
		if size > 0 {
			err = asking.Reserve(ctx, size)
		}
		if err == nil {
			found, err = find(asking, req.WithContext(ctx))
		}
		if err = asking.ExplainEnd(err); err != nil {
			fail(w, failure.HTTPStatus(err), err)
			return
		}
		send(w, http.StatusOK, map[string]any{"data": found})
	}
}

func fail(w http.ResponseWriter, status int, err error) {
	send(w, status, map[string]any{"error": err.Error()})
}

func send(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(partWriter{w}).Encode(body) // fails only if the client has disconnected
}

// partBytes is the size of the messages in which a response is sent. gRPC takes the next one when most of the one before has
// been written, so that the memory of a response is not given back while it waits for a slow reader.
const partBytes = 256 << 10

// partWriter sends what is written to it in parts.
type partWriter struct{ to http.ResponseWriter }

func (w partWriter) Write(p []byte) (written int, err error) {
	for len(p) > 0 && err == nil {
		part := p[:min(len(p), partBytes)]
		_, err = w.to.Write(part)
		if f, ok := w.to.(http.Flusher); ok {
			f.Flush()
		}
		written, p = written+len(part), p[len(part):]
	}
	return written, err
}

// targetEntry is a target as editors see it. Times that never were are left out.
type targetEntry struct {
	ID         string            `json:"id"` // used by live
	Address    string            `json:"address"`
	Configured string            `json:"configured"`
	Kind       string            `json:"kind"`
	Labels     map[string]string `json:"labels"`
	State      target.State      `json:"state"`
	Cause      target.Cause      `json:"cause,omitempty"`
	Message    string            `json:"message,omitempty"`
	Discovery  string            `json:"discovery,omitempty"`
	Since      time.Time         `json:"since,omitzero"`
	LastScrape time.Time         `json:"lastScrape,omitzero"`
	LastUp     time.Time         `json:"lastUp,omitzero"`
	Seconds    float64           `json:"seconds"` // duration of the last scrape
	Samples    int               `json:"samples"`
	Unreadable int               `json:"unreadable"`
	Duplicates int               `json:"duplicates"`
	Problems   []target.Problem  `json:"problems"`
	Facts      map[string]string `json:"facts"`
}

func targetList(r *request.Request) []targetEntry {
	out := []targetEntry{}
	for _, s := range r.Executor.Targets() {
		out = append(out, targetEntry{
			ID: s.ID, Address: s.Address, Configured: s.Configured, Kind: s.Kind, Labels: s.Labels.Map(),
			State: s.State, Cause: s.Cause, Message: s.Message, Discovery: s.Discovery,
			Since: s.Since, LastScrape: s.LastScrape, LastUp: s.LastUp, Seconds: s.Duration.Seconds(),
			Samples: s.Samples, Unreadable: s.Unreadable, Duplicates: s.Duplicates,
			Problems: bounded(s.Problems), Facts: s.Facts,
		})
	}
	return bounded(out)
}
