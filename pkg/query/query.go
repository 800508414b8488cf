// Package query reads queries: their model, migrations and defaults, their times and macros.
package query

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/contract"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// Query is a migrated and complete query; src/query.ts documents the fields. A nil GroupBy stands for each signal's
// default, an empty one for the total.
type Query struct {
	QueryType string           `json:"queryType"`
	Signals   []string         `json:"signals"`
	GroupBy   []string         `json:"groupBy"`
	Filters   []signals.Filter `json:"filters"`
	Window    string           `json:"window"`
	Limit     int              `json:"limit"`
	Compare   string           `json:"compare"`
	// MapLabels means that Expr uses the labels cluster and node, whatever the Prometheus server calls them.
	MapLabels bool   `json:"mapLabels"`
	Expr      string `json:"expr"`
	// Unit is that of Expr, by Grafana's id.
	Unit string `json:"unit"`
	// Columns are the names of the columns of a health or inventory table, in order; empty for all.
	Columns      []string `json:"columns"`
	Format       string   `json:"format"`
	Instant      bool     `json:"instant"`
	LegendFormat string   `json:"legendFormat"`
	Text         string   `json:"text"`
	Live         bool     `json:"live"`
}

// maxLegendBytes limits the legend format, which is repeated for every series.
const maxLegendBytes = 1024

// UserWritten reports whether the expression is PromQL in the labels of the samples, whatever a store calls cluster and
// node.
func (q Query) UserWritten() bool { return q.QueryType == "promql" && !q.MapLabels }

// Read migrates a saved query and fills in its defaults.
func Read(raw json.RawMessage) (Query, error) {
	stored := map[string]any{}
	if err := json.Unmarshal(raw, &stored); err != nil {
		return Query{}, fmt.Errorf("the query is not valid JSON: %w", err)
	}
	if stored == nil {
		return Query{}, errors.New("the query is null: expected an object")
	}
	stored = withDefaults(migrate(stored))
	text, err := json.Marshal(stored)
	if err != nil {
		return Query{}, fmt.Errorf("the query cannot be read: %w", err)
	}
	var q Query
	if err := json.Unmarshal(text, &q); err != nil {
		return Query{}, fmt.Errorf("the query cannot be read: %w", failure.JSONType(err))
	}
	q.Signals, q.GroupBy = unique(q.Signals), unique(q.GroupBy)
	if q.QueryType == "signal" && len(q.Signals) == 0 {
		return Query{}, errors.New("the query names no signal: choose one, such as " + contract.Load().Query.DefaultSignal)
	}
	if len(q.Text) > maxLegendBytes {
		return Query{}, fmt.Errorf("the text has %d bytes: expected at most %d", len(q.Text), maxLegendBytes)
	}
	if len(q.LegendFormat) > maxLegendBytes {
		return Query{}, fmt.Errorf("the legend format has %d bytes: expected at most %d", len(q.LegendFormat), maxLegendBytes)
	}
	if formats := contract.Load().Query.Formats; !slices.Contains(formats, q.Format) {
		return Query{}, fmt.Errorf("the format is %q: expected %s", q.Format, strings.Join(formats, " or "))
	}
	if stored["limit"] == 0.0 { // would mean "no limit"
		return Query{}, errors.New("the limit is 0: expected a whole number above 0")
	}
	return q, q.checkReach()
}

// unique returns a list without what it repeats: each id would be compiled and evaluated again. Nil stays nil.
func unique(list []string) []string {
	seen := make(map[string]bool, len(list))
	return slices.DeleteFunc(list, func(text string) bool {
		known := seen[text]
		seen[text] = true
		return known
	})
}

// checkReach refuses a limit or a comparison that would have no effect.
func (q Query) checkReach() error {
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

// migrations bring a query of version n to version n + 1. src/query.ts has the same steps; tests/corpora/queries.json runs
// in both.
var migrations = []func(map[string]any){fromHandWritten}

func migrate(stored map[string]any) map[string]any {
	version, _ := stored["version"].(float64)
	for _, step := range migrations[min(max(0, int(version)), len(migrations)):] {
		step(stored)
	}
	stored["version"] = max(version, float64(contract.Load().Query.Version))
	return stored
}

// fromHandWritten reads queries without a version, which come from YAML written by hand. The query type may be missing, and
// a string may stand for a list of one.
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
	format := "table" // health, inventory, rules, events, impact
	if stored["queryType"] == "signal" || stored["queryType"] == "promql" {
		format = "timeseries"
	}
	for field, value := range map[string]any{"filters": []any{}, "format": format} {
		if stored[field] == nil {
			stored[field] = value
		}
	}
	if stored["queryType"] == "signal" && stored["signals"] == nil {
		stored["signals"] = []any{contract.Load().Query.DefaultSignal}
	}
	if stored["instant"] == nil {
		stored["instant"] = stored["format"] == "table"
	}
	return stored
}
