package scrape

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/exposition"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/fetch"
)

type badResponse struct {
	name    string
	url     string
	kind    string
	cause   Cause
	state   State
	message string // PORT stands for the port
}

func text(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		io.WriteString(w, body)
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func zipped(body []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(body)
	w.Close()
	return b.Bytes()
}

func sendZipped(body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(body)
	}
}

// endless writes text until the client disconnects, with a pause after each piece.
func endless(piece string, pause time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		for r.Context().Err() == nil {
			io.WriteString(w, piece)
			w.(http.Flusher).Flush()
			if pause > 0 {
				select {
				case <-time.After(pause):
				case <-r.Context().Done():
				}
			}
		}
	}
}

func TestBadResponses(t *testing.T) {
	serve := func(h http.HandlerFunc) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL + "/metrics"
	}
	silent := log.New(io.Discard, "", 0)
	tlsServer := httptest.NewUnstartedServer(serveFalco("tls"))
	tlsServer.Config.ErrorLog = silent
	tlsServer.StartTLS()
	t.Cleanup(tlsServer.Close)
	expired := httptest.NewUnstartedServer(serveFalco("expired"))
	expired.TLS = &tls.Config{Certificates: []tls.Certificate{expiredCertificate(t)}}
	expired.Config.ErrorLog = silent
	expired.StartTLS()
	t.Cleanup(expired.Close)
	const closed = "127.0.0.1:9" // a port that the system never assigns
	head := "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n"
	big := strings.Repeat("# a comment that fills the response, which has no sample\n", 1<<14) // 0.9 MB

	cases := []badResponse{
		{"nothing listens", "http://" + closed, "", Refused, Down,
			"Connection refused: nothing listens on port PORT. Check the port, and that Falco is running with its web server enabled (webserver.enabled, webserver.listen_port)."},
		{"nothing listens, Falcosidekick", "http://" + closed + "/sidekick", KindFalcosidekick, Refused, Down,
			"Connection refused: nothing listens on port PORT. Check the port, and that Falcosidekick is running."},
		{"no response", serve(hang), "", Timeout, Down,
			"No response within 2s. Check network policies and firewalls between Grafana and port PORT. If the target is just slow, raise scrapeTimeout."},
		{"slow response", serve(endless("# slow\n", 100*time.Second)), "", Timeout, Down,
			"The response was incomplete after 2s (7 bytes received). The target is too slow: raise scrapeTimeout, or find out what keeps it busy."},
		{"unknown name", "http://falco.nowhere:8765/metrics", "", DNS, Down,
			`DNS has no address for "falco.nowhere". Check the spelling, and that the host that runs Grafana can resolve the name.`},
		{"DNS does not respond", "http://falco.silent:8765/metrics", "", DNS, Down,
			`Cannot resolve "falco.silent": DNS did not respond. Check the resolver of the host that runs Grafana, and network policies for port 53.`},
		{"name of a link-local address", "http://falco.metadata:8765/metrics", "", LinkLocal, Down,
			"169.254.169.254 is a cloud metadata address, which is never scraped. Use the target's own address."},
		{"reset", raw(t, func(c *net.TCPConn) { c.SetLinger(0) }), "", Reset, Down,
			"The connection was reset before a response arrived. Check whether the process has just restarted, then for a proxy or a firewall in between, and last whether port PORT expects https://."},
		{"reset, https", "https://" + raw(t, func(c *net.TCPConn) { c.SetLinger(0) }), "", Reset, Down,
			"The connection was reset before a response arrived. Check whether the process has just restarted, and for a proxy or a firewall in between."},
		{"closed", raw(t, func(*net.TCPConn) {}), "", Reset, Down,
			"The connection was closed without a response. Check whether the process has just restarted, then whether port PORT speaks HTTP at all, and last whether it expects https://."},
		{"closed, https", "https://" + raw(t, func(*net.TCPConn) {}), "", Reset, Down,
			"The connection was closed without a response. Check whether the process has just restarted, and whether port PORT speaks HTTPS."},
		{"cut off", raw(t, func(c *net.TCPConn) { io.WriteString(c, head+"Content-Length: 999\r\n\r\na_total 1\nb_to") }), "", CutOff, Down,
			"The response was cut off after 14 bytes and was discarded. Check whether the process has just stopped, and for a proxy in between."},
		{"cut off, chunked", raw(t, func(c *net.TCPConn) {
			io.WriteString(c, head+"Transfer-Encoding: chunked\r\n\r\na\r\na_total 1\n\r\n")
		}), "", CutOff, Down,
			"The response was cut off after 10 bytes and was discarded. Check whether the process has just stopped, and for a proxy in between."},
		{"broken chunk", raw(t, func(c *net.TCPConn) {
			io.WriteString(c, head+"Transfer-Encoding: chunked\r\n\r\na\r\na_total 1\n\r\nxyz\r\n")
		}), "", BadChunk, Down,
			"The response breaks HTTP's chunked encoding after 10 bytes and was discarded. Check for a proxy in between."},
		{"chunk longer than said", raw(t, func(c *net.TCPConn) {
			io.WriteString(c, head+"Transfer-Encoding: chunked\r\n\r\n5\r\na_total 1\n\r\n0\r\n\r\n")
		}), "", BadChunk, Down,
			"The response breaks HTTP's chunked encoding after 5 bytes and was discarded. Check for a proxy in between."},
		{"a header that is none", raw(t, func(c *net.TCPConn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nno header \u202e"+strings.Repeat("x", 300)+"\r\n\r\n")
		}), "", Unknown, Down,
			`The scrape failed: malformed MIME header: missing colon: "no header \u202e` + strings.Repeat("x", 145) + "…."},
		{"not HTTP", raw(t, func(c *net.TCPConn) { io.WriteString(c, "SSH-2.0-OpenSSH_9.6\r\n") }), "", NotHTTP, Down,
			"The server on port PORT does not speak HTTP. Check the port (Falco: port 8765, path /metrics)."},
		{"TLS expected, as Go responds", "http://" + tlsServer.Listener.Addr().String(), "", TLSExpected, Down,
			"The address says http, but the target expects TLS. Change the address to https://."},
		{"TLS expected, as OpenSSL responds", raw(t, func(c *net.TCPConn) { io.WriteString(c, "\x15\x03\x01\x00\x02\x02\x46\r\n") }), "", TLSExpected, Down,
			"The address says http, but the target expects TLS. Change the address to https://."},
		{"HTTP expected", strings.Replace(serve(text("")), "http:", "https:", 1), "", HTTPExpected, Down,
			"The address says https, but the target speaks plain HTTP. Change the address to http://, or enable TLS on the target."},
		{"unknown authority", tlsServer.URL, "", Certificate, Down,
			"The target's certificate is signed by an unknown authority. Add its CA certificate to the data source's settings (With CA Cert)."},
		{"another name", strings.Replace(tlsServer.URL, "127.0.0.1", "localhost", 1), "", Certificate, Down,
			`The target's certificate is not valid for the name "localhost". Set the TLS server name to a name that it is valid for.`},
		{"expired", expired.URL, "", Certificate, Down,
			"The target's certificate has expired or is not valid yet. Renew it, and check the clocks of both hosts."},
		{"401", serve(status(401)), "", Unauthorized, Down,
			"The target responded with 401 Unauthorized. Check the user and password, or the header, in the data source's authentication settings. In a provisioned secret, write $ as $$."},
		{"403", serve(status(403)), "", Unauthorized, Down,
			"The target responded with 403 Forbidden: these credentials may not read the metrics. Check the authentication settings and the access rules of the target."},
		{"404", serve(status(404)), "", NotFound, Starting,
			"The target responded with 404 Not Found: Falco is starting, or its metrics are off (metrics.enabled and webserver.prometheus_metrics_enabled must be true), or the path /metrics is wrong."},
		{"404, Falcosidekick", serve(status(404)), KindFalcosidekick, NotFound, Starting,
			"The target responded with 404 Not Found. Check the path /metrics."},
		{"304", serve(status(304)), "", BadStatus, Down,
			"The target responded with 304 Not Modified although the request was not conditional. Check for a cache in between."},
		{"429", serve(status(429)), "", BadStatus, Down,
			"The target responded with 429 Too Many Requests. Raise scrapeInterval, or the rate limit of the proxy in front of it."},
		{"429 with a time", serve(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(429)
		}), "", BadStatus, Down,
			"The target responded with 429 Too Many Requests (Retry-After: 120 s). Raise scrapeInterval, or the rate limit of the proxy in front of it."},
		{"500", serve(status(500)), "", ServerError, Down,
			"The target responded with 500 Internal Server Error. Check its log, or that of the proxy in front of it."},
		{"418", serve(status(418)), "", BadStatus, Down,
			"The target responded with 418 I'm a teapot instead of 200 OK. Check the address and its path."},
		{"redirect", serve(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://elsewhere.example/login?next=secret", http.StatusFound)
		}), "", Redirect, Down,
			"The target responded with 302 Found to the path /login. Redirects are not followed because they would forward the credentials. Set the redirect's address as the target's URL."},
		{"redirect to a long path", serve(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "/"+strings.Repeat("x", 300))
			w.WriteHeader(http.StatusFound)
		}), "", Redirect, Down,
			"The target responded with 302 Found to the path /" + strings.Repeat("x", 190) + "…. Redirects are not followed because they would forward the credentials. Set the redirect's address as the target's URL."},
		{"redirect to https", serve(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://elsewhere.example/metrics", http.StatusMovedPermanently)
		}), "", Redirect, Down,
			"The target responded with 301 Moved Permanently to https and the path /metrics. Redirects are not followed because they would forward the credentials. Set the redirect's address as the target's URL."},
		{"HTML", serve(text("\n<!DOCTYPE html><html>")), "", HTML, Down,
			"Expected metrics in Prometheus's text format, found an HTML page. Check the port and the path (Falco: port 8765, path /metrics)."},
		{"JSON", serve(text(`{"status": "ok"}`)), "", JSON, Down,
			"Expected metrics in Prometheus's text format, found JSON. Check the port and the path (Falco: port 8765, path /metrics)."},
		{"binary", serve(text("\x7fELF\x02\x01\x01\x00\x00")), "", Binary, Down,
			"Expected metrics in Prometheus's text format, found binary data. Check the port and the path (Falco: port 8765, path /metrics)."},
		{"NUL bytes only", serve(text("\x00\x00\x00\x00")), "", Binary, Down,
			"Expected metrics in Prometheus's text format, found binary data. Check the port and the path (Falco: port 8765, path /metrics)."},
		{"NUL byte in a line", serve(text("a\x00b 1\n" + falcoText("nul", time.Now(), 1))), "", "", Up, ""},
		{"empty", serve(text(" \n")), "", Empty, Down,
			"The response is empty. Check whether the process has just restarted, then the port and the path (Falco: port 8765, path /metrics), and last whether the port expects https://."},
		{"prose", serve(text("hello,\nthis is no metric")), KindFalcosidekick, NotMetrics, Down,
			"Expected metrics in Prometheus's text format, found text without a readable sample. Check the port and the path (Falcosidekick: port 2801, path /metrics)."},
		{"100 MB, said beforehand", serve(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "104857600")
			io.WriteString(w, big)
		}), "", TooLarge, Down,
			"The response is larger than 1 MiB and was discarded. Check the address, or raise limits.bodySizeLimit."},
		{"100 MB", serve(text(strings.Repeat(big, 110))), "", TooLarge, Down,
			"The response is larger than 1 MiB and was discarded. Check the address, or raise limits.bodySizeLimit."},
		{"endless", serve(endless(big, 0)), "", TooLarge, Down,
			"The response is larger than 1 MiB and was discarded. Check the address, or raise limits.bodySizeLimit."},
		{"gzip bomb", serve(sendZipped(zipped(make([]byte, 100<<20)))), "", TooLarge, Down,
			"The response is larger than 1 MiB after decompression and was discarded. Check the address, or raise limits.bodySizeLimit."},
		{"not gzip", serve(sendZipped([]byte("a_total 1\nb_total 2\nc_total 3\n"))), "", Binary, Down,
			"The response claims to be compressed with gzip but cannot be decompressed. Check for a proxy in between."},
		{"gzip cut off", serve(sendZipped(zipped([]byte(big))[:200])), "", CutOff, Down,
			"The response was cut off after SIZE and was discarded. Check whether the process has just stopped, and for a proxy in between."},
		{"too many samples", serve(text(strings.Repeat("a_total 1\nb_total 2\nc_total 3\nd_total 4\n", 1) + manySamples(101))), "", TooMany, Down,
			"The response has more than 100 samples and was discarded. Check that the address serves Falco's metrics, or raise limits.sampleLimit."},
		{"metrics of something else", serve(text("go_goroutines 12\nprocess_cpu_seconds_total 3\n")), "", NotFalco, Down,
			"These metrics are not those of Falco. Check the port and the path (Falco: port 8765, path /metrics)."},
		{"Falcosidekick taken for Falco", serve(text(`falcosecurity_falcosidekick_inputs_total{source="requests",status="accepted"} 1` + "\n")), "", NotFalco, Down,
			"These are the metrics of Falcosidekick, but the target's kind is falco. Set kind: falcosidekick."},
		{"Falco taken for Falcosidekick", serve(serveFalco("x")), KindFalcosidekick, NotFalco, Down,
			"These are the metrics of Falco, but the target's kind is falcosidekick. Set kind: falco."},
		{"wrong content type", serve(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, falcoText("typed", time.Now(), 1))
		}), "", "", Up,
			`The metrics were read although the content type is "text/html" instead of text/plain. Prometheus would reject them.`},
		{"long content type", serve(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; x="+strings.Repeat("y", 300))
			io.WriteString(w, falcoText("typed-long", time.Now(), 1))
		}), "", "", Up,
			`The metrics were read although the content type is "text/html; x=` + strings.Repeat("y", 187) + `…" instead of text/plain. Prometheus would reject them.`},
		{"good", serve(serveFalco("good")), "", "", Up, ""},
		{"idle Falcosidekick", serve(text("go_goroutines 12\n")), KindFalcosidekick, "", Up, ""},
	}

	leaseAll := func(timeout time.Duration, wants func(Cause) bool) *Lease {
		c := config()
		for _, bad := range cases {
			if wants(bad.cause) {
				c.Targets = append(c.Targets, TargetConfig{URL: bad.url, Kind: bad.kind})
			}
		}
		c.Interval, c.Timeout = 2*waitLimit, timeout
		c.Limits = Limits{BodySizeLimit: 1 << 20, Limits: exposition.Limits{SampleLimit: 100, LabelValueLengthLimit: 1024}}
		c.Client.ConfigureTransport = func(_ httpclient.Options, tr *http.Transport) { tr.DialContext = pretendDNS(tr.DialContext) }
		l := lease(t, ManagerOptions{}, c)
		wait(t, l)
		return l
	}
	slow := leaseAll(2*time.Second, func(c Cause) bool { return c == Timeout })
	others := leaseAll(waitLimit, func(c Cause) bool { return c != Timeout }) // also on a busy machine
	pools := map[bool][]*scrapePool{true: slow.pools, false: others.pools}
	for _, bad := range cases {
		pool := pools[bad.cause == Timeout][0]
		pools[bad.cause == Timeout] = pools[bad.cause == Timeout][1:]
		t.Run(bad.name, func(t *testing.T) {
			s := pool.statuses()[0]
			message := strings.ReplaceAll(bad.message, "PORT", fetch.PortOf(pool.url))
			if before, after, ok := strings.Cut(message, "SIZE"); ok {
				require.True(t, strings.HasPrefix(s.Message, before) && strings.HasSuffix(s.Message, after), s.Message)
				message = s.Message
			}
			require.Equal(t, message, s.Message)
			require.Equal(t, bad.cause, s.Cause)
			require.Equal(t, bad.state, s.State)
			require.Equal(t, bad.state == Up, !s.LastUp.IsZero())
		})
	}
}

