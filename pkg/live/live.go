// Package live serves live panels, which evaluate signals in the browser.
//
//	live?ids=<id>,<id>   scrapes of targets; `targets` lists the ids. No parameter names a host
//	live/samples         samples of the history to start with
//	live/reasons         why values may be missing
//
// All three show more than any panel may have been built to show. They are for editors unless the settings allow viewers.
package live

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/notices"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// maxTargets is the maximum number of targets in one request.
const maxTargets = 20

// fleetFor returns the targets that live panels scrape. The error says why the user may not.
func fleetFor(ctx context.Context, r *request.Request) (executor.Fleet, error) {
	e, scraping := r.Executor.(*executor.Embedded)
	if !scraping {
		return nil, failure.Forbidden("live mode scrapes Falco, and this data source is in Prometheus mode")
	}
	if r.Settings.Live.Interval == 0 {
		return nil, failure.Forbidden("live mode is disabled in the data source's settings: live.minInterval is 0")
	}
	user := backend.UserFromContext(ctx)
	if r.Settings.Live.AllowViewers || user != nil && (user.Role == "Editor" || user.Role == "Admin") {
		return e.Fleet, nil
	}
	return nil, failure.Forbidden("live mode is for editors and administrators, because it returns Falco's complete metrics. An administrator can allow it for viewers: live.allowViewers")
}

// scrapesResponse is the response of `live`. Times are unix milliseconds on the clock of this process.
type scrapesResponse struct {
	Now     int64          `json:"now"`
	Targets []targetScrape `json:"targets"` // in the order of the ids
}

// targetScrape is the last live scrape of one target; see scrape.Live.
type targetScrape struct {
	ID      string            `json:"id"`
	Time    int64             `json:"time,omitempty"` // when the scrape began; absent before the first one
	Seconds float64           `json:"seconds"`        // duration of the scrape
	State   target.State      `json:"state"`
	Cause   target.Cause      `json:"cause,omitempty"`
	Message string            `json:"message,omitempty"`
	Labels  map[string]string `json:"labels"` // of every sample of the target
	Gauges  []gauge           `json:"gauges"` // series from the settings
	Text    string            `json:"text,omitempty"`
	// Waiting is for how many seconds the next response has been pending.
	Waiting float64 `json:"waiting,omitempty"`
	// Elsewhere means that another target has the same node. No samples are written for this one.
	Elsewhere bool `json:"elsewhere,omitempty"`
	// Trouble describes a target that is not simply up.
	Trouble *trouble `json:"trouble,omitempty"`
}

// trouble is a cause that several targets can share. Their names go between What and Change.
type trouble struct {
	Severity data.NoticeSeverity `json:"severity"`
	What     string              `json:"what"`
	Change   string              `json:"change"`
}

// gauge is a sample whose value comes from the settings.
type gauge struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels,omitempty"` // in addition to those of the target
	Value  float64           `json:"value"`
}

// Scrapes serves `live`. It reserves memory for the response when the scrapes are there: targets may be slow.
func Scrapes(r *request.Request, req *http.Request) (any, error) {
	fleet, err := fleetFor(req.Context(), r)
	if err != nil {
		return nil, err
	}
	ids, err := targetIDs(req)
	if err != nil {
		return nil, err
	}
	answer := scrapesResponse{Targets: []targetScrape{}}
	room := r.Settings.Limits.BodySizeLimit
	scrapes := fleet.Live(req.Context(), ids, r.Settings.Live.Interval)
	if err := r.Reserve(req.Context(), request.LargeResource); err != nil {
		return nil, err
	}
	for _, one := range scrapes {
		if room -= int64(len(one.Body)); room < 0 {
			one.State, one.Body = target.Down, ""
			one.Cause, one.Message = target.TooLarge, fmt.Sprintf("The responses of all targets together exceed limits.bodySizeLimit (%d bytes): select fewer targets, or raise the limit.", r.Settings.Limits.BodySizeLimit)
		}
		answer.Targets = append(answer.Targets, newTargetScrape(r, one))
	}
	answer.Now = r.Now().UnixMilli()
	return answer, nil
}

func targetIDs(req *http.Request) ([]string, error) {
	text := req.URL.Query().Get("ids")
	ids := strings.Split(text, ",")
	if text == "" || len(ids) > maxTargets {
		found := len(ids)
		if text == "" {
			found = 0
		}
		return nil, failure.User(fmt.Errorf("the request names %d targets: expected 1 to %d ids, separated by commas", found, maxTargets))
	}
	return ids, nil
}

func newTargetScrape(r *request.Request, one scrape.Live) targetScrape {
	out := targetScrape{
		ID: one.ID, Seconds: one.Duration.Seconds(), State: one.State, Cause: one.Cause, Message: one.Message,
		Labels: one.Labels.Map(), Gauges: []gauge{}, Text: one.Body, Waiting: one.Waiting.Seconds(), Elsewhere: one.DuplicateNode,
	}
	if !one.LastScrape.IsZero() {
		out.Time = one.LastScrape.UnixMilli()
	}
	for _, g := range one.Gauges {
		out.Gauges = append(out.Gauges, gauge(g))
	}
	if one.SnapshotInterval > 0 {
		out.Trouble = &trouble{data.NoticeSeverityInfo, fmt.Sprintf("Live updates are limited to one every %s for", one.SnapshotInterval),
			fmt.Sprintf("Falco %s and later refreshes its metrics that often.", r.Catalogue.Reading.Scraping.Snapshot.Since)}
	}
	if c, known := notices.StateCauses[one.State]; known {
		c = notices.WithMessage(c, one.Status)
		out.Trouble = &trouble{c.Severity, c.What, c.Change}
	}
	return out
}
