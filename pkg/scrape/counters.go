package scrape

import (
	"maps"
	"slices"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/counters"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/exposition"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

// dipRemarkFor is how long a target's status mentions its last dip.
const dipRemarkFor = time.Hour

// counterLog is what a target's counters tell about its scrapes.
type counterLog struct {
	process exposition.ProcessTimes // of the last successful scrape
	dips    int                     // scrapes that showed that counters had fallen without a restart and have returned
	lastDip time.Time
}

// storedSamples collects what one scrape stores, by time.
type storedSamples struct {
	current, provisional []history.Sample
	earlier              map[int64][]history.Sample
}

func (s *storedSamples) addEarlier(series *history.Series, points []counters.Point) {
	for _, p := range points {
		if s.earlier == nil {
			s.earlier = map[int64][]history.Sample{}
		}
		s.earlier[p.T] = append(s.earlier[p.T], history.Sample{Series: series, Value: p.V})
	}
}

// addScraped adds the samples of a successful scrape at the time at. It returns whether counters have returned from a dip.
func (sp *scrapePool) addScraped(t *target, at int64, result *exposition.Result, samples []exposition.Sample, s *storedSamples) (dip bool) {
	process := result.ProcessTimes(t.reading)
	same := process.Start != 0 && process == t.counters.process
	t.counters.process = process
	for _, sample := range samples {
		series := t.historySeries(sp.history, sample.Series)
		course := t.stateOf(sample.Series).course
		if course == nil || course.Observe(at, sample.Value, same) {
			s.current = append(s.current, history.Sample{Series: series, Value: sample.Value})
			continue
		}
		update := course.Add(at, sample.Value, same)
		if n := len(update.Settled); n > 0 {
			s.addEarlier(series, update.Settled[:n-1])
			s.current = append(s.current, history.Sample{Series: series, Value: update.Settled[n-1].V})
		}
		if update.Provisional != nil {
			s.provisional = append(s.provisional, history.Sample{Series: series, Value: update.Provisional.V})
		}
		dip = dip || update.Dip
	}
	return dip
}

// endCourse settles a series whose samples do not continue at the next scrape. With forget, its next sample starts anew.
func (sp *scrapePool) endCourse(t *target, series *exposition.Series, forget bool, s *storedSamples) {
	course := t.stateOf(series).course
	if course == nil {
		return
	}
	s.addEarlier(t.historySeries(sp.history, series), course.End())
	if forget {
		*course = counters.Course{}
	}
}

// appendEarlier appends what the scrape has settled of earlier ones.
func (sp *scrapePool) appendEarlier(s *storedSamples) {
	for _, at := range slices.Sorted(maps.Keys(s.earlier)) {
		sp.history.Append(at, s.earlier[at])
	}
}

// dipRemark returns what to say about a recent dip.
func (t *target) dipRemark(now time.Time) *Failure {
	at := t.counters.lastDip
	if at.IsZero() || now.Sub(at) >= dipRemarkFor {
		return nil
	}
	return failure(CountersFell, "Counters fell without a restart and came back, most recently at %s. The samples in between are replaced. Falco before %s reports wrong counters when two requests read its metrics at the same time: let only one scraper read it, or upgrade Falco.",
		at.UTC().Format("15:04:05 UTC"), t.reading.Scraping.Snapshot.Since)
}
