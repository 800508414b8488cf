package health

import (
	"fmt"
	"strings"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/notices"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/receiver"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

// Receiver is the alert receiver of the data source.
type Receiver interface {
	Summary() (receiver.Summary, error)
}

// refusals are the reasons for which the receiver refuses requests, in the order in which they are told.
var refusals = []struct{ reason, text string }{
	{"secret", "wrong or missing secret"},
	{"rate", "more alerts per second than receiver.rateLimit (%g)"},
	{"format", "not in the format of Falco or Falcosidekick"},
	{"size", "larger than limits.bodySizeLimit"},
	{"method", "not sent with POST"},
}

// receiverRemarks says what makes the figures of the alert receiver wrong or incomplete, and what it has counted. exposed is
// set in Prometheus mode, where the series are only exposed.
func receiverRemarks(s receiver.Summary, exposed bool) (problems, facts []string) {
	facts = []string{"The alert receiver is on, but no alert has arrived yet."}
	if s.Alerts > 0 {
		facts[0] = fmt.Sprintf("The alert receiver has received %s from %s.", wording.Count(s.Alerts, "alert"), wording.Count(s.Nodes, "node"))
	}
	var refused []string
	total := 0
	for _, r := range refusals {
		n := s.Refused[r.reason]
		if n == 0 {
			continue
		}
		total += n
		text := r.text
		if r.reason == "rate" {
			text = fmt.Sprintf(text, s.MaxRate)
		}
		refused = append(refused, fmt.Sprintf("%s (%d)", text, n))
	}
	if total > 0 {
		problems = append(problems, fmt.Sprintf("The alert receiver refused %s: %s.", wording.Count(total, "request"), strings.Join(refused, ", ")))
	}
	if s.Uncounted > 0 {
		problems = append(problems, fmt.Sprintf("The alert receiver did not count %s, because receiver.seriesLimit (%d) is reached.", wording.Count(s.Uncounted, "alert"), s.MaxSeries))
	}
	if text := clocksAhead(s.Ahead); text != "" {
		problems = append(problems, text)
	}
	if exposed {
		facts = append(facts, "The series of the alert receiver are exposed at /metrics/plugins/falco-metrics-datasource for Prometheus to scrape. Let it scrape every Grafana replica: their counts add up.")
	}
	return problems, facts
}

// clocksAhead reports the nodes whose delivery times are too short because of their clocks.
func clocksAhead(nodes []receiver.ClockDifference) string {
	switch len(nodes) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("The delivery times of %s are too short, because its clock is about %s of Grafana's. Check time synchronisation on the node.", nodes[0].Node, notices.ClockDifference(nodes[0].Ahead.Seconds()))
	}
	names := make([]string, len(nodes))
	for i, n := range nodes {
		names[i] = fmt.Sprintf("%s (%s)", n.Node, notices.ClockDifference(n.Ahead.Seconds()))
	}
	return fmt.Sprintf("The delivery times of %d nodes are too short, because their clocks differ from Grafana's: %s. Check time synchronisation on the nodes.", len(nodes), wording.List(names))
}
