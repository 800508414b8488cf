package receiver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
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
	// Fields are the numeric output fields of Falco's own messages; nil for every other alert.
	Fields map[string]float64
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

// decode reads the alerts of a request body. An error says what was expected. wantsFields reports whether the output
// fields of a rule's alerts are read.
func decode(body []byte, maxAlerts int, wantsFields func(rule string) bool) ([]alert, error) {
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
		a, err := wire[i].alert(wantsFields)
		if err != nil {
			return nil, err
		}
		alerts = append(alerts, a)
	}
	return alerts, nil
}

func (w *wireAlert) alert(wantsFields func(rule string) bool) (alert, error) {
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
	if wantsFields(w.Rule) {
		a.Fields = numericFields(w.OutputFields)
	}
	return a, nil
}

// numericFields returns the output fields that are numbers. Falco writes some of them as text.
func numericFields(raw json.RawMessage) map[string]float64 {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return nil
	}
	numbers := make(map[string]float64, len(fields))
	for name, text := range fields {
		if v, err := strconv.ParseFloat(string(bytes.Trim(text, `"`)), 64); err == nil {
			numbers[name] = v
		}
	}
	return numbers
}
