package settings

import (
	"encoding/json"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"
)

func TestClientKey(t *testing.T) {
	base := func() backend.DataSourceInstanceSettings {
		return backend.DataSourceInstanceSettings{
			UID: "a", Name: "A", BasicAuthEnabled: true, BasicAuthUser: "falco",
			JSONData: json.RawMessage(`{"tlsAuth": true, "tlsAuthWithCACert": true, "serverName": "falco", "httpHeaderName1": "Authorization"}`),
			DecryptedSecureJSONData: map[string]string{
				"basicAuthPassword": "secret", "httpHeaderValue1": "Bearer x", "tlsCACert": "ca", "tlsClientCert": "cert", "tlsClientKey": "key",
			},
		}
	}
	key := func(change func(*backend.DataSourceInstanceSettings)) string {
		s := base()
		change(&s)
		_, k, err := HTTPOptions(t.Context(), s)
		require.NoError(t, err)
		require.NotContains(t, k, "secret")
		return k
	}
	same := key(func(*backend.DataSourceInstanceSettings) {})
	require.Equal(t, same, key(func(s *backend.DataSourceInstanceSettings) { s.UID, s.Name = "b", "B" }), "another data source that sends the same")

	for name, change := range map[string]func(*backend.DataSourceInstanceSettings){
		"password":      func(s *backend.DataSourceInstanceSettings) { s.DecryptedSecureJSONData["basicAuthPassword"] = "wrong" },
		"user":          func(s *backend.DataSourceInstanceSettings) { s.BasicAuthUser = "other" },
		"no basic auth": func(s *backend.DataSourceInstanceSettings) { s.BasicAuthEnabled = false },
		"header value": func(s *backend.DataSourceInstanceSettings) {
			s.DecryptedSecureJSONData["httpHeaderValue1"] = "Bearer y"
		},
		"CA certificate":     func(s *backend.DataSourceInstanceSettings) { s.DecryptedSecureJSONData["tlsCACert"] = "other" },
		"client certificate": func(s *backend.DataSourceInstanceSettings) { s.DecryptedSecureJSONData["tlsClientCert"] = "other" },
		"client key":         func(s *backend.DataSourceInstanceSettings) { s.DecryptedSecureJSONData["tlsClientKey"] = "other" },
		"TLS settings": func(s *backend.DataSourceInstanceSettings) {
			s.JSONData = json.RawMessage(`{"tlsSkipVerify": true, "tlsAuth": true, "tlsAuthWithCACert": true, "serverName": "falco", "httpHeaderName1": "Authorization"}`)
		},
		"header name": func(s *backend.DataSourceInstanceSettings) {
			s.JSONData = json.RawMessage(`{"tlsAuth": true, "tlsAuthWithCACert": true, "serverName": "falco", "httpHeaderName1": "X-Token"}`)
		},
	} {
		require.NotEqual(t, same, key(change), name)
	}
}

func TestClientOptionsForwardNothing(t *testing.T) {
	options, _, err := HTTPOptions(t.Context(), backend.DataSourceInstanceSettings{JSONData: json.RawMessage(`{"oauthPassThru": true, "keepCookies": ["session"]}`)})
	require.NoError(t, err)
	require.False(t, options.ForwardHTTPHeaders)
	require.Empty(t, options.Middlewares)
}
