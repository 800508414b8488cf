// Package httpclient builds the HTTP client for every request to a target or a Prometheus server, and classifies its errors.
package httpclient

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"time"

	sdkhttp "github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
)

// Config is what a client needs beside Grafana's HTTP settings.
type Config struct {
	// Timeout limits dialling and the TLS handshake. Callers limit a whole request by its context.
	Timeout time.Duration
	// ServerName is the TLS server name to use if the settings have none. Empty means the host of the URL.
	ServerName string
	// AllowLinkLocal allows connections to link-local addresses, except those at which clouds serve metadata.
	AllowLinkLocal bool
}

// New builds a client from Grafana's HTTP settings. It does not follow redirects, refuses addresses according to the config
// and never forwards headers of a user's request.
func New(options sdkhttp.Options, c Config) (*http.Client, *http.Transport, error) {
	var used *http.Transport
	timeouts := sdkhttp.DefaultTimeoutOptions
	if options.Timeouts != nil {
		timeouts = *options.Timeouts
	}
	timeouts.Timeout, timeouts.DialTimeout, timeouts.TLSHandshakeTimeout = c.Timeout, c.Timeout, c.Timeout
	options.Timeouts = &timeouts
	options.ForwardHTTPHeaders = false

	tlsBefore, transportBefore, clientBefore := options.ConfigureTLSConfig, options.ConfigureTransport, options.ConfigureClient
	options.ConfigureTLSConfig = func(o sdkhttp.Options, config *tls.Config) {
		if tlsBefore != nil {
			tlsBefore(o, config)
		}
		if config.ServerName == "" {
			config.ServerName = c.ServerName
		}
	}
	options.ConfigureTransport = func(o sdkhttp.Options, transport *http.Transport) {
		if transportBefore != nil {
			transportBefore(o, transport)
		}
		transport.DialContext = checkedConnections(transport.DialContext, c.AllowLinkLocal)
		used = transport
	}
	options.ConfigureClient = func(o sdkhttp.Options, client *http.Client) {
		if clientBefore != nil {
			clientBefore(o, client)
		}
		client.Timeout = 0 // the context of a request limits it, including its body
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	client, err := sdkhttp.New(options)
	if err != nil {
		return nil, nil, fmt.Errorf("the data source's HTTP settings cannot be used: %w", err)
	}
	client.Transport = checkedURLs{client.Transport, c.AllowLinkLocal}
	return client, used, nil
}
