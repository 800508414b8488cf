package exposition

import (
	"regexp"
	"strings"
	"sync"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// selection is what is kept of the responses of a kind of target.
type selection struct {
	metrics map[string]bool // nil keeps all
	// others are the prefixes of metrics that identify other kinds. Metrics with them are kept, so that checkKind can tell
	// what responded.
	others []string
	series map[string][]seriesFilter // by metric
}

// seriesFilter keeps the series of a metric for which matching the label is wanted.
type seriesFilter struct {
	label   string
	pattern *regexp.Regexp
	wanted  bool
}

func newSelection(kind string, reading signals.Reading) selection {
	s := selection{series: map[string][]seriesFilter{}}
	for _, k := range reading.KeepMetrics {
		if k.Kind != kind {
			continue
		}
		s.metrics = make(map[string]bool, len(k.Metrics))
		for _, name := range k.Metrics {
			s.metrics[name] = true
		}
	}
	if s.metrics != nil {
		for _, mark := range reading.IdentifyingMetrics {
			if mark.Kind != kind {
				s.others = append(s.others, mark.Prefix)
			}
		}
	}
	for _, f := range reading.KeepSeries {
		if s.metrics == nil || s.metrics[f.Metric] {
			s.series[f.Metric] = append(s.series[f.Metric], seriesFilter{f.Label, anchored(f.Value), f.Operator == "=~"})
		}
	}
	return s
}

// keepsLine reports whether the metric of a line is kept. A line without a name is kept, to be refused.
func (s *selection) keepsLine(line []byte) bool {
	if s.metrics == nil {
		return true
	}
	end := nameEnd(line)
	if end == 0 || s.metrics[string(line[:end])] {
		return true
	}
	for _, prefix := range s.others {
		if strings.HasPrefix(string(line[:end]), prefix) {
			return true
		}
	}
	return false
}

// keepsSeries reports whether a series is kept, by the labels as sent.
func (s *selection) keepsSeries(name string, sent labels.Labels) bool {
	for _, f := range s.series[name] {
		if f.pattern.MatchString(sent.Get(f.label)) != f.wanted {
			return false
		}
	}
	return true
}

// patterns holds the compiled patterns of the catalogue, which all readers share.
var patterns sync.Map

// anchored returns a regular expression that matches whole values.
func anchored(pattern string) *regexp.Regexp {
	if known, ok := patterns.Load(pattern); ok {
		return known.(*regexp.Regexp)
	}
	compiled := regexp.MustCompile("^(?:" + pattern + ")$")
	patterns.Store(pattern, compiled)
	return compiled
}
