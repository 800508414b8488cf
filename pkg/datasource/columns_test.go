package datasource

import (
	"slices"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/contract"
)

func columnsOf(t *testing.T, res backend.DataResponse) (out []contract.Column) {
	t.Helper()
	require.NoError(t, res.Error)
	for _, field := range res.Frames[0].Fields {
		out = append(out, contract.Column{Name: field.Name, Title: field.Config.DisplayNameFromDS})
	}
	return out
}

// The query editor offers the columns of the contract.
func TestColumnsAreThoseOfTheContract(t *testing.T) {
	d, f := newTest(t, falco("node-1", "falcosecurity_scap_n_drops_total"))
	f.count("node-1", 1)
	columns := contract.Load().Columns
	require.ElementsMatch(t, columns["health"], columnsOf(t, queryOne(t, d, `{"queryType": "health"}`)))
	require.ElementsMatch(t, append([]contract.Column{{Name: "node", Title: "Node"}}, columns["healthSummary"]...), columnsOf(t, queryOne(t, d, `{"queryType": "health", "groupBy": ["node"]}`)))
	ofChecks := slices.Concat([]contract.Column{{Name: "check", Title: "Check"}}, columns["healthOfChecks"], columns["healthSummary"])
	require.ElementsMatch(t, ofChecks, columnsOf(t, queryOne(t, d, `{"queryType": "health", "groupBy": ["check"]}`)))

	inventory := append([]contract.Column{}, columns["inventory"]...)
	for _, label := range d.source.Settings.TargetLabels {
		inventory = append(inventory, contract.Column{Name: label, Title: label})
	}
	for _, c := range d.source.Catalogue.Inventory {
		inventory = append(inventory, contract.Column{Name: c.ID, Title: c.Title})
	}
	require.ElementsMatch(t, inventory, columnsOf(t, queryOne(t, d, `{"queryType": "inventory"}`)))
}

func TestColumnsAreSelected(t *testing.T) {
	d, f := newTest(t, falco("node-1", "falcosecurity_scap_n_drops_total"))
	f.count("node-1", 1)
	res := queryOne(t, d, `{"queryType": "health", "columns": ["meaning", "node"]}`)
	require.Equal(t, []contract.Column{{Name: "meaning", Title: "Meaning"}, {Name: "node", Title: "Node"}}, columnsOf(t, res))
	require.NotContains(t, res.Frames[0].Fields[0].Config.Custom, "hideFrom", "hidden by default")

	res = queryOne(t, d, `{"queryType": "health", "columns": ["step"]}`)
	require.Equal(t, []contract.Column{{Name: "step", Title: "First step"}, {Name: "details", Title: "Details"}}, columnsOf(t, res))
	require.Contains(t, res.Frames[0].Fields[1].Config.Custom, "hideFrom", "the tooltip of the step")

	res = queryOne(t, d, `{"queryType": "inventory", "columns": ["engine", "nodes"]}`)
	require.ErrorContains(t, res.Error, `there is no column "nodes": expected cluster, node, state, `)
	require.Equal(t, backend.StatusBadRequest, res.Status)

	res = queryOne(t, d, `{"queryType": "health", "format": "timeseries", "instant": true, "columns": ["nodes"]}`)
	require.NoError(t, res.Error, "numbers have no columns")
}
