package signals

// Reading is what the reader of answers has to know about Falco's and Falcosidekick's metrics.
type Reading struct {
	Host struct {
		Metric string `json:"metric"`
		Label  string `json:"label"`
	} `json:"host"`
	Start struct {
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

// Switch is a key of falco.yaml that the health check reports when it is off.
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

// TargetGauge is a series written for every target beside `up`, from its settings. A fallback of 0 means: only where the
// setting is set. One of the entry stands on each target for all of them, with the entry's URL in the label `entry`.
type TargetGauge struct {
	Setting  string  `json:"setting"`
	Metric   string  `json:"metric"`
	Fallback float64 `json:"fallback"`
	OfEntry  bool    `json:"ofEntry,omitempty"`
}

// Baseline is a setting that says what all Falcos are expected to have. Every value becomes a series of Metric with the
// label Label, written for each of them; ActualMetric is Falco's own series that it is held against.
type Baseline struct {
	Setting      string `json:"setting"`
	Title        string `json:"title"`
	Metric       string `json:"metric"`
	Label        string `json:"label"`
	ActualMetric string `json:"actualMetric"`
	Form         string `json:"form"`
	FormInWords  string `json:"formInWords"`
}

// Recording is a rule of provisioning/prometheus: a signal by its default, over a window, of all Falcos.
type Recording struct {
	Name   string `json:"name"`
	Signal string `json:"signal"`
	Window string `json:"window,omitempty"`
}

// Store is what has to be known of a Prometheus that scrapes Falco.
type Store struct {
	// IdentifyingMetrics are the metrics by which a target shows what it is; any one will do.
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
	// ExternalMetrics are metrics of others than Falco that expressions for a store read.
	ExternalMetrics []string `json:"externalMetrics"`
}
