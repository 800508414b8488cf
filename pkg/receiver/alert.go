package receiver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Paths on which an alert can arrive.
const (
	PathFalco         = "falco"         // from Falco's http_output
	PathFalcosidekick = "falcosidekick" // from Falcosidekick's webhook output
)

// alert is everything that is read of an alert. Its text and all other fields are never decoded.
type alert struct {
	UUID     string
	Hostname string
	Rule     string
	Priority string
	Source   string
	Time     time.Time
	// Numbers are those that Falco wrote into one of its own messages, by metric, and EventSource is the source that they
	// are about. They are empty for every other alert.
	Numbers     map[string]float64
	EventSource string
}

// path tells who sent the alert. Only Falcosidekick adds a UUID.
func (a *alert) path() string {
	if a.UUID != "" {
		return PathFalcosidekick
	}
	return PathFalco
}

// wireAlert is the part of Falco's JSON alert, and of Falcosidekick's payload, that the receiver reads.
type wireAlert struct {
	UUID         string          `json:"uuid"`
	Hostname     string          `json:"hostname"`
	Rule         string          `json:"rule"`
	Priority     string          `json:"priority"`
	Source       string          `json:"source"`
	Time         string          `json:"time"`
	OutputFields json.RawMessage `json:"output_fields"`
}

// maxLabelLength is the longest value that becomes a label, in bytes.
const maxLabelLength = 1024

const expected = `expected an alert of Falco's http_output with json_output on, a payload of Falcosidekick's webhook output, or a JSON array of them`

// decode reads the alerts of a request body. An error says what was expected. messages are those whose output fields are
// read, by their rule.
func decode(body []byte, maxAlerts int, messages map[string]Message) ([]alert, error) {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return nil, errors.New("the body is empty: " + expected)
	}
	var wire []wireAlert
	if body[0] == '[' {
		if err := json.Unmarshal(body, &wire); err != nil {
			return nil, fmt.Errorf("the body is not valid JSON: %s", expected)
		}
	} else {
		wire = make([]wireAlert, 1)
		if err := json.Unmarshal(body, &wire[0]); err != nil {
			return nil, fmt.Errorf("the body is not valid JSON: %s", expected)
		}
	}
	if len(wire) > maxAlerts {
		return nil, fmt.Errorf("the body has %d alerts: at most %d are accepted in one request", len(wire), maxAlerts)
	}
	alerts := make([]alert, 0, len(wire))
	for i := range wire {
		a, err := wire[i].alert(messages)
		if err != nil {
			return nil, err
		}
		alerts = append(alerts, a)
	}
	return alerts, nil
}

func (w *wireAlert) alert(messages map[string]Message) (alert, error) {
	if w.Rule == "" || w.Time == "" {
		return alert{}, errors.New("an alert has no rule or no time: " + expected)
	}
	for _, label := range []string{w.UUID, w.Hostname, w.Rule, w.Priority, w.Source} {
		if len(label) > maxLabelLength {
			return alert{}, fmt.Errorf("a field of an alert is longer than %d bytes: %s", maxLabelLength, expected)
		}
	}
	at, err := time.Parse(time.RFC3339Nano, w.Time)
	if err != nil {
		return alert{}, errors.New("the time of an alert is not in ISO 8601 format: " + expected)
	}
	a := alert{UUID: w.UUID, Hostname: w.Hostname, Rule: w.Rule, Priority: w.Priority, Source: w.Source, Time: at}
	if m, own := messages[w.Rule]; own {
		a.Numbers, a.EventSource = m.read(w.OutputFields)
	}
	return a, nil
}

// read returns the numbers of the message, by metric, and the event source that they are about. Falco writes some numbers as
// text.
func (m Message) read(raw json.RawMessage) (numbers map[string]float64, source string) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return nil, ""
	}
	if _ = json.Unmarshal(fields[m.SourceField], &source); len(source) > maxLabelLength {
		return nil, ""
	}
	numbers = make(map[string]float64, len(m.Fields))
	for _, f := range m.Fields {
		v, err := strconv.ParseFloat(string(bytes.Trim(fields[f.Name], `"`)), 64)
		if err == nil && !math.IsInf(v, 0) && !math.IsNaN(v) {
			numbers[f.Metric] = v
		}
	}
	return numbers, source
}
