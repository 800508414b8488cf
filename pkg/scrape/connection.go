package scrape

import (
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/exposition"
)

// crashRemarkFor is how long a suspected crash is shown.
const crashRemarkFor = time.Hour

// connectionLog counts what a target's connections tell about its process, also when it never lives long enough to be
// scraped.
type connectionLog struct {
	failures int // refused, reset or cut off
	crashes  int // suspected, while being scraped

	processStart int64     // of the last process that was scraped, unix ms
	interrupted  time.Time // when a response was cut off; zero if the process has been scraped since
	lastCrash    time.Time
}

// observeFailure takes a failed scrape into account.
func (c *connectionLog) observeFailure(f *Failure, start time.Time) {
	switch f.Cause {
	case CutOff, Reset:
		c.interrupted = start
		c.failures++
	case Refused:
		c.failures++
	}
}

// observeProcess takes a successful scrape into account: a response that was cut off, followed by a new start time, is a
// suspected crash.
func (c *connectionLog) observeProcess(p exposition.ProcessIdentity) {
	if p.Start == 0 {
		return
	}
	if !c.interrupted.IsZero() && c.processStart != 0 && p.Start != c.processStart {
		c.crashes++
		c.lastCrash = c.interrupted
	}
	c.processStart, c.interrupted = p.Start, time.Time{}
}

// crashRemark returns what to say about a recent suspected crash. Overlapping requests crash a Falco before fixedIn.
func (t *target) crashRemark(now time.Time) *Failure {
	fixedIn := t.reading.Scraping.Snapshot.Since
	at := t.connections.lastCrash
	if fixedIn == "" || t.status.Kind != KindFalco || at.IsZero() || now.Sub(at) >= crashRemarkFor || isAtLeast(t.status.Facts["version"], fixedIn) {
		return nil
	}
	return failure(CrashedWhileScraped, "Falco may have crashed while being scraped (fixed in %s): the response at %s was cut off, and Falco has a new start time. Upgrade, and until then let only one scraper read this Falco.", fixedIn, at.UTC().Format("15:04:05 UTC"))
}
