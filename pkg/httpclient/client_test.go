package httpclient

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	sdkhttp "github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

func TestRedirectsAreNotFollowed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	}))
	defer server.Close()
	client, _, err := New(sdkhttp.Options{}, time.Second, "")
	require.NoError(t, err)
	response, err := client.Get(server.URL)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusFound, response.StatusCode)
}

func TestServerName(t *testing.T) {
	for given, want := range map[string]string{"": "falco.example", "other.example": "other.example"} {
		_, transport, err := New(sdkhttp.Options{TLS: &sdkhttp.TLSOptions{ServerName: given}}, time.Second, "falco.example")
		require.NoError(t, err)
		require.Equal(t, want, transport.TLSClientConfig.ServerName)
	}
}

// connection is a connection to an address.
type connection struct {
	net.Conn
	to net.Addr
}

func (c connection) RemoteAddr() net.Addr { return c.to }

// A name is checked by the address that it resolved to, before anything is sent.
func TestConnectionsToLinkLocalAddressesAreClosed(t *testing.T) {
	client, _, err := New(sdkhttp.Options{ConfigureTransport: func(_ sdkhttp.Options, transport *http.Transport) {
		transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() {
				sent, err := io.ReadAll(theirs)
				if len(sent) > 0 {
					t.Errorf("%q was sent (%v)", sent, err)
				}
			}()
			return connection{ours, &net.TCPAddr{IP: net.IPv4(169, 254, 169, 254), Port: 80}}, nil
		}
	}}, time.Second, "")
	require.NoError(t, err)
	_, err = client.Get("http://metadata.example/")
	require.EqualError(t, errors.Unwrap(err), "169.254.169.254 is a link-local or cloud metadata address, which the plugin never connects to")
	require.Equal(t, target.LinkLocal, CauseOf(err))
}

func TestSecretParameters(t *testing.T) {
	for query, want := range map[string]string{
		"a=1&b=2": "", "a=1&API_KEY=2": "API_KEY", "sig=1": "sig", "design=1": "", "x-session=1": "x-session", "match[]=up": "",
	} {
		values, err := url.ParseQuery(query)
		require.NoError(t, err)
		require.Equal(t, want, SecretParameter(values), query)
	}
}

func TestCauses(t *testing.T) {
	for want, err := range map[target.Cause]error{
		target.DNS:          &net.DNSError{Err: "no such host", Name: "x"},
		target.Timeout:      fmt.Errorf("get: %w", context.DeadlineExceeded),
		target.HTTPExpected: http.ErrSchemeMismatch,
		target.Certificate:  &tls.CertificateVerificationError{Err: errors.New("x")},
		target.Refused:      errors.New("connect: connection refused"),
		target.Unreachable:  errors.New("connect: no route to host"),
		target.Reset:        errors.New("read: connection reset by peer"),
		target.CutOff:       io.ErrUnexpectedEOF,
		target.NotHTTP:      errors.New("malformed HTTP response"),
		target.Binary:       errors.New("gzip: invalid header"),
		target.Unknown:      errors.New("x"),
	} {
		require.Equal(t, want, CauseOf(&url.Error{Op: "Get", URL: "http://x", Err: err}), err)
	}
	require.Equal(t, "inner", Innermost(fmt.Errorf("outer: %w", errors.New("inner"))))
}
