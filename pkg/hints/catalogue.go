package hints

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

var (
	selectorPattern = regexp.MustCompile(`([a-zA-Z_:][a-zA-Z0-9_:]*)\{`)
	counterPattern  = regexp.MustCompile(`\b(?:rate|increase|irate)\(([a-zA-Z_:][a-zA-Z0-9_:]*)\{`)
	// A signal that counts the first event looks for series that did not exist before.
	startPattern = regexp.MustCompile(`([a-zA-Z_:][a-zA-Z0-9_:]*)\{[^}]*\} unless ([a-zA-Z_:][a-zA-Z0-9_:]*)\{[^}]*\} offset`)
)

// catalogue is what the expressions of signals tell about their metrics.
type catalogue struct {
	signals []signals.Signal
	metrics []string // sorted
	known   map[string]bool
	// counters are metrics of which some signal takes a rate. gauges are read directly by signals, and never as a rate.
	counters, gauges map[string]bool
	// startsAtFirst are counters whose series appear with the first event.
	startsAtFirst map[string]bool
}

// lastRead is the catalogue that was read last: reading takes long, and data sources of one mode share their signals.
var lastRead atomic.Pointer[catalogue]

// catalogueOf reads the signals unless they were the last to be read.
func catalogueOf(all []signals.Signal) catalogue {
	if c := lastRead.Load(); c != nil && len(all) > 0 && len(c.signals) == len(all) && &c.signals[0] == &all[0] {
		return *c
	}
	c := readCatalogue(all)
	lastRead.Store(&c)
	return c
}

func readCatalogue(all []signals.Signal) catalogue {
	c := catalogue{signals: all, known: map[string]bool{}, counters: map[string]bool{}, gauges: map[string]bool{}, startsAtFirst: map[string]bool{}}
	for _, s := range all {
		for _, m := range selectorPattern.FindAllStringSubmatch(s.Expr, -1) {
			c.known[m[1]] = true
		}
		for _, m := range counterPattern.FindAllStringSubmatch(s.Expr, -1) {
			c.counters[m[1]] = true
		}
		for _, m := range startPattern.FindAllStringSubmatch(s.Expr, -1) {
			c.startsAtFirst[m[1]] = m[1] == m[2]
		}
	}
	for name := range c.known {
		if !c.counters[name] && !strings.HasSuffix(name, "_total") {
			c.gauges[name] = true
		}
	}
	c.metrics = slices.Sorted(maps.Keys(c.known))
	return c
}

// usedBy formats the title of the signal that says most about all of the metrics. It returns "" if there is none.
func (c catalogue) usedBy(format string, metrics ...string) string {
	var best *signals.Signal
	for i, s := range c.signals {
		if slices.ContainsFunc(metrics, func(metric string) bool { return !strings.Contains(s.Expr, metric+"{") }) {
			continue
		}
		if best == nil || c.cost(s, metrics) < c.cost(*best, metrics) {
			best = &c.signals[i]
		}
	}
	if best == nil {
		return ""
	}
	return fmt.Sprintf(format, best.Title)
}

// cost orders signals: those that begin with one of the metrics come first, because they are about it, then those that count
// it as a counter, then those with a window, then those that read nothing but a single metric, or few others and have
// thresholds, then those with a short expression.
func (c catalogue) cost(s signals.Signal, metrics []string) int {
	n := len(s.Expr)
	if first := selectorPattern.FindStringSubmatch(s.Expr); first == nil || !slices.Contains(metrics, first[1]) {
		n += 8_000_000
	}
	counted := counterPattern.FindAllStringSubmatch(s.Expr, -1)
	isCounted := func(metric string) bool {
		return slices.ContainsFunc(counted, func(m []string) bool { return m[1] == metric })
	}
	if slices.ContainsFunc(metrics, func(metric string) bool { return c.counters[metric] && !isCounted(metric) }) {
		n += 4_000_000
	}
	if !strings.Contains(s.Expr, "$window") {
		n += 2_000_000
	}
	others := map[string]struct{}{}
	for _, m := range selectorPattern.FindAllStringSubmatch(s.Expr, -1) {
		if m[1] != "up" && !slices.Contains(metrics, m[1]) {
			others[m[1]] = struct{}{}
		}
	}
	if len(others) > 2 || s.Thresholds == nil && len(others)+len(metrics) > 1 {
		n += 1_000_000
	}
	return n
}
