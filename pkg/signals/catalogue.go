// Package signals holds the catalogue of signals: what each figure means, how it is worked out and
// what it needs. The catalogue is written in TypeScript (src/signals) and generated into
// catalogue.json; nothing about Falco is written down in Go.
//
// The shapes mirror src/signals/types.ts, field by field: here the figures themselves, in reading.go
// what is read from the answers, in kinds.go what the kinds of query besides `signal` show.
package signals

// Catalogue is everything the product knows about Falco's numbers.
type Catalogue struct {
	Dimensions   []Dimension         `json:"dimensions"`
	Groupings    []Grouping          `json:"groupings"`
	MetricLabels map[string][]string `json:"metricLabels"`
	Reading      Reading             `json:"reading"`
	Switches     []Switch            `json:"switches"`
	Signals      []Signal            `json:"signals"`
	Checks       []Check             `json:"checks"`
	Inventory    []InventoryColumn   `json:"inventory"`
	Events       []EventKind         `json:"events"`
	Rules        RuleTable           `json:"rules"`
	TargetGauges []TargetGauge       `json:"targetGauges"`
	Baselines    []Baseline          `json:"baselines"`
	Store        Store               `json:"store"`
	Recordings   []Recording         `json:"recordings"`
	Receiver     Receiver            `json:"receiver"`
}

// Dimension is one of the five of Falco's guide to performance monitoring in production.
type Dimension struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Question string `json:"question"`
}

// Grouping is a label that lives on an info series and reaches a signal through `$join`.
type Grouping struct {
	ID       string `json:"id"`
	Label    string `json:"label"`
	Metric   string `json:"metric"`
	Matchers string `json:"matchers,omitempty"`
}

// Signal is one figure: its PromQL template and everything a panel needs to show it.
type Signal struct {
	ID        string `json:"id"`
	Title     string `json:"title"`
	Dimension string `json:"dimension"`
	// TargetKind is the kind of target that it describes.
	TargetKind  string      `json:"targetKind"`
	Unit        string      `json:"unit"`
	Decimals    *uint16     `json:"decimals,omitempty"`
	Min         *float64    `json:"min,omitempty"`
	Max         *float64    `json:"max,omitempty"`
	Summary     string      `json:"summary"`
	Description string      `json:"description"`
	Expr        string      `json:"expr"`
	GroupBy     GroupBy     `json:"groupBy"`
	Needs       []Need      `json:"needs"`
	Thresholds  *Thresholds `json:"thresholds,omitempty"`
	// MaxWindow is the longest window that serves it.
	MaxWindow string `json:"maxWindow,omitempty"`
	// Worst is "min" where the lowest values are the worst although no threshold says so.
	Worst string `json:"worst,omitempty"`
	// ClusterScoped says that clusters are counted as a whole: it cannot be filtered by node.
	ClusterScoped bool `json:"clusterScoped,omitempty"`
	// ComparesNodes says that nodes are held against each other: the figure of one depends on which others are asked about.
	ComparesNodes bool     `json:"comparesNodes,omitempty"`
	Advice        []Advice `json:"advice"`
	Link          string   `json:"link"`
	// NoValueReason says in a few words why a node may have no value although nothing is wrong.
	NoValueReason string  `json:"noValueReason,omitempty"`
	Values        []Value `json:"values,omitempty"`
	// InStore takes the place of Expr where a store has more than Falco's own metrics.
	InStore *InStore `json:"inStore,omitempty"`
}

// InStore is what a signal is worked out of where a store has all of Metrics, which are others' than Falco's. ExtraDescription is added
// to the description.
type InStore struct {
	Expr             string   `json:"expr"`
	Metrics          []string `json:"metrics"`
	ExtraDescription string   `json:"extraDescription"`
}

// LowestIsWorst is whether low values are the bad ones.
func (s *Signal) LowestIsWorst() bool {
	return s.Worst == "min" || s.Thresholds != nil && s.Thresholds.Direction == "below"
}

// GroupBy is what a signal is grouped by when nothing else is asked for, and what it may be grouped by besides.
type GroupBy struct {
	Default []string `json:"default"`
	Allowed []string `json:"allowed"`
}

// Need is what a signal cannot do without; a notice is made of it when a target lacks the metric.
type Need struct {
	Metric       string        `json:"metric"`
	AnyOf        []string      `json:"anyOf,omitempty"`
	Config       string        `json:"config,omitempty"`
	Host         string        `json:"host,omitempty"`
	Cost         string        `json:"cost,omitempty"`
	Engines      []string      `json:"engines,omitempty"`
	Since        string        `json:"since,omitempty"`
	From         string        `json:"from,omitempty"` // who exports it, where that is not Falco: only a store can have it
	UnknownValue *UnknownValue `json:"unknownValue,omitempty"`
}

// UnknownValue is a value of a metric that stands for "unknown", e.g. 0 for the container's memory.
type UnknownValue struct {
	Value   float64 `json:"value"`
	Because string  `json:"because"`
	Change  string  `json:"change"`
}

// Thresholds judge a signal; either bound may be missing.
type Thresholds struct {
	Direction string   `json:"direction"`
	Warning   *float64 `json:"warning,omitempty"`
	Critical  *float64 `json:"critical,omitempty"`
	Because   string   `json:"because"`
	Source    string   `json:"source"`
}

// Advice is one thing to change when the signal is bad.
type Advice struct {
	When   string `json:"when"`
	Change string `json:"change"`
	Cost   string `json:"cost"`
}

// Value names a value of a signal, e.g. 0 = down.
type Value struct {
	Value float64 `json:"value"`
	Text  string  `json:"text"`
	Level string  `json:"level"`
}
