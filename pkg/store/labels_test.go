package store

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"
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
	last := func() request { return f.requests[len(f.requests)-1] }
	require.Equal(t, url.Values{
		"match[]": {`{__name__=~"falcosecurity_falco_.*|falcosecurity_scap_.*|falcosecurity_evt_.*|falcosecurity_plugins_.*|falcosecurity_falcosidekick_.*|falcosidekick_.*|falco_events.*"}`},
		"start":   {"1772280000.000"}, "end": {"1772366400.000"},
	}, last().parameters)

	values := func(name string, from, to int64, matchers ...*labels.Matcher) []string {
		found, _, err := s.Querier(from, to).LabelValues(t.Context(), name, nil, matchers...)
		require.NoError(t, err)
		return found
	}
	require.Equal(t, []string{"a", "b"}, values("node", 1000, 2000, labels.MustNewMatcher(labels.MatchRegexp, "node", "a|b")))
	require.Equal(t, request{"GET", "label/instance/values", url.Values{
		"match[]": {`{instance=~"a|b",__name__=~"falcosecurity_falco_version_info|falcosecurity_scap_n_evts_total"}`, `{instance=~"a|b",__name__=~"falcosecurity_falcosidekick_inputs_total|falcosidekick_inputs"}`},
		"start":   {"1.000"}, "end": {"2.000"},
	}, last().header}, last())
	s.targets.jobs = map[string][]string{"falco": {"falco"}}
	values("node", 0, 1, labels.MustNewMatcher(labels.MatchNotEqual, "kind", "falcosidekick"))
	require.Equal(t, []string{`{__name__=~"falcosecurity_falco_version_info|falcosecurity_scap_n_evts_total"}`, `{__name__="up",job="falco"}`}, last().parameters["match[]"], "Falcos only")
	require.Empty(t, values("cluster", 0, 1), "the server has no label for the cluster")
	values("cpu", 0, 1, labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, "x"))
	require.Equal(t, []string{`{__name__="x"}`}, last().parameters["match[]"])
	values(model.MetricNameLabel, 0, 1)
	require.Empty(t, last().parameters["match[]"], "all metrics")
}

// recordURIs returns a server that records the request URIs it receives, as they were sent.
func recordURIs(t testing.TB) (*httptest.Server, *[]string) {
	t.Helper()
	var uris []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		uris = append(uris, r.RequestURI)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"status": "success", "data": []}`))
	}))
	t.Cleanup(server.Close)
	return server, &uris
}

// A label name never leaves the path of the label's values, whatever it contains.
func TestLabelNamesInPaths(t *testing.T) {
	server, uris := recordURIs(t)
	s := (&fakeServer{Server: server}).store(t, func(c *Config) { c.URL = c.URL.JoinPath("select", "0:0", "prometheus") })
	request := func(name string) (path string, err error) {
		*uris = nil
		_, _, err = s.Querier(0, math.MaxInt64).LabelValues(t.Context(), name, nil)
		if len(*uris) > 0 {
			path, _, _ = strings.Cut((*uris)[0], "?")
		}
		return path, err
	}
	const prefix = "/select/0:0/prometheus/api/v1/label/"
	for name, want := range map[string]string{
		"zone": "zone", "http.status": "U__http_2e_status", "naïve": "U__na_ef_ve", "a b?#&=": "U__a_20_b_3f__23__26__3d_",
		".": "U___2e_", "..": "U___2e__2e_", "\u202ex": "U___202e_x",
	} {
		path, err := request(name)
		require.NoError(t, err, name)
		require.Equal(t, prefix+want+"/values", path, name)
	}
	for _, name := range []string{
		"../../../1/prometheus/api/v1/label/zone", "..%2f..%2f..%2fx", "a/b", `..\..`, "%2e%2e", "a\nb", "a\x00", "\xff",
	} {
		path, err := request(name)
		require.EqualError(t, err, fmt.Sprintf("The label name %q is not valid: expected UTF-8 text without slashes, backslashes, percent signs and control characters.", name))
		require.Empty(t, path, name)
	}
}

func FuzzLabelNamesInPaths(f *testing.F) {
	for _, name := range []string{"node", "zone", "..", "a/b", "..%2f", "%252e", "\xff", "U__x", "naïve"} {
		f.Add(name)
	}
	server, uris := recordURIs(f)
	base, err := url.Parse(server.URL)
	require.NoError(f, err)
	values := regexp.MustCompile(`^/prefix/api/v1/label/[a-zA-Z0-9_:]+/values$`)
	f.Fuzz(func(t *testing.T, name string) {
		*uris = nil
		s := (&fakeServer{Server: server}).store(t, func(c *Config) { c.URL = base.JoinPath("prefix") })
		_, _, _ = s.Querier(0, math.MaxInt64).LabelValues(t.Context(), name, nil)
		for _, uri := range *uris {
			path, _, _ := strings.Cut(uri, "?")
			require.Regexp(t, values, path)
		}
	})
}
