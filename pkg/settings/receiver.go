package settings

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/receiver"
)

// ReceiverSecret is the name of the shared secret in Grafana's secure settings.
const ReceiverSecret = "receiverSecret"

// Receiver holds the settings of the alert receiver.
type Receiver struct {
	Enabled bool
	// Objective is the time within which an alert should arrive. It is one of the bounds of the histogram.
	Objective time.Duration
	// RateLimit is the number of alerts accepted in a second, SeriesLimit that of the combinations of node, path,
	// priority, source and rule that are counted.
	RateLimit   float64
	SeriesLimit int
	// Priorities and Rules are those whose alerts are sent to the receiver, as in Falco's rule counters. Without Rules, all
	// rules are.
	Priorities, Rules []string
	Canary            Canary
}

// Canary is the rule that a job triggers on every node, once in a period. Without a rule there is no canary.
type Canary struct {
	Rule   string
	Period time.Duration
}

type receiverSettings struct {
	Enabled     bool    `json:"enabled"`
	Objective   string  `json:"objective"`
	RateLimit   float64 `json:"rateLimit"`
	SeriesLimit int     `json:"seriesLimit"`

	MinimumPriority string   `json:"minimumPriority"`
	Rules           []string `json:"rules"`
	Canary          struct {
		Rule   string `json:"rule"`
		Period string `json:"period"`
	} `json:"canary"`
}

func defaultReceiver() receiverSettings {
	s := receiverSettings{Objective: "30s", RateLimit: 2000, SeriesLimit: 10_000, MinimumPriority: "debug"}
	s.Canary.Period = "5m"
	return s
}

// read checks the settings. priorities are the words of Falco's priorities by the digits that its rule counters have, 0 being
// the highest.
func (s receiverSettings) read(p *problems, priorities map[string]string) Receiver {
	d := defaultReceiver()
	objective := p.duration("receiver.objective", cmp.Or(s.Objective, d.Objective))
	if objective > 0 && !slices.Contains(receiver.Buckets, objective.Seconds()) {
		var bounds []string
		for _, b := range receiver.Buckets {
			bounds = append(bounds, strconv.FormatFloat(b, 'f', -1, 64))
		}
		p.add("receiver.objective is %s: expected one of the bounds that delivery times are counted by, in seconds: %v", s.Objective, bounds)
	}
	p.positive("receiver.rateLimit", s.RateLimit)
	p.positive("receiver.seriesLimit", float64(s.SeriesLimit))
	out := Receiver{Enabled: s.Enabled, Objective: objective, RateLimit: s.RateLimit, SeriesLimit: s.SeriesLimit, Rules: s.Rules}
	out.Canary = Canary{Rule: s.Canary.Rule, Period: p.duration("receiver.canary.period", cmp.Or(s.Canary.Period, d.Canary.Period))}
	minimum := strings.ToLower(cmp.Or(s.MinimumPriority, d.MinimumPriority))
	var words []string
	for _, digit := range slices.Sorted(maps.Keys(priorities)) {
		words, out.Priorities = append(words, priorities[digit]), append(out.Priorities, digit)
		if priorities[digit] == minimum {
			return out
		}
	}
	p.add("receiver.minimumPriority is %q: expected %s", s.MinimumPriority, strings.Join(words, ", "))
	return out
}
