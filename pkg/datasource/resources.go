package datasource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/resource/httpadapter"
	"github.com/prometheus/common/model"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/store"
)

const (
	// mostValues bounds every list that is sent.
	mostValues = 10_000
	// resourcePatience is how long a look-up waits for targets that were never scraped.
	resourcePatience = 2 * time.Second
)

// routes are the look-ups of the editors; all are GET, and all answer {"data": …}, or {"error": "…"} with a status:
//
//	labels                  names of the labels on the samples at hand: ["cluster", "node"]
//	labels/<name>/values    values of a label, or of a grouping (version, engine, kernel): ["node-1"].
//	                        ?filters=[{"key","operator","value"}], as in a query, narrows them;
//	                        &from and &to (unix milliseconds) leave out what has no sample in between
//	metrics                 names of the metrics at hand: ["up"]
//	targets                 every target: see target
//	baseline                what more than half of the Falcos have, as the setting `baseline` take it: {"version": "0.44.1"}
//	live, live/…            for those who watch second by second: see live.go
//	export                  the targets for a Prometheus, as text in YAML: ?format=prometheus, servicemonitor or datasource
//	expression              an expression of the catalogue, ?expr=…, as this data source evaluates it
//
// Lists are sorted and hold 10 000 entries at most.
func (d *Instance) routes() backend.CallResourceHandler {
	mux := http.NewServeMux()
	mux.HandleFunc("/labels", d.lookUp(d.labelNames))
	mux.HandleFunc("/labels/{name}/values", d.lookUp(func(r *http.Request) (any, error) {
		from, to, err := between(r)
		if err != nil {
			return nil, err
		}
		return d.labelValues(r.Context(), r.PathValue("name"), r.URL.Query().Get("filters"), from, to)
	}))
	mux.HandleFunc("/metrics", d.lookUp(func(r *http.Request) (any, error) {
		return d.labelValues(r.Context(), model.MetricNameLabel, "", 0, math.MaxInt64)
	}))
	mux.HandleFunc("/targets", d.lookUp(func(*http.Request) (any, error) { return d.targetList(), nil }))
	mux.HandleFunc("/baseline", d.lookUp(func(r *http.Request) (any, error) { return d.majority(r.Context()) }))
	mux.HandleFunc("/live", d.lookUp(d.live))
	mux.HandleFunc("/live/samples", d.lookUp(d.liveSamples))
	mux.HandleFunc("/live/reasons", d.lookUp(d.liveReasons))
	mux.HandleFunc("/export", d.lookUp(d.export))
	mux.HandleFunc("/expression", d.lookUp(func(r *http.Request) (any, error) {
		expr, err := d.exec.rewritten(r.URL.Query().Get("expr"))
		if err != nil {
			return nil, d.explain(err)
		}
		return expr, nil
	}))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, http.StatusNotFound, fmt.Errorf("there is no resource %q: expected labels, labels/<name>/values, metrics, targets, baseline, export, expression or live", strings.TrimPrefix(r.URL.Path, "/")))
	})
	return httpadapter.New(mux)
}

// CallResource serves the look-ups of the editors.
func (d *Instance) CallResource(ctx context.Context, req *backend.CallResourceRequest, sender backend.CallResourceResponseSender) error {
	return d.resources.CallResource(ctx, req, sender)
}

func (d *Instance) lookUp(find func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			fail(w, http.StatusMethodNotAllowed, fmt.Errorf("the method is %s: expected GET", r.Method))
			return
		}
		if err := d.ready(r.Context(), resourcePatience); err != nil {
			fail(w, statusOf(err), err)
			return
		}
		found, err := find(r)
		if err != nil {
			fail(w, statusOf(err), err)
			return
		}
		send(w, http.StatusOK, map[string]any{"data": found})
	}
}

// statusOf says whose fault an error is: the request's or the settings', the store's, or the plugin's.
func statusOf(err error) int {
	var (
		mistake userError
		failed  *store.Failure
	)
	switch {
	case errors.As(err, new(forbidden)):
		return http.StatusForbidden
	case errors.As(err, &mistake):
		return http.StatusBadRequest
	case errors.As(err, &failed) && failed.Query:
		return http.StatusBadRequest
	case errors.As(err, &failed):
		return http.StatusBadGateway
	}
	return http.StatusInternalServerError
}

func fail(w http.ResponseWriter, status int, err error) {
	send(w, status, map[string]any{"error": err.Error()})
}

func send(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller has gone, if anything
}

// target is a target as the editors see it. Times that never were are left out.
type target struct {
	ID         string            `json:"id"` // what live asks for
	Address    string            `json:"address"`
	Configured string            `json:"configured"`
	Kind       string            `json:"kind"`
	Labels     map[string]string `json:"labels"`
	State      scrape.State      `json:"state"`
	Cause      scrape.Cause      `json:"cause,omitempty"`
	Message    string            `json:"message,omitempty"`
	Discovery  string            `json:"discovery,omitempty"`
	Since      time.Time         `json:"since,omitzero"`
	LastScrape time.Time         `json:"lastScrape,omitzero"`
	LastUp     time.Time         `json:"lastUp,omitzero"`
	Seconds    float64           `json:"seconds"` // the last scrape took
	Samples    int               `json:"samples"`
	Unreadable int               `json:"unreadable"`
	Duplicates int               `json:"duplicates"`
	Problems   []scrape.Problem  `json:"problems"`
	Facts      map[string]string `json:"facts"`
}

func (d *Instance) targetList() []target {
	out := []target{}
	for _, s := range d.exec.targets() {
		out = append(out, target{
			ID: s.ID, Address: s.Address, Configured: s.Configured, Kind: s.Kind, Labels: s.Labels.Map(),
			State: s.State, Cause: s.Cause, Message: s.Message, Discovery: s.Discovery,
			Since: s.Since, LastScrape: s.LastScrape, LastUp: s.LastUp, Seconds: s.Duration.Seconds(),
			Samples: s.Samples, Unreadable: s.Unreadable, Duplicates: s.Duplicates,
			Problems: bounded(s.Problems), Facts: s.Facts,
		})
	}
	return bounded(out)
}
