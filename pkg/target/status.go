package target

import (
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// State is the condition of a target.
type State string

// States of a target.
const (
	Pending      State = "pending" // not scraped yet
	Up           State = "up"
	Starting     State = "starting" // answers 404, but not for long enough to call it down
	Down         State = "down"
	Gone         State = "vanished" // left discovery; listed for one more hour
	Duplicate    State = "duplicate"
	LoadBalancer State = "load-balancer"
	Unlisted     State = "unlisted" // no target has the requested id; only live scrapes report it
)

// Status is a snapshot of one target.
type Status struct {
	ID         string // identifies the target without naming its address; the same in every process
	Address    string // the URL scraped
	Configured string // the URL in the settings, or the job in Prometheus mode
	Kind       string
	Labels     labels.Labels // labels that every sample of the target carries
	State      State
	Cause      Cause  // empty when there is nothing to fix
	Message    string // what is wrong and what to change; may be a remark when the target is up
	Discovery  string // what is wrong with the discovery that lists this target; empty if nothing is

	// Since is when State began. The other times are zero if the event never happened.
	Since, FirstScrape, LastScrape, LastUp time.Time

	Scrapes    int               // since the start
	Duration   time.Duration     // of the last scrape
	Samples    int               // in the last scrape
	Unreadable int               // lines of the last scrape that were refused
	Duplicates int               // series that the last scrape contained twice, without those that are normal on healthy nodes
	Problems   []Problem         // the first 20 refused or duplicate lines
	Facts      map[string]string // by id of signals.Reading.Facts; remembered while the target is down
	Metrics    map[string]bool   // metric names in the last good scrape; must not be modified
	Gauges     []Gauge           // as configured; must not be modified
}

// Node returns the target's node label.
func (s Status) Node() string { return s.Labels.Get(NodeLabel) }

// Problem is a line of a scrape that was refused or is a duplicate.
type Problem struct {
	Line   int    `json:"line"` // starts at 1
	Reason string `json:"reason"`
	Text   string `json:"text"` // at most 120 characters of the line
}
