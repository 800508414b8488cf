package store

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// targetKey identifies a target of the Prometheus server.
type targetKey struct{ job, instance, cluster, node string }

// targetKey reads the labels of a result, in which the identity labels have the plugin's names.
func (s *Store) targetKey(l labels.Labels) targetKey {
	get := func(label string) string {
		if s.config.Identity.ServerLabel(target.NodeLabel) == label {
			return l.Get(target.NodeLabel)
		}
		return l.Get(label)
	}
	return targetKey{get("job"), get("instance"), l.Get(target.ClusterLabel), l.Get(target.NodeLabel)}
}

// statuses combines the results, sorted by node and address.
func (s *Store) statuses(v targetVectors, now time.Time) []target.Status {
	var out []target.Status
	for _, kind := range kinds {
		index := map[targetKey]int{}
		for _, sample := range v.up[kind] {
			key := s.targetKey(sample.Metric)
			if _, known := index[key]; known {
				continue // several replicas of Prometheus scrape the same target
			}
			index[key] = len(out)
			out = append(out, s.newStatus(kind, key, sample.F == 1))
		}
		if kind == target.KindFalco {
			for key, last := range s.vanishedTargets(v, index) {
				index[key] = len(out)
				out = append(out, s.vanishedStatus(key, last))
			}
		}
		s.complete(out, index, v, kind, now)
	}
	out = append(out, s.nodeExporterStatuses(v.nodes, now)...)
	markDuplicates(out)
	slices.SortStableFunc(out, func(a, b target.Status) int {
		return cmp.Or(cmp.Compare(a.Node(), b.Node()), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Address, b.Address), cmp.Compare(a.Configured, b.Configured))
	})
	return out
}

// newStatus returns a status without the time of the last scrape, which the plugin does not query.
func (s *Store) newStatus(kind string, key targetKey, up bool) target.Status {
	b := labels.NewBuilder(labels.FromStrings(target.ClusterLabel, key.cluster, target.NodeLabel, key.node))
	if kind != target.KindFalco {
		b.Set(target.KindLabel, kind)
	}
	status := target.Status{
		Address: cmp.Or(key.instance, key.node), Configured: key.job, Kind: kind, Labels: b.Labels(),
		State: target.Up, Facts: map[string]string{}, Metrics: map[string]bool{}, Gauges: s.config.Gauges,
	}
	if kind != target.KindFalco {
		status.Gauges = nil
	}
	if !up {
		status.State, status.Metrics = target.Down, nil
		status.Message = "The scrape fails. The Prometheus server shows the error on its page Status > Target health."
	}
	return status
}

func (s *Store) vanishedStatus(key targetKey, last time.Time) target.Status {
	status := s.newStatus(target.KindFalco, key, false)
	status.State, status.LastUp = target.Gone, last
	status.Message = fmt.Sprintf("The Prometheus server last scraped it at %s and no longer has it as a target: its pod is gone or not ready, possibly in a crash loop. It stays listed for one hour.", last.UTC().Format("15:04 UTC"))
	return status
}

// vanishedTargets returns the Falcos that had samples within the last hour and are no longer targets, with the time of the
// last sample. It leaves out nodes that another target has.
func (s *Store) vanishedTargets(v targetVectors, present map[targetKey]int) map[targetKey]time.Time {
	nodes := map[[2]string]bool{}
	for key := range present {
		nodes[[2]string{key.cluster, key.node}] = true
	}
	out := map[targetKey]time.Time{}
	for _, sample := range v.facts[s.config.Catalogue.Reading.Facts[0].ID] {
		if key := s.targetKey(sample.Metric); !nodes[[2]string{key.cluster, key.node}] {
			if last := time.UnixMilli(promapi.Milliseconds(sample.F)); last.After(out[key]) {
				out[key] = last
			}
		}
	}
	return out
}

// complete adds scrapes, facts and metrics to the statuses of a kind. index holds their positions.
func (s *Store) complete(out []target.Status, index map[targetKey]int, v targetVectors, kind string, now time.Time) {
	recent, scrapes := map[targetKey]float64{}, map[targetKey]float64{}
	for _, sample := range v.recent[kind] {
		recent[s.targetKey(sample.Metric)] = sample.F
	}
	for _, sample := range v.scrapes[kind] {
		scrapes[s.targetKey(sample.Metric)] = sample.F
	}
	for key, i := range index {
		one := &out[i]
		one.Scrapes = int(scrapes[key])
		one.FirstScrape = now.Add(-min(FirstScrapeLookback, time.Duration(one.Scrapes)*s.config.Interval))
		if one.State == target.Up && recent[key] == 0 {
			one.State = target.Down
			one.Message = fmt.Sprintf("The Prometheus server has no sample of the last %s: it has stopped scraping, or remote write is delayed.", signals.FormatDuration(s.maxSilence()))
		}
	}
	s.addFacts(out, index, v)
	for _, sample := range v.exported {
		if i, known := index[s.targetKey(sample.Metric)]; known && out[i].Metrics != nil {
			out[i].Metrics[sample.Metric.Get(model.MetricNameLabel)] = true
		}
	}
	// A target without any metric may not have been scraped yet, so nothing is known about missing metrics.
	for _, i := range index {
		if len(out[i].Metrics) == 0 {
			out[i].Metrics = nil
		}
	}
}

// addFacts sets the latest value of every fact. A value that the catalogue lists as a last resort gives way to any other.
func (s *Store) addFacts(out []target.Status, index map[targetKey]int, v targetVectors) {
	for _, fact := range s.config.Catalogue.Reading.Facts {
		label := s.config.Identity.pluginLabel(fact.Label)
		latest := map[targetKey]float64{}
		for _, sample := range v.facts[fact.ID] {
			key, value := s.targetKey(sample.Metric), sample.Metric.Get(label)
			i, known := index[key]
			if !known || value == "" {
				continue
			}
			current := out[i].Facts[fact.ID]
			currentLast, last := slices.Contains(fact.Last, current), slices.Contains(fact.Last, value)
			if current == "" || currentLast && !last || currentLast == last && sample.F > latest[key] {
				out[i].Facts[fact.ID], latest[key] = value, sample.F
			}
		}
	}
}

// markDuplicates marks targets whose cluster, node and kind another target has: their figures are counted twice.
func markDuplicates(all []target.Status) {
	order := make([]int, len(all))
	for i := range all {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Compare(all[a].Configured+all[a].Address, all[b].Configured+all[b].Address)
	})
	first := map[[3]string]int{}
	for _, i := range order {
		one := &all[i]
		if one.State != target.Up {
			continue
		}
		key := [3]string{one.Labels.Get(target.ClusterLabel), one.Node(), one.Kind}
		original, known := first[key]
		if !known {
			first[key] = i
			continue
		}
		one.State = target.Duplicate
		one.Message = fmt.Sprintf("The Prometheus server has %s twice, in the jobs %s and %s, so its figures are added up. Select one job with prometheus.matchers, such as job=%q, or add a label to prometheus.identityLabels.",
			one.Node(), all[original].Configured, one.Configured, all[original].Configured)
	}
}
