package datasource

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

// seconds counts the seconds before noon up to 0, on node-1 for two hours and on node-2 for the last ten minutes.
func seconds(t *testing.T) *Instance {
	d, f := newTest(t, falco("node-1", "x_total"), falco("node-2", "x_total"))
	end := noon.Truncate(15 * time.Second)
	f.since = end.Add(-2 * time.Hour)
	for node, since := range map[string]time.Duration{"node-1": 2 * time.Hour, "node-2": 10 * time.Minute} {
		counter := f.history.Series(labels.FromStrings("__name__", "x_total", "cluster", "demo", "node", node))
		for at := end.Add(-since); !at.After(end); at = at.Add(15 * time.Second) {
			f.history.Append(at.UnixMilli(), []history.Sample{{Series: counter, Value: at.Sub(end).Seconds()}})
		}
	}
	return d
}

func TestCompareInSeries(t *testing.T) {
	res := queryOne(t, seconds(t), `{"expr": "x_total", "compare": "1h", "legendFormat": "{{node}} {{period}}"}`)
	require.Equal(t, []string{"node-1 before", "node-1 after", "node-2 after"}, names(t, res))
	end := noon.Truncate(15 * time.Second)
	for i, last := range []float64{-3600, 0, 0} {
		at, values := res.Frames[i].Fields[0], res.Frames[i].Fields[1]
		require.Equal(t, end, at.At(at.Len()-1), "earlier points are at the times that they are compared with")
		require.Equal(t, last, values.At(values.Len()-1))
	}
	require.Equal(t, "before", res.Frames[0].Fields[1].Labels["period"])
}

func TestCompareInTables(t *testing.T) {
	d := seconds(t)
	for query, want := range map[string]string{
		`{"expr": "x_total", "compare": "$__range", "format": "table"}`: "cluster node __name__ before after change: demo node-1 x_total -1800 0 1800; demo node-2 x_total - 0 -",
		// The title of a single signal needs no repeating.
		`{"signals": ["up"], "compare": "1h", "format": "table"}`:                             ":",
		`{"expr": "x_total", "compare": "1h", "format": "table", "legendFormat": "{{node}}"}`: "cluster __name__ node-1 before node-1 after node-2 after node-1 change: demo x_total -3600 0 0 3600",
	} {
		res := queryOne(t, d, query)
		require.NoError(t, res.Error)
		var titles, rows []string
		for _, f := range res.Frames[0].Fields {
			name := f.Name
			if f.Config.DisplayNameFromDS != "" {
				name = f.Config.DisplayNameFromDS
			}
			titles = append(titles, name)
		}
		for i := range res.Frames[0].Rows() {
			var row []string
			for _, f := range res.Frames[0].Fields {
				value, known := f.ConcreteAt(i)
				if !known {
					value = "-"
				}
				row = append(row, fmt.Sprint(value))
			}
			rows = append(rows, strings.Join(row, " "))
		}
		require.Equal(t, want, strings.TrimSpace(strings.Join(titles, " ")+": "+strings.Join(rows, "; ")), query)
	}
}

func TestCompareSaysWhereHistoryBegins(t *testing.T) {
	d := seconds(t)
	require.Equal(t, []string{"info: Data starts at 10:00 UTC. The history is kept in memory: it starts when the data source is first used, and again when Grafana or the plugin restarts."},
		texts(t, queryOne(t, d, `{"expr": "x_total", "compare": "3h"}`)))
	require.Empty(t, texts(t, queryOne(t, d, `{"expr": "x_total", "compare": "1h"}`)))
}

func TestAlertRulesDoNotCompare(t *testing.T) {
	res := queries(t, seconds(t), map[string]string{"FromAlert": "true"}, `{"expr": "x_total", "compare": "1h"}`)["A"]
	require.EqualError(t, res.Error, "alert rules cannot compare: use offset in a query of type promql")
	require.Equal(t, backend.StatusBadRequest, res.Status)
}
