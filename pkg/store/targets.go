package store

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// who is a target of the store's scraper.
type who struct{ job, instance, cluster, node string }

// whoIs reads the labels of an answer, in which the identity has been renamed.
func (s *Store) whoIs(l labels.Labels) who {
	instance := l.Get("instance")
	if s.config.Identity.Written(nodeLabel) == "instance" {
		instance = l.Get(nodeLabel)
	}
	job := l.Get("job")
	if s.config.Identity.Written(nodeLabel) == "job" {
		job = l.Get(nodeLabel)
	}
	return who{job, instance, l.Get(clusterLabel), l.Get(nodeLabel)}
}

// statuses puts together what was found, sorted by node and address.
func (s *Store) statuses(f found, now time.Time) []target.Status {
	var out []target.Status
	for _, kind := range []string{target.KindFalco, target.KindFalcosidekick} {
		place := map[who]int{}
		for _, sample := range f.up[kind] {
			if _, twice := place[s.whoIs(sample.Metric)]; twice {
				continue // the same target, scraped by several replicas of the scraper
			}
			place[s.whoIs(sample.Metric)] = len(out)
			out = append(out, s.status(kind, s.whoIs(sample.Metric), sample.F == 1))
		}
		if kind == target.KindFalco {
			for w, last := range s.gone(f, place) {
				place[w] = len(out)
				out = append(out, s.vanished(w, last))
			}
		}
		s.fill(out, place, f, kind, now)
	}
	duplicates(out)
	slices.SortStableFunc(out, func(a, b target.Status) int {
		return cmp.Or(cmp.Compare(a.Node(), b.Node()), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Address, b.Address), cmp.Compare(a.Configured, b.Configured))
	})
	return out
}

// status of a target, but for when it was scraped, which is not looked up.
func (s *Store) status(kind string, w who, up bool) target.Status {
	b := labels.NewBuilder(labels.FromStrings(clusterLabel, w.cluster, nodeLabel, w.node))
	if kind != target.KindFalco {
		b.Set(kindLabel, kind)
	}
	status := target.Status{
		Address: cmp.Or(w.instance, w.node), Configured: w.job, Kind: kind, Labels: b.Labels(),
		State: target.Up, Facts: map[string]string{}, Metrics: map[string]bool{}, Gauges: s.config.Gauges,
	}
	if kind != target.KindFalco {
		status.Gauges = nil
	}
	if !up {
		status.State, status.Metrics = target.Down, nil
		status.Message = "The scrape fails, or its answer could not be read as a whole: the store's scraper has the error on its page of targets (in Prometheus Status > Target health)."
	}
	return status
}

func (s *Store) vanished(w who, last time.Time) target.Status {
	status := s.status(target.KindFalco, w, false)
	status.State, status.LastUp = target.Gone, last
	status.Message = fmt.Sprintf("It was last seen at %s, and is no target of the store's scraper any more: its pod has gone or is not ready (a crash loop?). It is told here for one hour.", last.UTC().Format("15:04 UTC"))
	return status
}

// gone are Falcos that showed themselves within the hour and are no target now, unless their node is seen elsewhere.
func (s *Store) gone(f found, present map[who]int) map[who]time.Time {
	here := map[[2]string]bool{}
	for w := range present {
		here[[2]string{w.cluster, w.node}] = true
	}
	out := map[who]time.Time{}
	for _, sample := range f.facts[s.config.Catalogue.Reading.Facts[0].ID] {
		if w := s.whoIs(sample.Metric); !here[[2]string{w.cluster, w.node}] {
			if at := time.UnixMilli(milliseconds(sample.F)); at.After(out[w]) {
				out[w] = at
			}
		}
	}
	return out
}

// fill completes the statuses of a kind with what is known by target.
func (s *Store) fill(out []target.Status, place map[who]int, f found, kind string, now time.Time) {
	recent, answered := map[who]float64{}, map[who]float64{}
	for _, sample := range f.recent[kind] {
		recent[s.whoIs(sample.Metric)] = sample.F
	}
	for _, sample := range f.answered[kind] {
		answered[s.whoIs(sample.Metric)] = sample.F
	}
	for w, i := range place {
		one := &out[i]
		one.Scrapes = int(answered[w])
		one.FirstScrape = now.Add(-min(Youth, time.Duration(one.Scrapes)*s.config.Interval))
		if one.State == target.Up && recent[w] == 0 {
			one.State = target.Down
			one.Message = fmt.Sprintf("No sample for %s: whoever scrapes for the store has stopped, or its remote write lags behind.", signals.FormatDuration(s.silence()))
		}
	}
	for id, vector := range f.facts {
		fact := s.fact(id)
		latest := map[who]float64{}
		for _, sample := range vector {
			w, value := s.whoIs(sample.Metric), sample.Metric.Get(fact)
			i, known := place[w]
			if !known || value == "" {
				continue
			}
			had := out[i].Facts[id]
			was, is := s.last(id, had), s.last(id, value)
			if had == "" || was && !is || was == is && sample.F > latest[w] {
				out[i].Facts[id], latest[w] = value, sample.F
			}
		}
	}
	for _, sample := range f.exported {
		if i, known := place[s.whoIs(sample.Metric)]; known && out[i].Metrics != nil {
			out[i].Metrics[sample.Metric.Get(model.MetricNameLabel)] = true
		}
	}
	// A target with no metrics at all may have none yet: nothing can be said of what it lacks.
	for _, i := range place {
		if len(out[i].Metrics) == 0 {
			out[i].Metrics = nil
		}
	}
}

// fact is the label of a fact, as an answer has it.
func (s *Store) fact(id string) string {
	for _, f := range s.config.Catalogue.Reading.Facts {
		if f.ID == id {
			return s.config.Identity.called(f.Label)
		}
	}
	return ""
}

// last is whether a value counts only where there is no other.
func (s *Store) last(id, value string) bool {
	for _, f := range s.config.Catalogue.Reading.Facts {
		if f.ID == id {
			return slices.Contains(f.Last, value)
		}
	}
	return false
}

// duplicates marks targets that another one of the same name has a claim on: their figures count twice.
func duplicates(all []target.Status) {
	owner := map[[3]string]int{}
	for _, i := range slices.SortedFunc(maps.Keys(indices(all)), func(a, b int) int {
		return cmp.Compare(all[a].Configured+all[a].Address, all[b].Configured+all[b].Address)
	}) {
		one := &all[i]
		if one.State != target.Up {
			continue
		}
		key := [3]string{one.Labels.Get(clusterLabel), one.Node(), one.Kind}
		first, twice := owner[key]
		if !twice {
			owner[key] = i
			continue
		}
		one.State = target.Duplicate
		one.Message = fmt.Sprintf("The store has %s twice, of the jobs %s and %s: its figures are added up. Let store.matchers name one job, such as job=%q, or add to store.identity.",
			one.Node(), all[first].Configured, one.Configured, all[first].Configured)
	}
}

func indices(all []target.Status) map[int]bool {
	out := map[int]bool{}
	for i := range all {
		out[i] = true
	}
	return out
}
