package settings

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
)

// HTTPOptions returns the HTTP options from Grafana's settings (basic authentication, TLS, headers, secure socks proxy) and
// a digest of them. Headers of a request are never forwarded, because scrapes do not belong to a user.
func HTTPOptions(ctx context.Context, s backend.DataSourceInstanceSettings) (httpclient.Options, string, error) {
	options, err := s.HTTPClientOptions(ctx)
	if err != nil {
		return httpclient.Options{}, "", fmt.Errorf("the HTTP settings cannot be used: %w", err)
	}
	options.ForwardHTTPHeaders = false
	key, err := clientKey(options)
	return options, key, err
}

// clientKey returns a digest of everything that decides what a target sees of a request, secrets included. Only data
// sources with the same key share scrapes.
func clientKey(o httpclient.Options) (string, error) {
	text, err := json.Marshal([]any{o.BasicAuth, o.TLS, o.SigV4, o.Header, o.ProxyOptions, o.Timeouts})
	if err != nil {
		return "", fmt.Errorf("the HTTP settings cannot be told from others: %w", err)
	}
	digest := sha256.Sum256(text)
	return hex.EncodeToString(digest[:]), nil
}
