package scrape

import (
	"context"
	"maps"
	"net"
	"net/url"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/counters"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/exposition"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/fetch"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/loadbalancer"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// startingFor is how long a 404 counts as a start or a hot reload: Falco registers its route when it starts to capture.
const startingFor = 2 * time.Minute

// target is one address. The mutex of its scrape pool guards everything but the reader, which only the target's own
// goroutine uses.
type target struct {
	url          *url.URL // nil for the placeholder of a discovery that found nothing
	address      string
	fallbackNode string            // host:port, the node label until the first response names the host
	listedLabels map[string]string // labels from discovery
	labels       map[string]string // listed and configured labels
	reader       *exposition.Reader
	reading      signals.Reading

	cancel        context.CancelFunc // nil while the target is not scraped
	firstScrapes  firstScrapes
	removed       bool
	leftDiscovery time.Time // zero while discovery lists the target

	host         string // as the target last reported it
	hostNames    hostNames
	identity     *identityLabels
	active       []*exposition.Series // series whose last sample is a value
	writing      bool                 // whether the target's own series (up etc.) are active
	loadBalancer loadbalancer.Detector

	connections   connectionLog
	counters      counterLog
	notFoundSince time.Time // first 404 in a row
	status        Status
	live          liveScrapes
}

// firstScrapes are closed after the first and after the second scrape since the start, or when scraping ends.
type firstScrapes [2]chan struct{}

// scrapeOutcome is a result or a failure.
type scrapeOutcome struct {
	result   *exposition.Result
	remark   string // about a result
	failure  *Failure
	start    time.Time // when the request's turn had come
	duration time.Duration
}

// newTarget returns the target of a discovered address.
func (sp *scrapePool) newTarget(d discoveredTarget) *target {
	t := &target{
		url: d.url, listedLabels: d.labels, labels: map[string]string{}, address: sp.url.String(), fallbackNode: hostPort(sp.url),
		reading: sp.config.Reading,
	}
	if d.url != nil {
		t.address, t.fallbackNode = d.url.String(), hostPort(d.url)
	}
	maps.Copy(t.labels, d.labels)
	maps.Copy(t.labels, sp.entry.Labels)
	t.status = Status{
		ID: sp.targetID(t.address), Address: t.address, Configured: sp.entry.URL, Kind: sp.entry.Kind, State: Pending,
		Message: "Not scraped yet.", Since: time.Now(), Gauges: sp.entry.Gauges,
	}
	t.identity = sp.identify(t)
	t.status.Labels = t.identity.labels
	return t
}

// hostPort returns the node label of a target that has not responded yet.
func hostPort(u *url.URL) string { return net.JoinHostPort(u.Hostname(), fetch.PortOf(u)) }

// identityLabels are the labels that every sample of a target carries.
type identityLabels struct {
	labels       labels.Labels
	key          string            // cluster and node, which only one target may have
	targetSeries []*history.Series // up and the like, then the configured gauges; nil until first written
}

// identify returns the current identity of a target. The address is not part of it, so that a node that responds from
// a new address continues the same series.
func (sp *scrapePool) identify(t *target) *identityLabels {
	b := labels.NewBuilder(labels.EmptyLabels())
	switch {
	case t.loadBalancer.Detected(), t.host == "":
		b.Set(nodeLabel, t.fallbackNode)
	default:
		b.Set(nodeLabel, t.host)
	}
	for name, value := range t.labels {
		b.Set(name, value)
	}
	if sp.entry.Kind != KindFalco {
		b.Set(kindLabel, sp.entry.Kind)
	}
	l := b.Labels()
	if t.identity != nil && labels.Equal(l, t.identity.labels) {
		return t.identity
	}
	return &identityLabels{labels: l, key: l.Get(clusterLabel) + "\xff" + l.Get(nodeLabel)}
}

// seriesState is what a target keeps with a series.
type seriesState struct {
	course    *counters.Course // nil if it is not a counter
	stored    *history.Series  // where the samples go while the target's identity is storedFor
	storedFor *identityLabels
}

func (t *target) stateOf(s *exposition.Series) *seriesState {
	if state, ok := s.State.(*seriesState); ok {
		return state
	}
	state := &seriesState{}
	if counters.PatternOf(t.reading).Matches(s.Name) {
		state.course = &counters.Course{}
	}
	s.State = state
	return state
}

// historySeries returns where the samples of s are stored. A label that the target also has is renamed to exported_…,
// as in Prometheus.
func (t *target) historySeries(h *history.History, s *exposition.Series) *history.Series {
	state := t.stateOf(s)
	if state.storedFor != t.identity {
		b := labels.NewBuilder(s.Labels)
		t.identity.labels.Range(func(l labels.Label) {
			if scraped := s.Labels.Get(l.Name); scraped != "" {
				b.Set("exported_"+l.Name, scraped)
			}
			b.Set(l.Name, l.Value)
		})
		state.stored, state.storedFor = h.Lookup(b.Labels()), t.identity
	}
	return state.stored
}

// appendTargetSeries adds to a batch the series that are written for a target even if the scrape failed: up and the like,
// the target's counters and the configured gauges. values are those of scrapeSeries; without them it adds a staleness
// marker for each.
func (sp *scrapePool) appendTargetSeries(batch []history.Sample, id *identityLabels, values ...float64) []history.Sample {
	if id.targetSeries == nil {
		for _, name := range sp.scrapeSeries() {
			id.targetSeries = append(id.targetSeries, id.newTargetSeries(sp.history, Gauge{Name: name}))
		}
		for _, g := range sp.entry.Gauges {
			id.targetSeries = append(id.targetSeries, id.newTargetSeries(sp.history, g))
		}
	}
	if len(values) > 0 {
		values = values[:len(id.targetSeries)-len(sp.entry.Gauges)]
		for _, g := range sp.entry.Gauges {
			values = append(values, g.Value)
		}
	}
	for i, s := range id.targetSeries {
		value := staleNaN
		if len(values) > 0 {
			value = values[i]
		}
		batch = append(batch, history.Sample{Series: s, Value: value})
	}
	return batch
}

// scrapeSeries returns the names of the series that describe a scrape. Names that the catalogue does not know are left
// out at the end.
func (sp *scrapePool) scrapeSeries() []string {
	names := []string{"up", "scrape_duration_seconds", "scrape_samples_scraped"}
	if counters := sp.config.Reading.Scraping.TargetCounters; counters.ConnectionFailures != "" {
		names = append(names, counters.ConnectionFailures, counters.CrashesWhileScraped, counters.CounterDips)
	}
	return names
}

func (id *identityLabels) newTargetSeries(h *history.History, g Gauge) *history.Series {
	b := labels.NewBuilder(id.labels)
	for name, value := range g.Labels {
		b.Set(name, value)
	}
	b.Set(model.MetricNameLabel, g.Name)
	return h.Series(b.Labels())
}
