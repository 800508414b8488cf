package datasource

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

// states says how a target stands, where it does not simply answer.
var states = map[scrape.State]cause{
	scrape.Pending:      note("Not scraped yet:", "The first figures come within seconds."),
	scrape.Starting:     note("Starting:", ""),
	scrape.Down:         warn("No metrics from", ""),
	scrape.Gone:         warn("Gone:", ""),
	scrape.Duplicate:    warn("Claimed twice:", ""),
	scrape.LoadBalancer: {severity: data.NoticeSeverityError, what: "A load balancer answers for"},
}

// troubles are the targets that do not simply answer, and discovery that does not work.
func (d *Instance) troubles(all []scrape.Status) *groups {
	of := newTargets(all)
	g := newGroups(of)
	if since, why := d.exec.outdated(); !since.IsZero() {
		g.add(warn("The targets are those of "+d.clock(since), strings.TrimSpace("The Prometheus server could not be queried for them since then. "+why)), "")
	}
	for _, s := range all {
		if c, known := states[s.State]; known {
			c = stated(c, s)
			if s.State == scrape.Down && len(all) == 1 && !s.LastUp.IsZero() {
				c.change += " It last answered at " + d.clock(s.LastUp) + "."
			}
			g.add(c, of.name(s))
		}
		undiscovered(g, s)
		crashed(g, s)
		d.stale(g, s)
		d.tooOld(g, s)
	}
	return g
}

// undiscovered: the discovery that a target comes from does not work, and the target itself does not say so.
func undiscovered(g *groups, s scrape.Status) {
	if s.Discovery != "" && s.Cause != scrape.Discovery && s.Cause != scrape.DNS {
		g.add(warn("Discovery of "+s.Configured+" has trouble", s.Discovery), "")
	}
}

// crashed adds a Falco that may have crashed while it was scraped, and is up again.
func crashed(g *groups, s scrape.Status) {
	if s.State == scrape.Up && s.Cause == scrape.CrashedWhileScraped {
		g.add(warn("Falco has restarted on", s.Message), g.of.name(s))
	}
}

// stated is a state with the target's own message.
func stated(c cause, s scrape.Status) cause {
	c.change = cmp.Or(s.Message, c.change)
	return c
}

// stale: figures that are older than two scrapes, which happens while scraping begins again. Of a store's targets it is
// not known when they were scraped.
func (d *Instance) stale(g *groups, s scrape.Status) {
	if s.State == scrape.Up && !s.LastScrape.IsZero() && d.now().Sub(s.LastScrape) > 2*d.settings.interval+d.settings.timeout {
		g.add(warn("Old figures from",
			"The last scrape was at "+d.clock(s.LastScrape)+". Scraping pauses when nobody asks for six hours, and has begun again now."), g.of.name(s))
	}
}

// garbled are the lines that could not be read, of targets that answer otherwise.
func (d *Instance) garbled(of targets, all []scrape.Status) *groups {
	g := newGroups(of)
	for _, s := range all {
		if s.Unreadable == 0 {
			continue
		}
		first := ""
		if len(s.Problems) > 0 {
			p := s.Problems[0]
			first = fmt.Sprintf(" The first is line %d: %s: %s", p.Line, p.Reason, sentence(p.Text))
		}
		g.add(note(fmt.Sprintf("%s could not be read in the answer of", count(s.Unreadable, "line")), "All other lines count."+first), of.name(s))
	}
	return g
}

func (d *Instance) tooOld(g *groups, s scrape.Status) {
	version := s.Facts["version"]
	if older(version, d.catalogue.Reading.OldestVersion) {
		g.add(warn("Falco is too old on",
			fmt.Sprintf("Signals may be missing or wrong: upgrade to Falco %s or later.", d.catalogue.Reading.OldestVersion)), g.of.name(s)+" ("+version+")")
	}
}

// older compares major and minor; a version that is no number is not older.
func older(version, than string) bool {
	a, okA := majorMinor(version)
	b, okB := majorMinor(than)
	return okA && okB && (a[0] < b[0] || a[0] == b[0] && a[1] < b[1])
}

func majorMinor(version string) (parts [2]int, ok bool) {
	words := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	if len(words) < 2 {
		return parts, false
	}
	for i := range parts {
		n, err := strconv.Atoi(words[i])
		if err != nil {
			return parts, false
		}
		parts[i] = n
	}
	return parts, true
}

// clock is a time as people read it: with the date where it is not today's.
func (d *Instance) clock(t time.Time) string {
	t = t.UTC()
	if t.Format(time.DateOnly) == d.now().UTC().Format(time.DateOnly) {
		return t.Format("15:04 UTC")
	}
	return t.Format("2006-01-02 15:04 UTC")
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
