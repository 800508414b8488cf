package datasource

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/common/model"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

// What the browser asks that evaluates by itself, second by second:
//
//	live?ids=<id>,<id>   scrapes of targets, whose ids `targets` gives: see liveAnswer. No parameter names a host
//	live/samples         samples of the history, to begin with: see liveSamples
//	live/reasons         why figures may be missing: see liveReasons
//
// Text of answers and samples show what no panel may have been made to show, so that all three are for editors unless
// the settings open them to viewers.

// mostLive is how many targets may be watched at once in one request.
const mostLive = 20

// liveSettings are those of `live`; without an interval it is off.
type liveSettings struct {
	interval     time.Duration
	allowViewers bool
}

const (
	shortestLive = 500 * time.Millisecond
	longestLive  = time.Minute
)

func (d jsonData) liveSettings(p *problems) liveSettings {
	interval, err := model.ParseDuration(d.Live.MinInterval)
	length := time.Duration(interval)
	if err != nil || length != 0 && (length < shortestLive || length > longestLive) {
		p.add("live.minInterval is %s: expected a duration from 500ms to 1m, or 0 to turn live off", d.Live.MinInterval)
	}
	return liveSettings{length, d.Live.AllowViewers}
}

// forbidden is told to those who may not watch, and to all when nobody may.
type forbidden string

func (f forbidden) Error() string { return string(f) }

// watched are the targets that live scrapes; the error is why the user may not watch them.
func (d *Instance) watched(ctx context.Context) (fleet, error) {
	e, scraping := d.exec.(*embedded)
	if !scraping {
		return nil, forbidden("live scrapes Falco's endpoints, and this data source reads from a store")
	}
	if d.settings.live.interval == 0 {
		return nil, forbidden("live is off in the data source's settings: live.minInterval is 0")
	}
	user := backend.UserFromContext(ctx)
	if d.settings.live.allowViewers || user != nil && (user.Role == "Editor" || user.Role == "Admin") {
		return e.fleet, nil
	}
	return nil, forbidden("live is for editors and administrators, as it reads whole answers of Falco; whoever runs the data source can open it to viewers (live.allowViewers)")
}

// liveAnswer is the answer to `live`. Times are unix milliseconds by the clock of this process.
type liveAnswer struct {
	Now     int64        `json:"now"`
	Targets []liveTarget `json:"targets"` // in the order of the ids
}

// liveTarget is the last live scrape of one target; see scrape.Live.
type liveTarget struct {
	ID      string            `json:"id"`
	Time    int64             `json:"time,omitempty"` // when the scrape began; none where there was none yet
	Seconds float64           `json:"seconds"`        // it took
	State   scrape.State      `json:"state"`
	Cause   scrape.Cause      `json:"cause,omitempty"`
	Message string            `json:"message,omitempty"`
	Labels  map[string]string `json:"labels"` // what every sample of the target carries
	Gauges  []liveGauge       `json:"gauges"` // series beside the scrape, from the settings
	Text    string            `json:"text,omitempty"`
	// Waiting is for how many seconds the next answer has been under way.
	Waiting float64 `json:"waiting,omitempty"`
	// Elsewhere is whether another target has this one's node: then nothing is written for this one.
	Elsewhere bool `json:"elsewhere,omitempty"`
	// Trouble is what to tell of a target that does not simply answer.
	Trouble *liveTrouble `json:"trouble,omitempty"`
}

// liveTrouble is a cause that several targets can have in common: names go between What and Change.
type liveTrouble struct {
	Severity data.NoticeSeverity `json:"severity"`
	What     string              `json:"what"`
	Change   string              `json:"change"`
}

// liveGauge is a sample that comes from the settings.
type liveGauge struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels,omitempty"` // besides the target's
	Value  float64           `json:"value"`
}

func (d *Instance) live(r *http.Request) (any, error) {
	fleet, err := d.watched(r.Context())
	if err != nil {
		return nil, err
	}
	ids, err := idsOf(r)
	if err != nil {
		return nil, err
	}
	answer := liveAnswer{Targets: []liveTarget{}}
	room := d.settings.limits.BodySizeLimit
	for _, one := range fleet.Live(r.Context(), ids, d.settings.live.interval) {
		if room -= int64(len(one.Body)); room < 0 {
			one.State, one.Body = scrape.Down, ""
			one.Cause, one.Message = scrape.TooLarge, fmt.Sprintf("The answers of all targets watched are together larger than one may be (%d bytes): watch fewer of them at once, or raise limits.bodySizeLimit.", d.settings.limits.BodySizeLimit)
		}
		answer.Targets = append(answer.Targets, d.liveTarget(one))
	}
	answer.Now = d.now().UnixMilli()
	return answer, nil
}

func idsOf(r *http.Request) ([]string, error) {
	text := r.URL.Query().Get("ids")
	ids := strings.Split(text, ",")
	if text == "" || len(ids) > mostLive {
		found := len(ids)
		if text == "" {
			found = 0
		}
		return nil, userError{fmt.Errorf("%d targets are asked for: expected 1 to %d of their ids, with commas between", found, mostLive)}
	}
	return ids, nil
}

func (d *Instance) liveTarget(one scrape.Live) liveTarget {
	out := liveTarget{
		ID: one.ID, Seconds: one.Duration.Seconds(), State: one.State, Cause: one.Cause, Message: one.Message,
		Labels: one.Labels.Map(), Gauges: []liveGauge{}, Text: one.Body, Waiting: one.Waiting.Seconds(), Elsewhere: one.DuplicateNode,
	}
	if !one.LastScrape.IsZero() {
		out.Time = one.LastScrape.UnixMilli()
	}
	for _, g := range one.Gauges {
		out.Gauges = append(out.Gauges, liveGauge(g))
	}
	if one.SnapshotInterval > 0 {
		out.Trouble = &liveTrouble{data.NoticeSeverityInfo, fmt.Sprintf("Live updates are limited to one every %s for", one.SnapshotInterval),
			fmt.Sprintf("Falco %s and later refreshes its metrics that often.", d.catalogue.Reading.Scraping.Snapshot.Since)}
	}
	if c, known := states[one.State]; known {
		c = stated(c, one.Status)
		out.Trouble = &liveTrouble{c.severity, c.what, c.change}
	}
	return out
}
