package fetch

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/httpclient"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

// explain turns an error of the HTTP client into a failure. received is how much of the body had arrived, -1 if the
// response had not begun.
func (f *Fetcher) explain(err error, u *url.URL, received int64) *target.Failure {
	var explained *target.Failure
	if errors.As(err, &explained) {
		return explained
	}
	switch cause := httpclient.CauseOf(err); cause {
	case target.LinkLocal:
		var refused *httpclient.RefusedError
		errors.As(err, &refused)
		return refusedAddress(refused)
	case target.DNS:
		return DNSFailure(err)
	case target.Timeout:
		if received >= 0 {
			return target.Failf(target.Timeout, "The response was incomplete after %s (%s received). The target is too slow: %s, or find out what keeps it busy.", f.timeout, wording.Size(received), f.allowMoreTime())
		}
		return target.Failf(target.Timeout, "No response within %s. Check network policies and firewalls between Grafana and port %s. If the target is just slow, %s.", f.timeout, PortOf(u), f.allowMoreTime())
	case target.HTTPExpected:
		return target.Failf(target.HTTPExpected, "The address says https, but the target speaks plain HTTP. Change the address to http://, or enable TLS on the target.")
	case target.TLSExpected:
		return tlsExpected()
	case target.Certificate:
		return certificateFailure(err)
	case target.Refused:
		return target.Failf(target.Refused, "Connection refused: nothing listens on port %s. Check the port, and that %s.", PortOf(u), f.Endpoint.Running)
	case target.Unreachable:
		return target.Failf(target.Unreachable, "No route to this address. Check that the host is up and that Grafana can reach its network.")
	case target.Reset:
		return connectionReset(u, received)
	case target.CutOff:
		return cutOff(u, received, errors.Is(err, io.ErrUnexpectedEOF))
	case target.NotHTTP:
		return target.Failf(target.NotHTTP, "The server on port %s does not speak HTTP. Check the port (%s).", PortOf(u), f.Endpoint.Address())
	case target.BadChunk:
		return target.Failf(target.BadChunk, "The response breaks HTTP's chunked encoding after %s and was discarded. Check for a proxy in between.", wording.Size(max(0, received)))
	case target.Binary:
		return target.Failf(target.Binary, "The response claims to be compressed with gzip but cannot be decompressed. Check for a proxy in between.")
	default:
		return target.Failf(cause, "The scrape failed: %s.", target.OneLine(httpclient.Innermost(err)))
	}
}

// Falco's web server (OpenSSL) resets plain HTTP connections to a TLS port.
func connectionReset(u *url.URL, received int64) *target.Failure {
	switch {
	case received >= 0:
		return target.Failf(target.Reset, "The connection was reset after %s of the response, which was discarded. Check whether the process has just restarted, and for a proxy or a firewall in between.", wording.Size(received))
	case u.Scheme == "http":
		return target.Failf(target.Reset, "The connection was reset before a response arrived. Check whether the process has just restarted, then for a proxy or a firewall in between, and last whether port %s expects https://.", PortOf(u))
	}
	return target.Failf(target.Reset, "The connection was reset before a response arrived. Check whether the process has just restarted, and for a proxy or a firewall in between.")
}

// cutOff distinguishes a response that ended too early from none at all.
func cutOff(u *url.URL, received int64, midway bool) *target.Failure {
	switch {
	case received >= 0 && midway:
		return target.Failf(target.CutOff, "The response was cut off after %s and was discarded. Check whether the process has just stopped, and for a proxy in between.", wording.Size(received))
	case u.Scheme == "https":
		return target.Failf(target.Reset, "The connection was closed without a response. Check whether the process has just restarted, and whether port %s speaks HTTPS.", PortOf(u))
	}
	return target.Failf(target.Reset, "The connection was closed without a response. Check whether the process has just restarted, then whether port %s speaks HTTP at all, and last whether it expects https://.", PortOf(u))
}

// allowMoreTime says how to give a slow target more time. The timeout cannot exceed the interval.
func (f *Fetcher) allowMoreTime() string {
	if f.timeout < f.interval {
		return "raise scrapeTimeout"
	}
	return fmt.Sprintf("raise scrapeInterval (%s), which scrapeTimeout cannot exceed, and then scrapeTimeout", f.interval)
}

func tlsExpected() *target.Failure {
	return target.Failf(target.TLSExpected, "The address says http, but the target expects TLS. Change the address to https://.")
}

// DNSFailure explains a [net.DNSError].
func DNSFailure(err error) *target.Failure {
	var dns *net.DNSError
	if errors.As(err, &dns); dns.IsNotFound {
		return target.Failf(target.DNS, "DNS has no address for %q. Check the spelling, and that the host that runs Grafana can resolve the name.", dns.Name)
	}
	return target.Failf(target.DNS, "Cannot resolve %q: DNS did not respond. Check the resolver of the host that runs Grafana, and network policies for port 53.", dns.Name)
}

func certificateFailure(err error) *target.Failure {
	var (
		alert   tls.AlertError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &alert):
		return target.Failf(target.Certificate, "The target refused the TLS connection (%s). If it requires a client certificate, enable TLS Client Authentication and enter one.", strings.TrimPrefix(alert.Error(), "tls: "))
	case errors.As(err, &host):
		return target.Failf(target.Certificate, "The target's certificate is not valid for the name %q. Set the TLS server name to a name that it is valid for.", host.Host)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return target.Failf(target.Certificate, "The target's certificate has expired or is not valid yet. Renew it, and check the clocks of both hosts.")
	}
	return target.Failf(target.Certificate, "The target's certificate is signed by an unknown authority. Add its CA certificate to the data source's settings (With CA Cert).")
}

func tooLarge(limit int64, decompressed bool) *target.Failure {
	after := ""
	if decompressed {
		after = " after decompression"
	}
	return target.Failf(target.TooLarge, "The response is larger than %s%s and was discarded. Check the address, or raise limits.bodySizeLimit.", wording.Size(limit), after)
}

func targetBusy(timeout time.Duration) *target.Failure {
	return target.Failf(target.Timeout, "The target is still busy with an earlier request, which timed out after %s. Requests must not overlap, because that can crash Falco. Find out what keeps it busy.", timeout)
}

func refusedAddress(e *httpclient.RefusedError) *target.Failure {
	if e.Metadata {
		return target.Failf(target.LinkLocal, "%s is a cloud metadata address, which is never scraped. Use the target's own address.", e.Host)
	}
	return target.Failf(target.LinkLocal, "%s is a link-local address. It is only scraped if the entry of the settings has allowLoopback: true.", e.Host)
}

func loopback(host string) *target.Failure {
	return target.Failf(target.Loopback, "%s is a loopback address. Discovered targets may only have one if the entry of the settings has allowLoopback: true.", host)
}
