package signals

// Check is one row of the health table for every node: a signal, judged by its thresholds.
type Check struct {
	ID     string `json:"id"`
	Signal string `json:"signal"`
	// Worst is max or min: the value that stands for the node where the signal has several.
	Worst string `json:"worst"`
	// ExtraDimensions are dimensions whose verdict it counts for besides that of its signal.
	ExtraDimensions []string `json:"extraDimensions,omitempty"`
	// Window of the judgement; without it the query's.
	Window  string `json:"window,omitempty"`
	Meaning struct {
		OK       string `json:"ok"`
		Warning  string `json:"warning,omitempty"`
		Critical string `json:"critical,omitempty"`
	} `json:"meaning"`
	Advice []CheckAdvice `json:"advice"`
	// Optional: a node without a value has no row, instead of an unknown one.
	Optional bool `json:"optional,omitempty"`
}

// CheckAdvice is something to change when a check is bad; worst first.
type CheckAdvice struct {
	// When is a template with a sample for every node where this advice is the right one; without it, it always is.
	When   string `json:"when,omitempty"`
	Why    string `json:"why"`
	Change string `json:"change"`
	Cost   string `json:"cost"`
}

// InventoryColumn is a label of an info series, or the value of a metric.
type InventoryColumn struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Metric string `json:"metric"`
	Label  string `json:"label,omitempty"`
	// Prefix is another label, put before the value with a colon; Length is how much of the value is shown. The whole
	// is compared.
	Prefix  string  `json:"prefix,omitempty"`
	Length  int     `json:"length,omitempty"`
	Unit    string  `json:"unit,omitempty"`
	Divide  float64 `json:"divide,omitempty"`
	Compare bool    `json:"compare,omitempty"`
}

// EventKind is something found in the history: a metric's value or an info series' label that changes, or a
// template that crosses a bound upwards.
type EventKind struct {
	ID     string  `json:"id"`
	Title  string  `json:"title"`
	Find   string  `json:"find"` // change, label or above
	Metric string  `json:"metric,omitempty"`
	Label  string  `json:"label,omitempty"`
	Expr   string  `json:"expr,omitempty"`
	Bound  float64 `json:"bound,omitempty"`
	Time   string  `json:"time,omitempty"` // nanoseconds: the metric's value is the time of the event
	Unless string  `json:"unless,omitempty"`
	Text   string  `json:"text"`
	Unit   string  `json:"unit,omitempty"` // of the value in the text
	Level  string  `json:"level"`          // info, warning or critical
}

// RuleTable says where the figures of Falco's rules are.
type RuleTable struct {
	Metric     string            `json:"metric"`
	Rule       string            `json:"rule"`
	Priority   string            `json:"priority"`
	Priorities map[string]string `json:"priorities"`
	Source     string            `json:"source"`
	TagPrefix  string            `json:"tagPrefix"`
}
