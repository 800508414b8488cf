package scrape

import (
	"cmp"
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// startingFor is how long a 404 is taken for a start or a hot reload: Falco opens its route when it captures.
const startingFor = 2 * time.Minute

// target is one address. Its unit's mutex guards all but the reader, which only the target's goroutine uses.
type target struct {
	url      *url.URL // nil for the stand-in of a discovery that has found nothing
	address  string
	fallback string            // its node as long as it never answered: host:port
	listed   map[string]string // labels from discovery
	labels   map[string]string // those and the configured ones
	reader   *Reader

	cancel  context.CancelFunc
	first   chan struct{} // of its present goroutine: closed after the first scrape, and at its end
	removed bool
	left    time.Time // when it left discovery; zero while it is listed

	host     string // as it last gave it
	identity *identityLabels
	active   []*Series // those whose last sample is a value
	writing  bool      // up is among what it writes: its last sample is a value
	balancer balancer

	notFound time.Time // first 404 in a row
	status   Status
	live     liveScrapes
}

// outcome of one scrape: an answer or a failure.
type outcome struct {
	answer   *ScrapeResult
	remark   string
	failure  *Failure
	duration time.Duration
}

// newTarget makes a target for an address; found is what discovery says of it.
func (u *scrapePool) newTarget(at found) *target {
	t := &target{
		url: at.url, listed: at.labels, labels: map[string]string{}, address: u.url.String(), fallback: hostPort(u.url),
		reader: NewReaderForKind(u.entry.Kind, u.config.Reading, u.config.Limits),
	}
	if at.url != nil {
		t.address, t.fallback = at.url.String(), hostPort(at.url)
	}
	maps.Copy(t.labels, at.labels)
	maps.Copy(t.labels, u.entry.Labels)
	t.status = Status{
		ID: u.targetID(t.address), Address: t.address, Configured: u.entry.URL, Kind: u.entry.Kind, State: Pending,
		Message: "Not scraped yet.", Since: time.Now(), Gauges: u.entry.Gauges,
	}
	t.identity = u.identify(t)
	t.status.Labels = t.identity.labels
	return t
}

// identityLabels are the labels that every sample of a target carries.
type identityLabels struct {
	labels labels.Labels
	claim  string // cluster and node: what no two targets may both be
	own    []*history.Series
}

// identify works out who a target is now. The address is no part of it, so that a node which answers from a new
// address goes on as the same series.
func (u *scrapePool) identify(t *target) *identityLabels {
	b := labels.NewBuilder(labels.EmptyLabels())
	switch {
	case t.balancer.on, t.host == "":
		b.Set(nodeLabel, t.fallback)
	default:
		b.Set(nodeLabel, t.host)
	}
	for name, value := range t.labels {
		b.Set(name, value)
	}
	if u.entry.Kind != KindFalco {
		b.Set(kindLabel, u.entry.Kind)
	}
	l := b.Labels()
	if t.identity != nil && labels.Equal(l, t.identity.labels) {
		return t.identity
	}
	return &identityLabels{labels: l, claim: l.Get(clusterLabel) + "\xff" + l.Get(nodeLabel)}
}

// series is where the samples of s go. A label that the target has, too, is renamed as Prometheus does.
func (id *identityLabels) series(h *history.History, s *Series) *history.Series {
	if s.owner != id {
		b := labels.NewBuilder(s.Labels)
		id.labels.Range(func(l labels.Label) {
			if own := s.Labels.Get(l.Name); own != "" {
				b.Set("exported_"+l.Name, own)
			}
			b.Set(l.Name, l.Value)
		})
		s.stored, s.owner = h.Lookup(b.Labels()), id
	}
	return s.stored
}

// own adds to a batch the series that are written for a target whatever it answers: those of every scrape, whose values
// are given, and the configured gauges. Without values, it adds the end of each.
func (u *scrapePool) own(batch []history.Sample, id *identityLabels, values ...float64) []history.Sample {
	if id.own == nil {
		for _, name := range []string{"up", "scrape_duration_seconds", "scrape_samples_scraped"} {
			id.own = append(id.own, id.ownSeries(u.history, Gauge{Name: name}))
		}
		for _, g := range u.entry.Gauges {
			id.own = append(id.own, id.ownSeries(u.history, g))
		}
	}
	if len(values) > 0 {
		for _, g := range u.entry.Gauges {
			values = append(values, g.Value)
		}
	}
	for i, s := range id.own {
		value := stale
		if len(values) > 0 {
			value = values[i]
		}
		batch = append(batch, history.Sample{Series: s, Value: value})
	}
	return batch
}

func (id *identityLabels) ownSeries(h *history.History, g Gauge) *history.Series {
	b := labels.NewBuilder(id.labels)
	for name, value := range g.Labels {
		b.Set(name, value)
	}
	b.Set(model.MetricNameLabel, g.Name)
	return h.Series(b.Labels())
}

// process tells which process has given an answer.
func (a *ScrapeResult) process(reading signals.Reading) (p process) {
	for _, s := range a.Samples {
		switch s.Series.Name {
		case reading.Host.Metric:
			p.host = s.Series.Labels.Get(reading.Host.Label)
		case reading.Start.Metric:
			p.start = int64(s.Value / 1e6)
		}
	}
	return p
}

// facts are what the catalogue wants to know of a target in words.
func (a *ScrapeResult) facts(reading signals.Reading) map[string]string {
	facts := map[string]string{}
	for _, f := range reading.Facts {
		for _, s := range a.Samples {
			if s.Series.Name != f.Metric {
				continue
			}
			value := s.Series.Labels.Get(f.Label)
			if value == "" {
				continue
			}
			if !slices.Contains(f.Last, value) {
				facts[f.ID] = value
				break
			}
			facts[f.ID] = cmp.Or(facts[f.ID], value)
		}
	}
	return facts
}

// foreign tells metrics that are not those of the kind expected. A Falcosidekick without a mark is accepted: its
// counters only appear with the first event.
func (a *ScrapeResult) foreign(kind string, reading signals.Reading) *Failure {
	other := ""
	for _, mark := range reading.Marks {
		for name := range a.Names {
			if strings.HasPrefix(name, mark.Prefix) {
				if mark.Kind == kind {
					return nil
				}
				other = mark.Kind
			}
		}
	}
	switch {
	case other != "":
		return wrongKind(kind, other)
	case kind == KindFalco && len(reading.Marks) > 0:
		return notFalco(kind)
	}
	return nil
}

// note brings the status up to date after a scrape.
func (t *target) note(o outcome, state State, why *Failure, reading signals.Reading) {
	now, s := time.Now(), &t.status
	if s.State != state {
		s.State, s.Since = state, now
	}
	s.Cause, s.Message = "", o.remark
	if why != nil {
		s.Cause, s.Message = why.Cause, why.Message
	}
	s.Labels = t.identity.labels
	s.LastScrape, s.Duration = now, o.duration
	s.Scrapes++
	if s.FirstScrape.IsZero() {
		s.FirstScrape = now
	}
	s.Samples, s.Unreadable, s.Duplicates, s.Problems = 0, 0, 0, nil
	if a := o.answer; a != nil {
		s.LastUp = now
		s.Samples, s.Unreadable, s.Duplicates, s.Problems = len(a.Samples), a.Unreadable, a.Duplicates-a.Shortened, a.Problems
		s.Facts, s.Metrics = a.facts(reading), a.Names
	}
}

// judge is the state of a target after a scrape, but for what other targets have to do with it.
func (t *target) judge(failure *Failure) (State, *Failure) {
	switch {
	case failure == nil || failure.Cause != NotFound:
		t.notFound = time.Time{}
	case t.notFound.IsZero():
		t.notFound = time.Now()
	}
	return t.state(failure)
}

// state is judge without an end or a beginning of what lasts: for scrapes beside the grid.
func (t *target) state(failure *Failure) (State, *Failure) {
	switch {
	case failure == nil && t.balancer.on:
		return LoadBalancer, t.balancer.failure()
	case failure == nil:
		return Up, nil
	case failure.Cause == Vanished:
		return Gone, failure
	case failure.Cause == NotFound && (t.notFound.IsZero() || time.Since(t.notFound) < startingFor):
		return Starting, failure
	case failure.Cause == NotFound:
		return Down, notFoundLasts(t.status.Kind, t.url.Path)
	}
	return Down, failure
}

// answers tells whether the last scrape got metrics.
func (t *target) answers() bool {
	return t.left.IsZero() && (t.status.State == Up || t.status.State == Duplicate || t.status.State == LoadBalancer)
}