func manySamples(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "falcosecurity_falco_%d_total 1\n", i)
	}
	return b.String()
}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

func pretendDNS(next dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		switch host, _, _ := net.SplitHostPort(address); host {
		case "falco.nowhere":
			return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}}
		case "falco.silent":
			return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "i/o timeout", Name: host, IsTimeout: true}}
		case "falco.metadata":
			ours, theirs := net.Pipe()
			theirs.Close()
			return connTo{ours, &net.TCPAddr{IP: net.IPv4(169, 254, 169, 254), Port: 80}}, nil
		}
		return next(ctx, network, address)
	}
}

// connTo is a connection to a given address.
type connTo struct {
	net.Conn
	to net.Addr
}

func (c connTo) RemoteAddr() net.Addr { return c.to }

func expiredCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(-time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"expired.example"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestCredentialsAndConnectionsAreUsed(t *testing.T) {
	var connections atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != "reader" || password != "right" || r.Header.Get("X-Tenant") != "blue" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		serveFalco("secured")(w, r)
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.StartTLS()
	defer s.Close()

	c := config(TargetConfig{URL: s.URL})
	c.Interval, c.Timeout = waitLimit, waitLimit
	c.Client = httpclient.Options{
		BasicAuth: &httpclient.BasicAuthOptions{User: "reader", Password: "right"},
		Header:    http.Header{"X-Tenant": {"blue"}},
		TLS: &httpclient.TLSOptions{CACertificate: string(pem.EncodeToMemory(
			&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))},
	}
	l := lease(t, ManagerOptions{}, c)
	wait(t, l)
	for range 5 {
		l.Live(t.Context(), []string{l.Targets()[0].ID}, time.Millisecond)
	}
	got := l.Targets()[0]
	require.Equal(t, Up, got.State, got.Message)
	require.Equal(t, map[string]string{"version": "0.44.1", "engine": "modern_bpf"}, got.Facts)
	require.LessOrEqual(t, connections.Load(), int32(2), "one is usual; a busy machine may return it too late once")
}

// A compressed body is decompressed before it is parsed.
func TestGzipIsRead(t *testing.T) {
	s := httptest.NewServer(sendZipped(zipped([]byte(falcoText("zipped", time.Now(), 5)))))
	defer s.Close()
	l := lease(t, ManagerOptions{}, config(TargetConfig{URL: s.URL}))
	wait(t, l)
	require.Equal(t, "zipped", l.Targets()[0].Node())
}

func TestSecretsStayWithTheirDataSource(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password != "right" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		serveFalco("secured")(w, r)
	}))
	defer s.Close()
	p := NewManager(ManagerOptions{})
	defer p.Close()
	with := func(password string) *Lease {
		c := config(TargetConfig{URL: s.URL})
		c.Client.BasicAuth = &httpclient.BasicAuthOptions{User: "reader", Password: password}
		c.ClientKey = "digest of " + password
		l, err := p.Lease(c)
		require.NoError(t, err)
		wait(t, l)
		return l
	}
	right, wrong, same := with("right"), with("wrong"), with("right")
	require.Equal(t, Up, right.Targets()[0].State)
	require.Equal(t, Unauthorized, wrong.Targets()[0].Cause)
	require.Empty(t, dump(t, wrong, time.Now(), named("falcosecurity_scap_n_evts_total")))
	require.Len(t, dump(t, right, time.Now(), named("falcosecurity_scap_n_evts_total")), 1)
	require.Same(t, right.pools[0], same.pools[0])
	for key := range p.pools {
		require.NotContains(t, key, "right")
	}
}

