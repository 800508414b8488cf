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
	client, _, err := New(sdkhttp.Options{}, Config{Timeout: time.Second})
	require.NoError(t, err)
	response, err := client.Get(server.URL)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusFound, response.StatusCode)
}

func TestServerName(t *testing.T) {
	for given, want := range map[string]string{"": "falco.example", "other.example": "other.example"} {
		_, transport, err := New(sdkhttp.Options{TLS: &sdkhttp.TLSOptions{ServerName: given}}, Config{Timeout: time.Second, ServerName: "falco.example"})
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
func TestConnectionsToRefusedAddressesAreClosed(t *testing.T) {
	for _, test := range []struct {
		ip    net.IP
		allow bool
		want  string
	}{
		{net.IPv4(169, 254, 169, 254), false, "169.254.169.254 is a cloud metadata address, which the plugin never connects to"},
		{net.IPv4(169, 254, 169, 254), true, "169.254.169.254 is a cloud metadata address, which the plugin never connects to"},
		{net.IPv4(169, 254, 1, 1), false, "169.254.1.1 is a link-local address, which the plugin does not connect to"},
		{net.IPv4(169, 254, 1, 1), true, ""},
	} {
		received := make(chan int, 1)
		client, _, err := New(sdkhttp.Options{ConfigureTransport: func(_ sdkhttp.Options, transport *http.Transport) {
			transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
				ours, theirs := net.Pipe()
				go func() {
					n, _ := theirs.Read(make([]byte, 1))
					received <- n
					theirs.Close()
				}()
				return connection{ours, &net.TCPAddr{IP: test.ip, Port: 80}}, nil
			}
		}}, Config{Timeout: time.Second, AllowLinkLocal: test.allow})
		require.NoError(t, err)
		_, err = client.Get("http://rebound.example/")
		if test.want == "" {
			require.Equal(t, 1, <-received, "the request is sent")
			continue
		}
		require.EqualError(t, errors.Unwrap(err), test.want)
		require.Equal(t, target.LinkLocal, CauseOf(err))
		require.Zero(t, <-received)
	}
}

// Behind a proxy, the host of the URL is all that is known, and is checked.
func TestRefusedHostsBehindAProxy(t *testing.T) {
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked = append(asked, r.URL.Host) }))
	defer proxy.Close()
	client, _, err := New(sdkhttp.Options{ConfigureTransport: func(_ sdkhttp.Options, transport *http.Transport) {
		transport.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(proxy.URL) }
	}}, Config{Timeout: time.Second})
	require.NoError(t, err)
	for _, host := range []string{"169.254.169.254", "[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]", "169.254.1.1", "metadata.google.internal", "[fd00:ec2::254]:8080"} {
		_, err = client.Get("http://" + host + "/latest")
		require.ErrorAs(t, err, new(*RefusedError), host)
	}
	require.Empty(t, asked)
	response, err := client.Get("http://node-1.example/metrics")
	require.NoError(t, err)
	response.Body.Close()
	require.Equal(t, []string{"node-1.example"}, asked)
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
