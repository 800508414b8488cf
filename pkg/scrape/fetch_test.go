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
)

type badAnswer struct {
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

// endless writes text until the client has had enough, with a pause after each piece.
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

func TestBadAnswers(t *testing.T) {
	serve := func(h http.HandlerFunc) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL + "/metrics"
	}
	silent := log.New(io.Discard, "", 0)
	tlsServer := httptest.NewUnstartedServer(answerFalco("tls"))
	tlsServer.Config.ErrorLog = silent
	tlsServer.StartTLS()
	t.Cleanup(tlsServer.Close)
	expired := httptest.NewUnstartedServer(answerFalco("expired"))
	expired.TLS = &tls.Config{Certificates: []tls.Certificate{expiredCertificate(t)}}
	expired.Config.ErrorLog = silent
	expired.StartTLS()
	t.Cleanup(expired.Close)
	const closed = "127.0.0.1:9" // no port that is given out, so that nobody takes it meanwhile
	head := "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n"
	big := strings.Repeat("# a comment that fills the answer, which has no sample\n", 1<<14) // 0.9 MB

	cases := []badAnswer{
		{"nothing listens", "http://" + closed, "", Refused, Down,
			"Connection refused: nothing listens on port PORT. Check the port, and that Falco runs with its web server on (webserver.enabled, webserver.listen_port)."},
		{"nothing listens, Falcosidekick", "http://" + closed + "/sidekick", KindFalcosidekick, Refused, Down,
			"Connection refused: nothing listens on port PORT. Check the port, and that Falcosidekick runs."},
		{"no answer", serve(hang), "", Timeout, Down,
			"No answer within 2s. Check network policies and firewalls between Grafana and port PORT; for a target that is only slow, raise scrapeTimeout."},
		{"slow answer", serve(endless("# slow\n", 100*time.Second)), "", Timeout, Down,
			"The answer was not complete after 2s; 7 bytes had arrived. The target is too slow: raise scrapeTimeout, or find out what keeps it busy."},
		{"unknown name", "http://falco.nowhere:8765/metrics", "", DNS, Down,
			`DNS knows no address for "falco.nowhere". Check the spelling, and that the name is known where Grafana runs.`},
		{"DNS does not answer", "http://falco.silent:8765/metrics", "", DNS, Down,
			`The address of "falco.silent" could not be resolved: DNS gave no answer. Check the resolver where Grafana runs, and network policies for port 53.`},
		{"name of a link-local address", "http://falco.metadata:8765/metrics", "", LinkLocal, Down,
			"169.254.169.254 is a link-local or cloud metadata address, and is never scraped. Give the target's own address."},
		{"reset", raw(t, func(c *net.TCPConn) { c.SetLinger(0) }), "", Reset, Down,
			"The connection was reset before an answer came. Check whether port PORT expects https://, for a proxy or a firewall in between, and whether the process has just restarted."},
		{"reset, https", "https://" + raw(t, func(c *net.TCPConn) { c.SetLinger(0) }), "", Reset, Down,
			"The connection was reset before an answer came. Check for a proxy or a firewall in between, and whether the process has just restarted."},
		{"closed", raw(t, func(*net.TCPConn) {}), "", Reset, Down,
			"The connection was closed without an answer. Check whether port PORT expects https://, whether it speaks HTTP at all, and whether the process has just restarted."},
		{"closed, https", "https://" + raw(t, func(*net.TCPConn) {}), "", Reset, Down,
			"The connection was closed without an answer. Check whether port PORT speaks HTTPS, and whether the process has just restarted."},
		{"cut off", raw(t, func(c *net.TCPConn) { io.WriteString(c, head+"Content-Length: 999\r\n\r\na_total 1\nb_to") }), "", CutOff, Down,
			"The answer was cut off after 14 bytes; none of it is used. Check whether the process has just stopped, and for a proxy in between."},
		{"cut off, chunked", raw(t, func(c *net.TCPConn) {
			io.WriteString(c, head+"Transfer-Encoding: chunked\r\n\r\na\r\na_total 1\n\r\n")
		}), "", CutOff, Down,
			"The answer was cut off after 10 bytes; none of it is used. Check whether the process has just stopped, and for a proxy in between."},
		{"not HTTP", raw(t, func(c *net.TCPConn) { io.WriteString(c, "SSH-2.0-OpenSSH_9.6\r\n") }), "", NotHTTP, Down,
			"What answers on port PORT does not speak HTTP. Check the port (Falco: port 8765, path /metrics)."},
		{"TLS expected, as Go answers", "http://" + tlsServer.Listener.Addr().String(), "", TLSExpected, Down,
			"The address says http, but the target expects TLS. Change the address to https://."},
		{"TLS expected, as OpenSSL answers", raw(t, func(c *net.TCPConn) { io.WriteString(c, "\x15\x03\x01\x00\x02\x02\x46\r\n") }), "", TLSExpected, Down,
			"The address says http, but the target expects TLS. Change the address to https://."},
		{"HTTP expected", strings.Replace(serve(text("")), "http:", "https:", 1), "", HTTPExpected, Down,
			"The address says https, but the target answers plain HTTP. Change the address to http://, or switch TLS on at the target."},
		{"unknown authority", tlsServer.URL, "", Certificate, Down,
			"The certificate of the target is signed by an authority that is not known here. Add its CA certificate in the settings (With CA Cert)."},
		{"another name", strings.Replace(tlsServer.URL, "127.0.0.1", "localhost", 1), "", Certificate, Down,
			`The certificate of the target is not valid for the name "localhost". Set the TLS server name to one that it is valid for.`},
		{"expired", expired.URL, "", Certificate, Down,
			"The certificate of the target has expired or is not valid yet. Renew it, and check the clocks."},
		{"401", serve(status(401)), "", Unauthorized, Down,
			"The target answered 401 Unauthorized. Check the user and password, or the header, in the data source's authentication settings."},
		{"403", serve(status(403)), "", Unauthorized, Down,
			"The target answered 403 Forbidden: these credentials may not read the metrics. Check the authentication settings and what guards the target."},
		{"404", serve(status(404)), "", NotFound, Starting,
			"The target answered 404 Not Found: Falco is starting, or its metrics are off (metrics.enabled and webserver.prometheus_metrics_enabled have to be true), or the path /metrics is wrong."},
		{"404, Falcosidekick", serve(status(404)), KindFalcosidekick, NotFound, Starting,
			"The target answered 404 Not Found. Check the path /metrics."},
		{"500", serve(status(500)), "", ServerError, Down,
			"The target answered 500 Internal Server Error. Look into its log, or into that of the proxy before it."},
		{"418", serve(status(418)), "", BadStatus, Down,
			"The target answered 418 I'm a teapot; 200 OK was expected. Check the address and its path."},
		{"redirect", serve(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://elsewhere.example/login?next=secret", http.StatusFound)
		}), "", Redirect, Down,
			"The target answered 302 Found to the path /login. Redirects are not followed, as they would carry the credentials along: set the address it redirects to as the target's URL."},
		{"redirect to https", serve(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://elsewhere.example/metrics", http.StatusMovedPermanently)
		}), "", Redirect, Down,
			"The target answered 301 Moved Permanently to https and the path /metrics. Redirects are not followed, as they would carry the credentials along: set the address it redirects to as the target's URL."},
		{"HTML", serve(text("\n<!DOCTYPE html><html>")), "", HTML, Down,
			"Metrics in Prometheus's text format were expected, an HTML page was found. Check the port and the path (Falco: port 8765, path /metrics)."},
		{"JSON", serve(text(`{"status": "ok"}`)), "", JSON, Down,
			"Metrics in Prometheus's text format were expected, JSON was found. Check the port and the path (Falco: port 8765, path /metrics)."},
		{"binary", serve(text("\x7fELF\x02\x01\x01\x00\x00")), "", Binary, Down,
			"Metrics in Prometheus's text format were expected, binary data was found. Check the port and the path (Falco: port 8765, path /metrics)."},
		{"empty", serve(text(" \n")), "", Empty, Down,
			"Metrics in Prometheus's text format were expected, an empty answer was found. Check the port and the path (Falco: port 8765, path /metrics)."},
		{"prose", serve(text("hello,\nthis is no metric")), KindFalcosidekick, NotMetrics, Down,
			"Metrics in Prometheus's text format were expected, text without a single sample that can be read was found. Check the port and the path (Falcosidekick: port 2801, path /metrics)."},
		{"100 MB, said beforehand", serve(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "104857600")
			io.WriteString(w, big)
		}), "", TooLarge, Down,
			"The answer is larger than 1 MiB; none of it is used. Check the address, or raise limits.bodyBytes."},
		{"100 MB", serve(text(strings.Repeat(big, 110))), "", TooLarge, Down,
			"The answer is larger than 1 MiB; none of it is used. Check the address, or raise limits.bodyBytes."},
		{"endless", serve(endless(big, 0)), "", TooLarge, Down,
			"The answer is larger than 1 MiB; none of it is used. Check the address, or raise limits.bodyBytes."},
		{"gzip bomb", serve(sendZipped(zipped(make([]byte, 100<<20)))), "", TooLarge, Down,
			"The answer is larger than 1 MiB, counted after decompression; none of it is used. Check the address, or raise limits.bodyBytes."},
		{"not gzip", serve(sendZipped([]byte("a_total 1\nb_total 2\nc_total 3\n"))), "", Binary, Down,
			"The answer says it is compressed with gzip, but it could not be decompressed. Check for a proxy in between."},
		{"gzip cut off", serve(sendZipped(zipped([]byte(big))[:200])), "", CutOff, Down,
			"The answer was cut off after SIZE; none of it is used. Check whether the process has just stopped, and for a proxy in between."},
		{"too many samples", serve(text(strings.Repeat("a_total 1\nb_total 2\nc_total 3\nd_total 4\n", 1) + manySamples(101))), "", TooMany, Down,
			"The answer has more than 100 samples; none of it is used. Check that the address is that of Falco's metrics, or raise limits.samplesPerScrape."},
		{"metrics of something else", serve(text("go_goroutines 12\nprocess_cpu_seconds_total 3\n")), "", NotFalco, Down,
			"These are metrics, but not Falco's. Check the port and the path (Falco: port 8765, path /metrics)."},
		{"Falcosidekick taken for Falco", serve(text(`falcosecurity_falcosidekick_inputs_total{source="requests",status="accepted"} 1` + "\n")), "", NotFalco, Down,
			"These are the metrics of Falcosidekick, but the target's kind is falco. Set kind: falcosidekick."},
		{"Falco taken for Falcosidekick", serve(answerFalco("x")), KindFalcosidekick, NotFalco, Down,
			"These are the metrics of Falco, but the target's kind is falcosidekick. Set kind: falco."},
		{"wrong content type", serve(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, falcoText("typed", time.Now(), 1))
		}), "", "", Up,
			`The answer was read, though its content type is "text/html" and not text/plain. Prometheus would refuse it.`},
		{"good", serve(answerFalco("good")), "", "", Up, ""},
		{"idle Falcosidekick", serve(text("go_goroutines 12\n")), KindFalcosidekick, "", Up, ""},
	}

	c := config()
	for _, bad := range cases {
		c.Targets = append(c.Targets, TargetConfig{URL: bad.url, Kind: bad.kind})
	}
	c.Timeout = 2 * time.Second
	c.Limits = Limits{BodySizeLimit: 1 << 20, SampleLimit: 100, LabelLengthLimit: 1024}
	c.Client.ConfigureTransport = func(_ httpclient.Options, tr *http.Transport) { tr.DialContext = pretendDNS(tr.DialContext) }
	l := lease(t, ManagerOptions{}, c)
	wait(t, l)
	for i, bad := range cases {
		t.Run(bad.name, func(t *testing.T) {
			s := l.pools[i].statuses()[0]
			message := strings.ReplaceAll(bad.message, "PORT", portOf(l.pools[i].url))
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
			return at{ours, &net.TCPAddr{IP: net.IPv4(169, 254, 169, 254), Port: 80}}, nil
		}
		return next(ctx, network, address)
	}
}