// A panic is a failed scrape of one target.
func TestPanicStaysInItsTarget(t *testing.T) {
	s := httptest.NewServer(serveFalco("good"))
	defer s.Close()
	boom := httptest.NewServer(serveFalco("boom"))
	defer boom.Close()
	c := config(TargetConfig{URL: s.URL}, TargetConfig{URL: boom.URL})
	c.Client.Middlewares = []httpclient.Middleware{httpclient.MiddlewareFunc(
		func(_ httpclient.Options, next http.RoundTripper) http.RoundTripper {
			return httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
				if "http://"+r.URL.Host == boom.URL {
					panic("boom")
				}
				return next.RoundTrip(r)
			})
		})}
	l := lease(t, ManagerOptions{}, c)
	wait(t, l)
	require.Equal(t, Up, l.pools[0].statuses()[0].State)
	bad := l.pools[1].statuses()[0]
	require.Equal(t, Internal, bad.Cause)
	require.Equal(t, "The plugin failed to scrape this target (boom). Other targets are not affected. This is a bug: please report it with the plugin's log.", bad.Message)
}

// At a discovered address, the target is requested by the configured name and must have a certificate for it.
func TestDiscoveredAddressesKeepTheName(t *testing.T) {
	var host atomic.Value
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host.Store(r.Host)
		serveFalco("node-1")(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	require.NoError(t, err)
	dns := &fakeNet{names: map[string][]string{"example.com": {"127.0.0.1"}, "other.org": {"127.0.0.1"}}}
	c := config(
		TargetConfig{URL: "https://example.com:" + port, Discovery: DiscoveryDNS, AllowLoopback: true},
		TargetConfig{URL: "https://other.org:" + port, Discovery: DiscoveryDNS, AllowLoopback: true},
	)
	c.Client.TLS = &httpclient.TLSOptions{CACertificate: string(pem.EncodeToMemory(
		&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))}
	l := lease(t, ManagerOptions{Resolver: dns}, c)
	wait(t, l)
	require.Equal(t, Up, l.pools[0].statuses()[0].State)
	require.Equal(t, "https://127.0.0.1:"+port+"/metrics", l.pools[0].statuses()[0].Address)
	require.Equal(t, "example.com:"+port, host.Load())
	require.Equal(t, `The target's certificate is not valid for the name "other.org". Set the TLS server name to a name that it is valid for.`,
		l.pools[1].statuses()[0].Message)
}

func TestHTTPSettingsThatCannotBeUsed(t *testing.T) {
	p := NewManager(ManagerOptions{})
	defer p.Close()
	c := config(TargetConfig{URL: "a:1"})
	c.Client.TLS = &httpclient.TLSOptions{CACertificate: "no certificate"}
	_, err := p.Lease(c)
	require.EqualError(t, err, "the data source's HTTP settings cannot be used: failed to parse TLS CA PEM certificate")
	require.Empty(t, p.pools)
}
