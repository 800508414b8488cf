package settings

import (
	"cmp"
	"slices"
	"strconv"
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
}

type receiverSettings struct {
	Enabled     bool    `json:"enabled"`
	Objective   string  `json:"objective"`
	RateLimit   float64 `json:"rateLimit"`
	SeriesLimit int     `json:"seriesLimit"`
}

func defaultReceiver() receiverSettings {
	return receiverSettings{Objective: "30s", RateLimit: 2000, SeriesLimit: 10_000}
}

func (s receiverSettings) read(p *problems) Receiver {
	objective := p.duration("receiver.objective", cmp.Or(s.Objective, defaultReceiver().Objective))
	if objective > 0 && !slices.Contains(receiver.Buckets, objective.Seconds()) {
		var bounds []string
		for _, b := range receiver.Buckets {
			bounds = append(bounds, strconv.FormatFloat(b, 'f', -1, 64))
		}
		p.add("receiver.objective is %s: expected one of the bounds that delivery times are counted by, in seconds: %v", s.Objective, bounds)
	}
	p.positive("receiver.rateLimit", s.RateLimit)
	p.positive("receiver.seriesLimit", float64(s.SeriesLimit))
	return Receiver{Enabled: s.Enabled, Objective: objective, RateLimit: s.RateLimit, SeriesLimit: s.SeriesLimit}
}
