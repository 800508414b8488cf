package store

import (
	"math"
	"net/url"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi/promapitest"
)

func TestLabels(t *testing.T) {
	f := newFakeServer(t, func(path string, _ url.Values) (int, string) {
		if path == "labels" {
			return 200, `{"status": "success", "data": ["__name__", "node", "instance", "cpu"]}`
		}
		return 200, `{"status": "success", "data": ["b", "a"]}`
	})
	s := f.store(t)
	names, _, err := s.Querier(0, math.MaxInt64).LabelNames(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, []string{"__name__", "cpu", "exported_node", "node"}, names)
	last := func() promapitest.Request { return f.Requests[len(f.Requests)-1] }
	require.Equal(t, url.Values{
		"match[]": {`{__name__=~"falcosecurity_falco_.*|falcosecurity_scap_.*|falcosecurity_evt_.*|falcosecurity_plugins_.*|falcosecurity_falcosidekick_.*|falcosidekick_.*|falco_events.*"}`},
		"start":   {"1772280000.000"}, "end": {"1772366400.000"},
	}, last().Parameters)

	values := func(name string, from, to int64, matchers ...*labels.Matcher) []string {
		found, _, err := s.Querier(from, to).LabelValues(t.Context(), name, nil, matchers...)
		require.NoError(t, err)
		return found
	}
	require.Equal(t, []string{"a", "b"}, values("node", 1000, 2000, labels.MustNewMatcher(labels.MatchRegexp, "node", "a|b")))
	require.Equal(t, promapitest.Request{Method: "GET", Path: "label/instance/values", Parameters: url.Values{
		"match[]": {`{instance=~"a|b",__name__=~"falcosecurity_falco_version_info|falcosecurity_scap_n_evts_total"}`, `{instance=~"a|b",__name__=~"falcosecurity_falcosidekick_inputs_total|falcosidekick_inputs"}`},
		"start":   {"1.000"}, "end": {"2.000"},
	}, Header: last().Header}, last())
	s.targets.jobs = map[string][]string{"falco": {"falco"}}
	values("node", 0, 1, labels.MustNewMatcher(labels.MatchNotEqual, "kind", "falcosidekick"))
	require.Equal(t, []string{`{__name__=~"falcosecurity_falco_version_info|falcosecurity_scap_n_evts_total"}`, `{__name__="up",job="falco"}`}, last().Parameters["match[]"], "Falcos only")
	require.Empty(t, values("cluster", 0, 1), "the server has no label for the cluster")
	values("cpu", 0, 1, labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, "x"))
	require.Equal(t, []string{`{__name__="x"}`}, last().Parameters["match[]"])
	values(model.MetricNameLabel, 0, 1)
	require.Empty(t, last().Parameters["match[]"], "all metrics")
}
