package receiver

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// Summary is what the health check reports about a receiver. Numbers count from the start of the receiver.
type Summary struct {
	Alerts    int
	Nodes     int            // that alerts arrived from
	Refused   map[string]int // requests by the reason of their Refusal
	Uncounted int            // alerts beyond MaxSeries
	MaxRate   float64
	MaxSeries int
	// Ahead are the nodes whose clock is ahead of the receiver's, the furthest first.
	Ahead []ClockDifference
}

// ClockDifference is how far the clock of a node is ahead at least: an alert never arrives before it is sent.
type ClockDifference struct {
	Node  string
	Ahead time.Duration
}

// toleratedDifference is how far a clock may be ahead before it is reported. Time synchronisation keeps clocks closer than that.
const toleratedDifference = time.Second

// Summary returns what has been counted so far.
func (r *Receiver) Summary() (Summary, error) {
	config := r.settings.Load()
	out := Summary{Refused: map[string]int{}, MaxRate: config.MaxRate, MaxSeries: config.MaxSeries}
	samples, err := r.Samples()
	if err != nil {
		return out, err
	}
	nodes := map[string]struct{}{}
	ahead := map[string]time.Duration{}
	for _, s := range samples {
		node := s.Labels.Get("node")
		switch s.Labels.Get(model.MetricNameLabel) {
		case AlertsReceived:
			out.Alerts += int(s.Value)
			nodes[node] = struct{}{}
		case RefusedRequests:
			out.Refused[s.Labels.Get("reason")] += int(s.Value)
		case UncountedAlerts:
			out.Uncounted += int(s.Value)
		case MinimumDelay:
			if by := time.Duration(-s.Value * float64(time.Second)); by > toleratedDifference {
				ahead[node] = max(ahead[node], by)
			}
		}
	}
	out.Nodes = len(nodes)
	for _, node := range slices.Sorted(maps.Keys(ahead)) {
		out.Ahead = append(out.Ahead, ClockDifference{node, ahead[node]})
	}
	slices.SortStableFunc(out.Ahead, func(x, y ClockDifference) int {
		return cmp.Or(cmp.Compare(y.Ahead, x.Ahead), strings.Compare(x.Node, y.Node))
	})
	return out, nil
}
