package counters

import (
	"regexp"
	"strings"
	"sync"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// maxNames bounds what a Pattern remembers.
const maxNames = 10_000

// Pattern tells which metrics are counters that only fall when the process restarts or reloads. All targets share
// it, because matching the names of a whole response takes as long as reading it.
type Pattern struct {
	include, exclude *regexp.Regexp // nil matches nothing

	mu    sync.Mutex
	known map[string]bool // by metric
}

// patterns holds a Pattern for each pair of expressions in use, which is one in practice.
var patterns sync.Map

// PatternOf returns the Pattern of the catalogue.
func PatternOf(reading signals.Reading) *Pattern {
	if p, known := patterns.Load(reading.Counters); known {
		return p.(*Pattern)
	}
	whole := func(pattern string) *regexp.Regexp {
		if pattern == "" {
			return nil
		}
		return regexp.MustCompile("^(?:" + pattern + ")$")
	}
	p, _ := patterns.LoadOrStore(reading.Counters, &Pattern{
		include: whole(reading.Counters.Include), exclude: whole(reading.Counters.Exclude), known: map[string]bool{},
	})
	return p.(*Pattern)
}

// Matches reports whether a metric is a counter.
func (p *Pattern) Matches(metric string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	is, known := p.known[metric]
	if !known {
		if len(p.known) >= maxNames {
			clear(p.known)
		}
		is = p.include != nil && p.include.MatchString(metric) && (p.exclude == nil || !p.exclude.MatchString(metric))
		p.known[strings.Clone(metric)] = is
	}
	return is
}
