package scrape

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/httpclient"
	vocabulary "github.com/falco-metrics/falco-metrics-datasource/pkg/target"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

// explain turns an error of the HTTP client into a failure. received is how much of the body had arrived, -1 if the
// response had not begun.
func (f *fetcher) explain(err error, u *url.URL, received int64) *Failure {
	var explained *Failure
	if errors.As(err, &explained) {
		return explained
	}
	switch cause := httpclient.CauseOf(err); cause {
	case LinkLocal:
		var refused *httpclient.LinkLocalError
		errors.As(err, &refused)
		return linkLocal(refused.Host)
	case DNS:
		return dnsFailure(err)
	case Timeout:
		if received >= 0 {
			return failure(Timeout, "The response was incomplete after %s (%s received). The target is too slow: %s, or find out what keeps it busy.", f.timeout, wording.Size(received), f.allowMoreTime())
		}
		return failure(Timeout, "No response within %s. Check network policies and firewalls between Grafana and port %s. If the target is just slow, %s.", f.timeout, portOf(u), f.allowMoreTime())
	case HTTPExpected:
		return failure(HTTPExpected, "The address says https, but the target speaks plain HTTP. Change the address to http://, or enable TLS on the target.")
	case TLSExpected:
		return tlsExpected()
	case Certificate:
		return certificateFailure(err)
	case Refused:
		return failure(Refused, "Connection refused: nothing listens on port %s. Check the port, and that %s.", portOf(u), f.endpoint.Running)
	case Unreachable:
		return failure(Unreachable, "No route to this address. Check that the host is up and that Grafana can reach its network.")
	case Reset:
		return connectionReset(u, received)
	case CutOff:
		return cutOff(u, received, errors.Is(err, io.ErrUnexpectedEOF))
	case NotHTTP:
		return failure(NotHTTP, "The server on port %s does not speak HTTP. Check the port (%s).", portOf(u), f.endpoint.Address())
	case BadChunk:
		return failure(BadChunk, "The response breaks HTTP's chunked encoding after %s and was discarded. Check for a proxy in between.", wording.Size(max(0, received)))
	case Binary:
		return failure(Binary, "The response claims to be compressed with gzip but cannot be decompressed. Check for a proxy in between.")
	default:
		return failure(cause, "The scrape failed: %s.", vocabulary.OneLine(httpclient.Innermost(err)))
	}
}

// Falco's web server (OpenSSL) resets plain HTTP connections to a TLS port.
func connectionReset(u *url.URL, received int64) *Failure {
	switch {
	case received >= 0:
		return failure(Reset, "The connection was reset after %s of the response, which was discarded. Check whether the process has just restarted, and for a proxy or a firewall in between.", wording.Size(received))
	case u.Scheme == "http":
		return failure(Reset, "The connection was reset before a response arrived. Check whether the process has just restarted, then for a proxy or a firewall in between, and last whether port %s expects https://.", portOf(u))
	}
	return failure(Reset, "The connection was reset before a response arrived. Check whether the process has just restarted, and for a proxy or a firewall in between.")
}

// cutOff distinguishes a response that ended too early from none at all.
func cutOff(u *url.URL, received int64, midway bool) *Failure {
	switch {
	case received >= 0 && midway:
		return failure(CutOff, "The response was cut off after %s and was discarded. Check whether the process has just stopped, and for a proxy in between.", wording.Size(received))
	case u.Scheme == "https":
		return failure(Reset, "The connection was closed without a response. Check whether the process has just restarted, and whether port %s speaks HTTPS.", portOf(u))
	}
	return failure(Reset, "The connection was closed without a response. Check whether the process has just restarted, then whether port %s speaks HTTP at all, and last whether it expects https://.", portOf(u))
}

// allowMoreTime says how to give a slow target more time. The timeout cannot exceed the interval.
func (f *fetcher) allowMoreTime() string {
	if f.timeout < f.interval {
		return "raise scrapeTimeout"
	}
	return fmt.Sprintf("raise scrapeInterval (%s), which scrapeTimeout cannot exceed, and then scrapeTimeout", f.interval)
}

func tlsExpected() *Failure {
	return failure(TLSExpected, "The address says http, but the target expects TLS. Change the address to https://.")
}

func dnsFailure(err error) *Failure {
	var dns *net.DNSError
	if errors.As(err, &dns); dns.IsNotFound {
		return failure(DNS, "DNS has no address for %q. Check the spelling, and that the host that runs Grafana can resolve the name.", dns.Name)
	}
	return failure(DNS, "Cannot resolve %q: DNS did not respond. Check the resolver of the host that runs Grafana, and network policies for port 53.", dns.Name)
}

func certificateFailure(err error) *Failure {
	var (
		alert   tls.AlertError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &alert):
		return failure(Certificate, "The target refused the TLS connection (%s). If it requires a client certificate, enable TLS Client Authentication and enter one.", strings.TrimPrefix(alert.Error(), "tls: "))
	case errors.As(err, &host):
		return failure(Certificate, "The target's certificate is not valid for the name %q. Set the TLS server name to a name that it is valid for.", host.Host)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return failure(Certificate, "The target's certificate has expired or is not valid yet. Renew it, and check the clocks of both hosts.")
	}
	return failure(Certificate, "The target's certificate is signed by an unknown authority. Add its CA certificate to the data source's settings (With CA Cert).")
}
