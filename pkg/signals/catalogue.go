// Package signals contains the catalogue of signals: what each of them means, how it is calculated and what it requires. The
// catalogue is written in TypeScript (src/signals) and generated into catalogue.json. The Go code knows nothing about Falco.
//
// The types mirror those in src/signals/types.ts field by field: the signals in this file, what is read from responses in
// reading.go and scraping.go, and what the other query types show in kinds.go.
package signals

// Catalogue is everything that the plugin knows about Falco's metrics.
type Catalogue struct {
	Dimensions []Dimension `json:"dimensions"`
	Groupings  []Grouping  `json:"groupings"`
	// MetricLabels are the labels of metrics that filters may use. A signal can only be filtered by those that all of its
	// metrics listed here have.
	MetricLabels map[string][]string `json:"metricLabels"`
	Priority     PriorityLabel       `json:"priority"`
	// MetricsByHost belong to the Falco that another label names: filters on the identity and on labels of the target do not
	// apply.
	MetricsByHost []string          `json:"metricsByHost"`
	Reading       Reading           `json:"reading"`
	Switches      []Switch          `json:"switches"`
	Signals       []Signal          `json:"signals"`
	Checks        []Check           `json:"checks"`
	Inventory     []InventoryColumn `json:"inventory"`
	Events        []EventKind       `json:"events"`
	Impact        Impact            `json:"impact"`
	Rules         RuleTable         `json:"rules"`
	TargetGauges  []TargetGauge     `json:"targetGauges"`
	Baselines     []Baseline        `json:"baselines"`
	Store         Store             `json:"store"`
	Recordings    []Recording       `json:"recordings"`
	Receiver      Receiver          `json:"receiver"`
	Clock         Clock             `json:"clock"`
	SharedKernel  SharedKernel      `json:"sharedKernel"`
}

// Dimension is one of the five dimensions in Falco's guide to performance monitoring in production.
type Dimension struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Question string `json:"question"`
}

// Grouping is a label of an info series, which `$join` adds to a signal.
type Grouping struct {
	ID       string `json:"id"`
	Label    string `json:"label"`
	Metric   string `json:"metric"`
	Matchers string `json:"matchers,omitempty"`
}

// Signal is a derived figure: its PromQL template and everything that a panel needs to show it.
type Signal struct {
	ID        string `json:"id"`
	Title     string `json:"title"`
	Dimension string `json:"dimension"`
	// TargetKind is the kind of target that it describes.
	TargetKind string   `json:"targetKind"`
	Unit       string   `json:"unit"`
	Decimals   *uint16  `json:"decimals,omitempty"`
	Min        *float64 `json:"min,omitempty"`
	Max        *float64 `json:"max,omitempty"`
	Tiny       *Tiny    `json:"tiny,omitempty"`
	// SoftMax is the least upper end of an axis. Grafana would draw a flat line at 0 on an axis up to 100, or to 10,000 %.
	SoftMax     *float64    `json:"softMax,omitempty"`
	Summary     string      `json:"summary"`
	Description string      `json:"description"`
	Expr        string      `json:"expr"`
	GroupBy     GroupBy     `json:"groupBy"`
	Needs       []Need      `json:"needs"`
	Thresholds  *Thresholds `json:"thresholds,omitempty"`
	// MaxWindow is the longest useful window.
	MaxWindow string `json:"maxWindow,omitempty"`
	// Worst is "min" if the lowest values are the worst although there is no threshold that says so.
	Worst string `json:"worst,omitempty"`
	// ClusterScoped means that it counts complete clusters and cannot be filtered by node.
	ClusterScoped bool `json:"clusterScoped,omitempty"`
	// ComparesNodes means that it compares nodes: the value of one depends on which others pass the filters.
	ComparesNodes bool `json:"comparesNodes,omitempty"`
	// AddsHostEvents means that every Falco on a kernel counts the same: totals are too high where several share one.
	AddsHostEvents bool     `json:"addsHostEvents,omitempty"`
	Advice         []Advice `json:"advice"`
	Link           string   `json:"link"`
	// NoValueReason is why a node may have no value although nothing is wrong.
	NoValueReason string  `json:"noValueReason,omitempty"`
	Values        []Value `json:"values,omitempty"`
	// InStore replaces Expr if the Prometheus server has metrics of other exporters.
	InStore *InStore `json:"inStore,omitempty"`
}

// Tiny is the text for values above 0, up to To, that are too small to show with the decimals of a signal.
type Tiny struct {
	To   float64 `json:"to"`
	Text string  `json:"text"`
}

// InStore is the expression of a signal for Prometheus servers that have all of Metrics, which are those of other exporters.
// ExtraDescription is added to the description.
type InStore struct {
	Expr             string   `json:"expr"`
	Metrics          []string `json:"metrics"`
	ExtraDescription string   `json:"extraDescription"`
}

// LowestIsWorst reports whether low values are worse.
func (s *Signal) LowestIsWorst() bool {
	return s.Worst == "min" || s.Thresholds != nil && s.Thresholds.Direction == "below"
}

// GroupBy holds the labels by which a signal is grouped by default, and those by which it may be grouped in addition.
type GroupBy struct {
	Default []string `json:"default"`
	Allowed []string `json:"allowed"`
}

// Need is a requirement of a signal. A notice explains it if a target does not export the metric.
type Need struct {
	Metric       string        `json:"metric"`
	AnyOf        []string      `json:"anyOf,omitempty"`
	Config       string        `json:"config,omitempty"`
	Host         string        `json:"host,omitempty"`
	Collector    string        `json:"collector,omitempty"` // of node_exporter
	Cost         string        `json:"cost,omitempty"`
	Engines      []string      `json:"engines,omitempty"`
	Since        string        `json:"since,omitempty"`
	From         string        `json:"from,omitempty"` // what has it if Falco does not: FromReceiver, or an exporter whose metrics only a Prometheus server has
	UnknownValue *UnknownValue `json:"unknownValue,omitempty"`
}

// UnknownValue is a value of a metric that means unknown, such as 0 for the memory of the container.
type UnknownValue struct {
	Value   float64 `json:"value"`
	Because string  `json:"because"`
	Change  string  `json:"change"`
}

// Thresholds are those of a signal. Either of them may be missing.
type Thresholds struct {
	Direction string   `json:"direction"`
	Warning   *float64 `json:"warning,omitempty"`
	Critical  *float64 `json:"critical,omitempty"`
	Because   string   `json:"because"`
	Source    string   `json:"source"`
}

// Advice is a change that improves a signal.
type Advice struct {
	When   string `json:"when"`
	Change string `json:"change"`
	Cost   string `json:"cost"`
}

// Value is the name of a value of a signal, such as down for 0.
type Value struct {
	Value float64 `json:"value"`
	Text  string  `json:"text"`
	Level string  `json:"level"`
}
