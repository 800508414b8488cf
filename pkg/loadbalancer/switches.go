package loadbalancer

import (
	"strings"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/exposition"
)

// returnWithin is how many scrapes counters may take to return to where they were.
const returnWithin = 5

// counterSwitches finds out whether the counters of several processes alternate, for targets that export neither a host
// name nor a start time: counters fall and return to at least their old values within a few scrapes. A restart with a
// burst of events can look the same once, so twice within switchMemory is proof.
type counterSwitches struct {
	last       map[*exposition.Series]float64 // counters of the last scrape
	fallen     map[*exposition.Series]float64 // values that counters had before they fell; nil if none is missing
	scrapes    int                            // since they fell
	lastReturn time.Time
}

// ObserveCounters takes the samples of a scrape into account. It returns true for the scrape that is the proof.
func (d *Detector) ObserveCounters(samples []exposition.Sample, now time.Time) bool {
	if d.detected && now.Sub(d.lastSwitch) >= switchMemory {
		d.detected = false
	}
	c := &d.counters
	current := make(map[*exposition.Series]float64, len(samples))
	for _, s := range samples {
		if strings.HasSuffix(s.Series.Name, "_total") {
			current[s.Series] = s.Value
		}
	}
	returned := c.update(current)
	if !returned {
		return false
	}
	twice := now.Sub(c.lastReturn) < switchMemory
	c.lastReturn = now
	if !twice {
		return false
	}
	proof := !d.detected
	d.detected, d.lastSwitch = true, now
	return proof
}

// update compares the counters with those of the last scrape. It reports whether counters that fell have returned.
func (c *counterSwitches) update(current map[*exposition.Series]float64) (returned bool) {
	defer func() { c.last = current }()
	if c.fallen != nil {
		if c.scrapes++; reachesAll(current, c.fallen) {
			c.fallen = nil
			return true
		}
		if c.scrapes > returnWithin {
			c.fallen = nil
		}
		return false
	}
	for series, before := range c.last {
		if now, ok := current[series]; !ok || now < before {
			if c.fallen == nil {
				c.fallen, c.scrapes = map[*exposition.Series]float64{}, 0
			}
			c.fallen[series] = before
		}
	}
	return false
}

// reachesAll reports whether every counter is at least as large as the given one.
func reachesAll(current, values map[*exposition.Series]float64) bool {
	for series, value := range values {
		if now, ok := current[series]; !ok || now < value {
			return false
		}
	}
	return true
}