// at is a connection to a given address.
type at struct {
	net.Conn
	to net.Addr
}

func (c at) RemoteAddr() net.Addr { return c.to }

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
		answerFalco("secured")(w, r)
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.StartTLS()
	defer s.Close()

	c := config(TargetConfig{URL: s.URL})
	c.Interval = 20 * time.Millisecond
	c.Timeout = 5 * time.Second
	c.Client = httpclient.Options{
		BasicAuth: &httpclient.BasicAuthOptions{User: "reader", Password: "right"},
		Header:    http.Header{"X-Tenant": {"blue"}},
		TLS: &httpclient.TLSOptions{CACertificate: string(pem.EncodeToMemory(
			&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))},
	}
	l := lease(t, ManagerOptions{}, c)
	require.Eventually(t, func() bool { return l.Targets()[0].Scrapes > 5 }, 20*time.Second, time.Millisecond)
	got := l.Targets()[0]
	require.Equal(t, Up, got.State, got.Message)
	require.Equal(t, map[string]string{"version": "0.44.1", "engine": "modern_bpf"}, got.Facts)
	require.EqualValues(t, 1, connections.Load())
}

// A body is only handed out whole, and never longer than allowed, whatever the encoding.
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
		answerFalco("secured")(w, r)
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
	s := httptest.NewServer(answerFalco("good"))
	defer s.Close()
	boom := httptest.NewServer(answerFalco("boom"))
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
	require.Equal(t, "The plugin itself failed on this target (boom); the other targets are not touched. Please report it, with the plugin's log.", bad.Message)
}

// Behind a discovered address the target is asked for, and has to prove, the configured name.
func TestDiscoveredAddressesKeepTheName(t *testing.T) {
	var host atomic.Value
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host.Store(r.Host)
		answerFalco("node-1")(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	require.NoError(t, err)
	dns := &fakeNet{names: map[string][]string{"example.com": {"127.0.0.1"}, "other.org": {"127.0.0.1"}}}
	c := config(
		TargetConfig{URL: "https://example.com:" + port, Discovery: DiscoveryDNS},
		TargetConfig{URL: "https://other.org:" + port, Discovery: DiscoveryDNS},
	)
	c.Client.TLS = &httpclient.TLSOptions{CACertificate: string(pem.EncodeToMemory(
		&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))}
	l := lease(t, ManagerOptions{Resolver: dns}, c)
	wait(t, l)
	require.Equal(t, Up, l.pools[0].statuses()[0].State)
	require.Equal(t, "https://127.0.0.1:"+port+"/metrics", l.pools[0].statuses()[0].Address)
	require.Equal(t, "example.com:"+port, host.Load())
	require.Equal(t, `The certificate of the target is not valid for the name "other.org". Set the TLS server name to one that it is valid for.`,
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
