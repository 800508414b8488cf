package receiver

import (
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// snapshotLifetime is how long the numbers of a snapshot are shown without a newer one. Falco recommends intervals of up
// to 6 hours.
const snapshotLifetime = 12 * time.Hour

// snapshots are the latest numbers that Falco wrote into its own alerts, one set per node and event source. All numbers of
// a set are of the same moment and are replaced together. A snapshots is a prometheus.Collector.
type snapshots struct {
	descriptions map[string]*prometheus.Desc // by metric
	now          func() time.Time

	mu   sync.Mutex
	sets map[snapshotKey]snapshot
}

type snapshotKey struct{ rule, node, source string }

type snapshot struct {
	at, arrived time.Time
	values      map[string]float64 // by metric
}

func newSnapshots(messages []Message, now func() time.Time) *snapshots {
	s := &snapshots{descriptions: map[string]*prometheus.Desc{}, now: now, sets: map[snapshotKey]snapshot{}}
	for _, m := range messages {
		for _, f := range m.Fields {
			s.descriptions[f.Metric] = prometheus.NewDesc(f.Metric, "Written by Falco into its own alerts.", []string{"node", "source"}, nil)
		}
	}
	return s
}

// put replaces the numbers of a node and source, unless they are older. It reports false if there is no room for another
// node or source.
func (s *snapshots) put(key snapshotKey, at time.Time, values map[string]float64, limit int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	last, known := s.sets[key]
	if !known && len(s.sets) >= limit {
		return false
	}
	if !at.Before(last.at) {
		s.sets[key] = snapshot{at: at, arrived: s.now(), values: values}
	}
	return true
}

// forget removes the numbers of some nodes.
func (s *snapshots) forget(nodes map[string]struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.sets, func(key snapshotKey, _ snapshot) bool {
		_, isGone := nodes[key.node]
		return isGone
	})
}

// has reports whether a metric is one of the numbers.
func (s *snapshots) has(metric string) bool { return s.descriptions[metric] != nil }

// Describe sends the descriptions of all numbers.
func (s *snapshots) Describe(out chan<- *prometheus.Desc) {
	for _, d := range s.descriptions {
		out <- d
	}
}

// Collect sends the latest numbers, and forgets those that are too old.
func (s *snapshots) Collect(out chan<- prometheus.Metric) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, set := range s.sets {
		if s.now().Sub(set.arrived) > snapshotLifetime {
			delete(s.sets, key)
			continue
		}
		for metric, value := range set.values {
			kind := prometheus.GaugeValue
			if strings.HasSuffix(metric, "_total") {
				kind = prometheus.CounterValue
			}
			out <- prometheus.MustNewConstMetric(s.descriptions[metric], kind, value, key.node, key.source)
		}
	}
}
