package datasource

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// queryVersion is the version of queries that this code reads; src/query.ts has the same.
const queryVersion = 1

// query is FalcoQuery of src/query.ts. A nil GroupBy is the signals' own, an empty one the total.
type query struct {
	QueryType string           `json:"queryType"`
	Signals   []string         `json:"signals"`
	GroupBy   []string         `json:"groupBy"`
	Filters   []signals.Filter `json:"filters"`
	Window    string           `json:"window"`
	Limit     int              `json:"limit"`
	Compare   string           `json:"compare"`
	// MapLabels says of Expr that it calls Falcos cluster and node, also where a store calls them otherwise.
	MapLabels    bool   `json:"mapLabels"`
	Expr         string `json:"expr"`
	Format       string `json:"format"`
	Instant      bool   `json:"instant"`
	LegendFormat string `json:"legendFormat"`
	Live         bool   `json:"live"`
}

// byHand is whether an expression is in the labels of the samples, whatever a store calls Falcos.
func (q query) byHand() bool { return q.QueryType == "promql" && !q.MapLabels }

// readQuery brings a saved query to the current shape and completes it. `{}` asks for the kernel's drops.
func readQuery(raw json.RawMessage) (query, error) {
	stored := map[string]any{}
	if err := json.Unmarshal(raw, &stored); err != nil {
		return query{}, fmt.Errorf("the query is no valid JSON: %w", err)
	}
	stored = withDefaults(migrate(stored))
	text, err := json.Marshal(stored)
	if err != nil {
		return query{}, fmt.Errorf("the query cannot be read: %w", err)
	}
	var q query
	if err := json.Unmarshal(text, &q); err != nil {
		return query{}, fmt.Errorf("the query cannot be read: %w", typeError(err))
	}
	if q.QueryType == "signal" && len(q.Signals) == 0 {
		return query{}, errors.New("the query names no signal: choose one, such as kernel-drop-ratio")
	}
	if q.Format != "timeseries" && q.Format != "table" {
		return query{}, fmt.Errorf("the format is %q: expected timeseries or table", q.Format)
	}
	if stored["limit"] == 0.0 { // none would be no limit
		return query{}, errors.New("the limit is 0: expected a whole number above 0")
	}
	return q, q.checkReach()
}

// checkReach refuses a limit, or a comparison, where it would have no effect.
func (q query) checkReach() error {
	switch figures := q.QueryType == "signal" || q.QueryType == "promql"; {
	case q.Limit < 0:
		return fmt.Errorf("the limit is %d: expected a whole number above 0", q.Limit)
	case q.Limit > 0 && q.QueryType == "promql":
		return errors.New("queries of type promql have no limit: write topk or bottomk into the expression")
	case q.Limit > 0 && q.QueryType == "health" && !q.Instant:
		return errors.New("health over a range has no limit: filter by node or check, or set instant")
	case q.Compare != "" && !figures:
		return fmt.Errorf("queries of type %s cannot compare: expected query type signal or promql", q.QueryType)
	}
	return nil
}

// migrations: entry n brings a query of version n to version n + 1. The same steps stand in
// src/query.ts, and tests/corpora/queries.json runs in both.
var migrations = []func(map[string]any){fromHandWritten}

func migrate(stored map[string]any) map[string]any {
	version, _ := stored["version"].(float64)
	for _, step := range migrations[min(max(0, int(version)), len(migrations)):] {
		step(stored)
	}
	stored["version"] = max(version, queryVersion)
	return stored
}

// fromHandWritten reads queries without a version, which come from YAML written by hand: the query type
// may be missing, and a list of one may be a plain word.
func fromHandWritten(stored map[string]any) {
	for _, field := range []string{"signals", "groupBy"} {
		if word, ok := stored[field].(string); ok {
			stored[field] = []any{word}
		}
	}
	if stored["queryType"] == nil {
		stored["queryType"] = "signal"
		if stored["signals"] == nil && stored["expr"] != nil {
			stored["queryType"] = "promql"
		}
	}
}

func withDefaults(stored map[string]any) map[string]any {
	format := "table" // health, inventory, rules, events
	if stored["queryType"] == "signal" || stored["queryType"] == "promql" {
		format = "timeseries"
	}
	for field, value := range map[string]any{"filters": []any{}, "format": format} {
		if stored[field] == nil {
			stored[field] = value
		}
	}
	if stored["queryType"] == "signal" && stored["signals"] == nil {
		stored["signals"] = []any{"kernel-drop-ratio"}
	}
	if stored["instant"] == nil {
		stored["instant"] = stored["format"] == "table"
	}
	return stored
}
