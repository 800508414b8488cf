package scrape

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/exposition"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// dipRemarkFor is how long a target's status mentions its last dip.
const dipRemarkFor = time.Hour

// maxCounterNames bounds what a counterPattern remembers.
const maxCounterNames = 10_000

// counterPattern tells which metrics are counters that only fall when the process restarts or reloads. All readers share
// it, because matching the names of a whole response takes as long as reading it.
type counterPattern struct {
	include, exclude *regexp.Regexp // nil matches nothing

	mu    sync.Mutex
	known map[string]bool // by metric
}

// counterPatterns holds a counterPattern for each pair of expressions in use, which is one in practice.
var counterPatterns sync.Map

func counterPatternOf(reading signals.Reading) *counterPattern {
	if p, known := counterPatterns.Load(reading.Counters); known {
		return p.(*counterPattern)
	}
	whole := func(pattern string) *regexp.Regexp {
		if pattern == "" {
			return nil
		}
		return regexp.MustCompile("^(?:" + pattern + ")$")
	}
	p, _ := counterPatterns.LoadOrStore(reading.Counters, &counterPattern{
		include: whole(reading.Counters.Include), exclude: whole(reading.Counters.Exclude), known: map[string]bool{},
	})
	return p.(*counterPattern)
}

func (p *counterPattern) matches(metric string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	is, known := p.known[metric]
	if !known {
		if len(p.known) >= maxCounterNames {
			clear(p.known)
		}
		is = p.include != nil && p.include.MatchString(metric) && (p.exclude == nil || !p.exclude.MatchString(metric))
		p.known[strings.Clone(metric)] = is
	}
	return is
}

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

func (s *storedSamples) addEarlier(series *history.Series, points []point) {
	for _, p := range points {
		if s.earlier == nil {
			s.earlier = map[int64][]history.Sample{}
		}
		s.earlier[p.t] = append(s.earlier[p.t], history.Sample{Series: series, Value: p.v})
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
		if course == nil || course.observe(at, sample.Value, same) {
			s.current = append(s.current, history.Sample{Series: series, Value: sample.Value})
			continue
		}
		update := course.add(at, sample.Value, same)
		if n := len(update.settled); n > 0 {
			s.addEarlier(series, update.settled[:n-1])
			s.current = append(s.current, history.Sample{Series: series, Value: update.settled[n-1].v})
		}
		if update.provisional != nil {
			s.provisional = append(s.provisional, history.Sample{Series: series, Value: update.provisional.v})
		}
		dip = dip || update.dip
	}
	return dip
}

// endCourse settles a series whose samples do not continue at the next scrape. With forget, its next sample starts anew.
func (sp *scrapePool) endCourse(t *target, series *exposition.Series, forget bool, s *storedSamples) {
	course := t.stateOf(series).course
	if course == nil {
		return
	}
	s.addEarlier(t.historySeries(sp.history, series), course.end())
	if forget {
		*course = counterCourse{}
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
