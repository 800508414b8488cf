package datasource

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestHintsReachThePanel checks that hints and the engine's own infos are notices, and that they do not change the result.
func TestHintsReachThePanel(t *testing.T) {
	d, fleet := newTest(t, falco("node-1", "falcosecurity_scap_n_drops_total"))
	fleet.count("node-1", 0)
	res := queryOne(t, d, `{"queryType": "promql", "expr": "sum(rate(falcosecurity_scap_n_drops_total[5m])) by (hostname)"}`)
	require.NoError(t, res.Error)
	require.Contains(t, texts(t, res), "info: falcosecurity_scap_n_drops_total has no label hostname, so by (hostname) does not separate series. The labels are cluster, node, zone.")
	require.Len(t, res.Frames, 1)

	require.Contains(t, texts(t, queryOne(t, d, `{"queryType": "promql", "expr": "up or rate(up[5m])"}`)),
		`info: PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "up" (1:12)`)
	require.Contains(t, texts(t, queryOne(t, d, `{"queryType": "promql", "expr": "up or falcosecurity_scap_n_drop_total"}`)),
		"info: There is no metric falcosecurity_scap_n_drop_total. Did you mean falcosecurity_scap_n_drops_total, which the signal “Kernel drops” uses?")
	require.Contains(t, texts(t, queryOne(t, d, `{"queryType": "promql", "instant": true, "expr": "up or falcosecurity_scap_n_drop_total"}`)),
		"info: There is no metric falcosecurity_scap_n_drop_total. Did you mean falcosecurity_scap_n_drops_total, which the signal “Kernel drops” uses?", "at an instant")
}

func TestParseErrorHint(t *testing.T) {
	d, _ := newTest(t, falco("node-1"))
	res := queryOne(t, d, `{"queryType": "promql", "expr": "rate(m[5m]) by (destination) > 0"}`)
	require.ErrorContains(t, res.Error, "the expression cannot be parsed at character 13: ")
	require.ErrorContains(t, res.Error, "by belongs to an aggregation: write, for example, sum by (destination) (...)")
}

// TestHintsOfLiveQueries checks that the browser gets the same hints for live queries.
func TestHintsOfLiveQueries(t *testing.T) {
	d, fleet := newTest(t, falco("node-1", "falcosecurity_scap_n_drops_total"))
	fleet.count("node-1", 0)
	query := url.QueryEscape(`{"queryType": "promql", "expr": "sum(falcosecurity_scap_n_drops_total)"}`)
	status, body := as(t, d, "Editor", "live/reasons?range=60000&query="+query)
	require.Equal(t, 200, status, body)
	var reasons struct {
		Besides []struct{ Text string }
		Hints   []struct {
			Text string
			Fix  struct{ Type string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(body), &struct{ Data any }{&reasons}))
	const text = "sum(falcosecurity_scap_n_drops_total) adds up what each target has counted since it started. Use rate() or increase(), or the signal “Kernel drops”."
	require.Len(t, reasons.Hints, 1)
	require.Equal(t, text, reasons.Hints[0].Text)
	require.Equal(t, "ADD_RATE", reasons.Hints[0].Fix.Type)
	require.Contains(t, reasons.Besides, struct{ Text string }{text}, "as a notice")
}
