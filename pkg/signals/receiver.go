package signals

import "slices"

// FromReceiver is what Need.From says of metrics that the alert receiver of the data source writes.
const FromReceiver = "alert receiver"

// Receiver is what the alert receiver has to know about Falco's own alerts.
type Receiver struct {
	Messages []ReceivedMessage `json:"messages"`
	// Metrics are the names of the series that the receiver adds to a node, apart from those of Messages.
	Metrics []string `json:"metrics"`
	// OwnMetrics are the names of its series that belong to no node.
	OwnMetrics []string `json:"ownMetrics"`
	// Clock is the signal that tells how far a node's clock is ahead, which makes Metrics wrong.
	Clock struct {
		Signal  string   `json:"signal"`
		Metrics []string `json:"metrics"`
	} `json:"clock"`
}

// Has reports whether a metric is one that the receiver adds to a node.
func (r Receiver) Has(metric string) bool {
	return slices.Contains(r.Metrics, metric) || slices.ContainsFunc(r.Messages, func(m ReceivedMessage) bool {
		return slices.ContainsFunc(m.Fields, func(f ReceivedField) bool { return f.Metric == metric })
	})
}

// Writes reports whether a metric is one that the receiver writes, for a node or for itself.
func (r Receiver) Writes(metric string) bool {
	return r.Has(metric) || slices.Contains(r.OwnMetrics, metric)
}

// ReceivedMessage is one of Falco's own alerts, by its rule. Its fields are the numeric output fields that become series.
type ReceivedMessage struct {
	Rule string `json:"rule"`
	// SourceField is the output field with the event source that the numbers are about.
	SourceField string          `json:"sourceField"`
	Fields      []ReceivedField `json:"fields"`
}

// ReceivedField is a number in an alert and the series it becomes.
type ReceivedField struct {
	Name   string `json:"name"`
	Metric string `json:"metric"`
}
