package signals

import "slices"

// Reading is what the parser of responses needs to know about the metrics of Falco, Falcosidekick and node_exporter.
type Reading struct {
	// Host and NodeExporterHost have the host name in a label.
	Host             MetricLabel `json:"host"`
	NodeExporterHost MetricLabel `json:"nodeExporterHost"`
	// Collectors tells which of node_exporter's collectors found something to read.
	Collectors MetricLabel `json:"collectors"`
	Start      struct {
		Metric string `json:"metric"`
	} `json:"start"`
	Reload struct {
		Metric string `json:"metric"`
	} `json:"reload"`
	// Counters are the metrics that only fall when the process restarts or reloads. Both are regular expressions.
	Counters struct {
		Include string `json:"include"`
		Exclude string `json:"exclude"`
	} `json:"counters"`
	Facts []struct {
		ID     string   `json:"id"`
		Metric string   `json:"metric"`
		Label  string   `json:"label"`
		Last   []string `json:"last,omitempty"`
	} `json:"facts"`
	IdentifyingMetrics []struct {
		Kind   string `json:"kind"`
		Prefix string `json:"prefix"`
	} `json:"identifyingMetrics"`
	// KeepMetrics are all that is kept of some kinds of targets, and KeepSeries selects series of some metrics.
	KeepMetrics []struct {
		Kind    string   `json:"kind"`
		Metrics []string `json:"metrics"`
	} `json:"keepMetrics"`
	KeepSeries []struct {
		Metric   string `json:"metric"`
		Label    string `json:"label"`
		Operator string `json:"operator"` // =~ or !~
		Value    string `json:"value"`
	} `json:"keepSeries"`
	KeepLabels []struct {
		Metric string   `json:"metric"`
		Labels []string `json:"labels"`
	} `json:"keepLabels"`
	ReplaceValues []struct {
		Metric    string   `json:"metric"`
		Label     string   `json:"label"`
		Allowed   []string `json:"allowed"`
		Otherwise string   `json:"otherwise"`
	} `json:"replaceValues"`
	OldestVersion string   `json:"oldestVersion"`
	Scraping      Scraping `json:"scraping"`
}

// MetricLabel is a label of a metric.
type MetricLabel struct {
	Metric string `json:"metric"`
	Label  string `json:"label"`
}

// OnlyLastEngine reports whether a Falco has no engine but one that only counts where there is no other: it has plugin
// sources and reads no system calls.
func (r Reading) OnlyLastEngine(facts map[string]string) bool {
	for _, f := range r.Facts {
		if f.ID == "engine" {
			return slices.Contains(f.Last, facts[f.ID])
		}
	}
	return false
}

// Switch is a key of falco.yaml that the health check reports if it is off.
type Switch struct {
	Config       string   `json:"config"`
	Metric       string   `json:"metric"`
	AnyOf        []string `json:"anyOf,omitempty"`
	Engines      []string `json:"engines,omitempty"`
	Since        string   `json:"since,omitempty"`
	Host         string   `json:"host,omitempty"`
	Cost         string   `json:"cost,omitempty"`
	OffByDefault bool     `json:"offByDefault,omitempty"`
}

// TargetGauge is a series that is written for every target from its settings. A fallback of 0 means that it is only written
// if the setting is set. OfEntry means that its value is that of the whole entry, whose URL is in the label `entry`.
type TargetGauge struct {
	Setting  string  `json:"setting"`
	Metric   string  `json:"metric"`
	Fallback float64 `json:"fallback"`
	OfEntry  bool    `json:"ofEntry,omitempty"`
}

// Baseline is a setting for what all Falcos should have. Every value becomes a series of Metric with the label Label, which
// is written for each Falco. ActualMetric is the metric of Falco with which it is compared.
type Baseline struct {
	Setting      string `json:"setting"`
	Title        string `json:"title"`
	Metric       string `json:"metric"`
	Label        string `json:"label"`
	ActualMetric string `json:"actualMetric"`
	Form         string `json:"form"`
	FormInWords  string `json:"formInWords"`
}

// Recording is a recording rule in provisioning/prometheus: a signal of all Falcos with its default grouping.
type Recording struct {
	Name   string `json:"name"`
	Signal string `json:"signal"`
	Window string `json:"window,omitempty"`
}

// Store is what Prometheus mode needs to know about servers that scrape Falco.
type Store struct {
	// IdentifyingMetrics are the metrics that identify a kind of target. One of them is sufficient.
	IdentifyingMetrics []struct {
		Kind    string   `json:"kind"`
		Metrics []string `json:"metrics"`
	} `json:"identifyingMetrics"`
	// CounterDips describes counters that fall and return to their course although nothing restarted.
	CounterDips struct {
		Metric string `json:"metric"` // a counter that falls with the others
		Start  string `json:"start"`  // changes when Falco restarts and its counters start again
		Reload string `json:"reload"` // changes when Falco reloads and its counters start again
		Cause  string `json:"cause"`  // a sentence for notices
	} `json:"counterDips"`
	// ExternalMetrics are the metrics of other exporters that expressions use.
	ExternalMetrics []string `json:"externalMetrics"`
}
