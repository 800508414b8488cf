package promapi

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi/promapitest"
)

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
	s := fakeServer{&promapitest.Server{Server: server}}.client(t, func(c *Config) { c.URL = c.URL.JoinPath("select", "0:0", "prometheus") })
	request := func(name string) (path string, err error) {
		*uris = nil
		_, err = s.LabelValues(t.Context(), name, 0, math.MaxInt64)
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
		s := fakeServer{&promapitest.Server{Server: server}}.client(t, func(c *Config) { c.URL = base.JoinPath("prefix") })
		_, _ = s.LabelValues(t.Context(), name, 0, math.MaxInt64)
		for _, uri := range *uris {
			path, _, _ := strings.Cut(uri, "?")
			require.Regexp(t, values, path)
		}
	})
}
