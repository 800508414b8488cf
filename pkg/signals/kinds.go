package signals

// Check judges a signal by its thresholds. The health table has a row for each check and node.
type Check struct {
	ID     string `json:"id"`
	Signal string `json:"signal"`
	// Worst is max or min: which value counts for the node if the signal has several.
	Worst string `json:"worst"`
	// ExtraDimensions are further dimensions whose verdict it affects.
	ExtraDimensions []string `json:"extraDimensions,omitempty"`
	// Window overrides that of the query.
	Window string `json:"window,omitempty"`
	// Column is the column of the inventory that tells in which files a node differs.
	Column  string `json:"column,omitempty"`
	Meaning struct {
		OK       string `json:"ok"`
		Warning  string `json:"warning,omitempty"`
		Critical string `json:"critical,omitempty"`
	} `json:"meaning"`
	Advice []CheckAdvice `json:"advice"`
	// Optional means that a node without a value has no row, instead of an unknown one.
	Optional bool `json:"optional,omitempty"`
	// ZeroWith is a template with a value for each node. Where that is 0, so is the value of the check, if the node has the
	// signal's metrics.
	ZeroWith string `json:"zeroWith,omitempty"`
}

// CheckAdvice is a change for a check that is not ok.
type CheckAdvice struct {
	// When is a template that has a sample for every node to which the advice applies. Without it, the advice always applies.
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
	// Prefix is another label that is shown before the value. Length is how many characters of the value are shown;
	// comparisons use all of it.
	Prefix  string  `json:"prefix,omitempty"`
	Length  int     `json:"length,omitempty"`
	Unit    string  `json:"unit,omitempty"`
	Divide  float64 `json:"divide,omitempty"`
	Compare bool    `json:"compare,omitempty"`
	Width   int     `json:"width,omitempty"`  // in a table, in pixels
	Hidden  bool    `json:"hidden,omitempty"` // in tables, by default
}

// EventKind is a type of events in the history: a change of a metric's value or of an info series' label, or a template
// whose value exceeds a bound.
type EventKind struct {
	ID     string  `json:"id"`
	Title  string  `json:"title"`
	Find   string  `json:"find"` // change, label, above or history
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

// Clock describes the clocks of the nodes.
type Clock struct {
	// Ahead is a template, grouped by `$identity`: how far the clock of a node is ahead of the scraper's, in seconds. It is
	// negative if the clock is behind.
	Ahead string `json:"ahead"`
	// Tolerance is the difference in seconds up to which nothing is reported.
	Tolerance float64 `json:"tolerance"`
}

// SharedKernel names the signal that is above 1 for a Falco that shares its kernel, and the totals that count each kernel
// once.
type SharedKernel struct {
	Signal string   `json:"signal"`
	Totals []string `json:"totals"`
}

// Impact is what queries of type impact compare before and after a change of Falco.
type Impact struct {
	// Changes are the kinds of events that are changes of Falco, the most significant first. Disturbances are kinds of other
	// events that change figures: a node with one is not compared.
	Changes      []string `json:"changes"`
	Disturbances []string `json:"disturbances"`
	// Load is the signal that figures are normalised by.
	Load    string         `json:"load"`
	Figures []ImpactFigure `json:"figures"`
}

// ImpactFigure is a signal by node.
type ImpactFigure struct {
	Signal  string `json:"signal"`
	Subject string `json:"subject"`         // node or falco: what it describes
	Worse   string `json:"worse,omitempty"` // higher or lower; empty if neither is
	// Absolute means that its change is shown as a difference: a share of a value near 0 says little.
	Absolute bool `json:"absolute,omitempty"`
}

// RuleTable describes the metric of Falco's rules.
type RuleTable struct {
	Metric     string            `json:"metric"`
	Rule       string            `json:"rule"`
	Priority   string            `json:"priority"`
	Priorities map[string]string `json:"priorities"`
	Source     string            `json:"source"`
	TagPrefix  string            `json:"tagPrefix"`
	// NoValueReason says why there may be no rule: a rule's counter appears with its first match.
	NoValueReason string `json:"noValueReason"`
}
