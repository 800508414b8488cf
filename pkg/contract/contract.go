// Package contract holds what the browser and the backend have to agree on. It is written in TypeScript (src/contract.ts) and
// generated into contract.json.
package contract

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"
)

//go:embed contract.json
var contractJSON []byte

// Contract mirrors CONTRACT in src/contract.ts.
type Contract struct {
	Defaults json.RawMessage `json:"defaults"` // of the settings, in the shape of jsonData
	Bounds   struct {
		ScrapeIntervalMs Bounds `json:"scrapeIntervalMs"`
		LiveIntervalMs   Bounds `json:"liveIntervalMs"`
		RetentionTimeMs  Bounds `json:"retentionTimeMs"`
	} `json:"bounds"`
	Modes       []string `json:"modes"`
	TargetKinds []string `json:"targetKinds"`
	Discoveries []string `json:"discoveries"`
	Query       struct {
		Version       int      `json:"version"`
		DefaultSignal string   `json:"defaultSignal"`
		Types         []string `json:"types"`
		Formats       []string `json:"formats"`
		Operators     []string `json:"operators"`
	} `json:"query"`
	Columns map[string][]Column `json:"columns"` // of tables: health, healthSummary, healthOfChecks and inventory
	Impact  struct {
		Window          string   `json:"window"` // default length of each of the windows that are compared
		ExpressionLimit int      `json:"expressionLimit"`
		Worse           []string `json:"worse"`
	} `json:"impact"`
	LabelName string `json:"labelName"` // regular expression
	Secrets   struct {
		Words []string `json:"words"`
		Names []string `json:"names"`
	} `json:"secrets"`
}

// Column is a column of a table.
type Column struct {
	Name  string `json:"name"`
	Title string `json:"title"`
}

// Bounds are the smallest and the largest value of a setting, both allowed.
type Bounds struct {
	Min int64 `json:"min"`
	Max int64 `json:"max"`
}

var load = sync.OnceValue(func() *Contract {
	c := &Contract{}
	if err := json.Unmarshal(contractJSON, c); err != nil {
		panic(fmt.Sprintf("the contract built into the plugin cannot be read: %v", err))
	}
	return c
})

// Load returns the contract. It is shared and must not be modified.
func Load() *Contract { return load() }
