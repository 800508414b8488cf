package promapi

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseURL(t *testing.T) {
	for text, want := range map[string]string{
		"prometheus:9090": "http://prometheus:9090", "http://mimir/prometheus/": "http://mimir/prometheus",
		"https://vm/select/0/prometheus/api/v1": "https://vm/select/0/prometheus", "http://a/?x=1": "http://a?x=1",
	} {
		u, err := ParseURL(text)
		require.NoError(t, err)
		require.Equal(t, want, u.String())
	}
	for text, want := range map[string]string{
		"":                 "prometheus.url is empty: expected a URL, e.g. http://prometheus:9090, http://mimir/prometheus or http://victoria-metrics:8428",
		"ftp://a":          `prometheus.url starts with "ftp://": expected http:// or https://`,
		"http://u:p@a":     "prometheus.url contains a user name or a password, which every viewer could read: remove it and use the data source's authentication settings",
		"http://a?token=x": `prometheus.url contains the parameter "token", which every viewer could read: remove it and use the data source's authentication settings or a header`,
		"http://":          "prometheus.url has no host: expected a URL, e.g. http://prometheus:9090, http://mimir/prometheus or http://victoria-metrics:8428",
		"http://a/x/../y":  "prometheus.url contains the path segment . or .., or an escaped slash: write the path that the server sees",
		"http://a/%2E%2e":  "prometheus.url contains the path segment . or .., or an escaped slash: write the path that the server sees",
		"http://a/x%2fy":   "prometheus.url contains the path segment . or .., or an escaped slash: write the path that the server sees",
		"http://a b":       "prometheus.url is not a URL: expected a URL, e.g. http://prometheus:9090, http://mimir/prometheus or http://victoria-metrics:8428",
	} {
		_, err := ParseURL(text)
		require.EqualError(t, err, want)
	}
}
