package signals

// Receiver is what the alert receiver has to know about Falco's own alerts.
type Receiver struct {
	Messages []ReceivedMessage `json:"messages"`
}

// ReceivedMessage is one of Falco's own alerts, by its rule. Its fields are the numeric output fields that become series.
type ReceivedMessage struct {
	Rule   string          `json:"rule"`
	Fields []ReceivedField `json:"fields"`
}

// ReceivedField is a number in an alert and the series it becomes.
type ReceivedField struct {
	Name   string `json:"name"`
	Metric string `json:"metric"`
}
