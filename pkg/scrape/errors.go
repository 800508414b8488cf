package scrape

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/httpclient"
)

// Failure is why a scrape, or a discovery, failed: one sentence or two that say what was expected, what was found and
// what to change. The address is not part of it, so that equal failures of many targets can be told in one line.
type Failure struct {
	Cause   Cause
	Message string
}

func (f *Failure) Error() string { return f.Message }

func failure(c Cause, format string, values ...any) *Failure {
	return &Failure{Cause: c, Message: fmt.Sprintf(format, values...)}
}

// explain says what an error of the HTTP client means. got is how much of the body had arrived, -1 before the body.
func (f *fetcher) explain(err error, u *url.URL, got int64) *Failure {
	var own *Failure
	if errors.As(err, &own) {
		return own
	}
	switch cause := httpclient.CauseOf(err); cause {
	case LinkLocal:
		var refused *httpclient.LinkLocalError
		errors.As(err, &refused)
		return linkLocal(refused.Host)
	case DNS:
		return dnsFailure(err)
	case Timeout:
		if got >= 0 {
			return failure(Timeout, "The answer was not complete after %s; %s had arrived. The target is too slow: %s, or find out what keeps it busy.", f.timeout, size(got), f.allowMore())
		}
		return failure(Timeout, "No answer within %s. Check network policies and firewalls between Grafana and port %s; for a target that is only slow, %s.", f.timeout, portOf(u), f.allowMore())
	case HTTPExpected:
		return failure(HTTPExpected, "The address says https, but the target answers plain HTTP. Change the address to http://, or switch TLS on at the target.")
	case TLSExpected:
		return tlsExpected()
	case Certificate:
		return certificateFailure(err)
	case Refused:
		return failure(Refused, "Connection refused: nothing listens on port %s. Check the port, and that %s.", portOf(u), runs(f.kind))
	case Unreachable:
		return failure(Unreachable, "There is no route to this address. Check that the host is up and that Grafana can reach its network.")
	case Reset:
		if got < 0 && u.Scheme == "http" { // Falco's web server (OpenSSL) answers plain HTTP on a TLS port so
			return failure(Reset, "The connection was reset before an answer came. Check whether port %s expects https://, for a proxy or a firewall in between, and whether the process has just restarted.", portOf(u))
		}
		return failure(Reset, "The connection was reset%s. Check for a proxy or a firewall in between, and whether the process has just restarted.", during(got))
	case CutOff:
		return cutOff(u, got, errors.Is(err, io.ErrUnexpectedEOF))
	case NotHTTP:
		return failure(NotHTTP, "What answers on port %s does not speak HTTP. Check the port (%s).", portOf(u), endpoint(f.kind))
	case Binary:
		return failure(Binary, "The answer says it is compressed with gzip, but it could not be decompressed. Check for a proxy in between.")
	default:
		return failure(cause, "The scrape failed: %s.", httpclient.Innermost(err))
	}
}

// cutOff tells an answer that ended too soon from none at all.
func cutOff(u *url.URL, got int64, midway bool) *Failure {
	switch {
	case got >= 0 && midway:
		return failure(CutOff, "The answer was cut off after %s; none of it is used. Check whether the process has just stopped, and for a proxy in between.", size(got))
	case u.Scheme == "https":
		return failure(Reset, "The connection was closed without an answer. Check whether port %s speaks HTTPS, and whether the process has just restarted.", portOf(u))
	}
	return failure(Reset, "The connection was closed without an answer. Check whether port %s expects https://, whether it speaks HTTP at all, and whether the process has just restarted.", portOf(u))
}

// allowMore says how to give a slow target more time: the timeout is never above the interval.
func (f *fetcher) allowMore() string {
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
		return failure(DNS, "DNS knows no address for %q. Check the spelling, and that the name is known where Grafana runs.", dns.Name)
	}
	return failure(DNS, "The address of %q could not be resolved: DNS gave no answer. Check the resolver where Grafana runs, and network policies for port 53.", dns.Name)
}

func certificateFailure(err error) *Failure {
	var (
		alert   tls.AlertError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &alert):
		return failure(Certificate, "The target refused the TLS connection (%s). If it asks for a client certificate, switch on TLS Client Authentication and give one.", strings.TrimPrefix(alert.Error(), "tls: "))
	case errors.As(err, &host):
		return failure(Certificate, "The certificate of the target is not valid for the name %q. Set the TLS server name to one that it is valid for.", host.Host)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return failure(Certificate, "The certificate of the target has expired or is not valid yet. Renew it, and check the clocks.")
	}
	return failure(Certificate, "The certificate of the target is signed by an authority that is not known here. Add its CA certificate in the settings (With CA Cert).")
}

// statusFailure explains an HTTP status other than 200.
func statusFailure(r *http.Response, start []byte, kind string) *Failure {
	code := r.StatusCode
	switch {
	case code == http.StatusBadRequest && strings.Contains(string(start), "HTTP request to an HTTPS server"):
		return tlsExpected()
	case code == http.StatusUnauthorized:
		return failure(Unauthorized, "The target answered 401 Unauthorized. Check the user and password, or the header, in the data source's authentication settings.")
	case code == http.StatusForbidden:
		return failure(Unauthorized, "The target answered 403 Forbidden: these credentials may not read the metrics. Check the authentication settings and what guards the target.")
	case code == http.StatusNotFound:
		return notFound(kind, r.Request.URL.Path)
	case code >= 300 && code < 400:
		return failure(Redirect, "The target answered %s to %s. Redirects are not followed, as they would carry the credentials along: set the address it redirects to as the target's URL.", codeText(code), locationOf(r))
	case code >= 500:
		return failure(ServerError, "The target answered %s. Look into its log, or into that of the proxy before it.", codeText(code))
	}
	return failure(BadStatus, "The target answered %s; 200 OK was expected. Check the address and its path.", codeText(code))
}

// locationOf names where a redirect leads without the host, which is none of a viewer's business.
func locationOf(r *http.Response) string {
	to, err := r.Location()
	if err != nil {
		return "no address"
	}
	if to.Scheme != r.Request.URL.Scheme {
		return to.Scheme + " and the path " + to.Path
	}
	return "the path " + to.Path
}

func tooLarge(limit int64, decompressed bool) *Failure {
	after := ""
	if decompressed {
		after = ", counted after decompression"
	}
	return failure(TooLarge, "The answer is larger than %s%s; none of it is used. Check the address, or raise limits.bodyBytes.", size(limit), after)
}

func tooManySamples(limit int) *Failure {
	return failure(TooMany, "The answer has more than %d samples; none of it is used. Check that the address is that of Falco's metrics, or raise limits.samplesPerScrape.", limit)
}

func tooManySeries(refused, of int, budget int64) *Failure {
	return failure(TooManySeries, "%d of %d samples are not kept: the targets have more series than history.megabytes allows (%s for all targets). Raise it, or lower limits.samplesPerScrape; if the series of this target are new ones at every scrape, find out why.", refused, of, size(budget))
}

func notText(kind string, c Cause, what string) *Failure {
	return failure(c, "Metrics in Prometheus's text format were expected, %s was found. Check the port and the path (%s).", what, endpoint(kind))
}

func wrongKind(want, found string) *Failure {
	return failure(NotFalco, "These are the metrics of %s, but the target's kind is %s. Set kind: %s.", title(found), want, found)
}

func notFalco(kind string) *Failure {
	return failure(NotFalco, "These are metrics, but not Falco's. Check the port and the path (%s).", endpoint(kind))
}

func linkLocal(host string) *Failure {
	return failure(LinkLocal, "%s is a link-local or cloud metadata address, and is never scraped. Give the target's own address.", host)
}

func noteContentType(contentType string) string {
	return fmt.Sprintf("The answer was read, though its content type is %q and not text/plain. Prometheus would refuse it.", contentType)
}

// notFound: Falco registers its route when it starts to capture, and only if its metrics are on.
func notFound(kind, path string) *Failure {
	if kind == KindFalco {
		return failure(NotFound, "The target answered 404 Not Found: Falco is starting, or its metrics are off (metrics.enabled and webserver.prometheus_metrics_enabled have to be true), or the path %s is wrong.", path)
	}
	return failure(NotFound, "The target answered 404 Not Found. Check the path %s.", path)
}

func notFoundLasts(kind, path string) *Failure {
	if kind == KindFalco {
		return failure(NotFound, "The target has answered 404 Not Found for more than %s, longer than a start takes: set metrics.enabled and webserver.prometheus_metrics_enabled to true in falco.yaml, or check the path %s.", startingFor, path)
	}
	return notFound(kind, path)
}

func vanished(since time.Time) *Failure {
	return failure(Vanished, "The target left discovery at %s: its pod has gone or is not ready (a crash loop?). It stays here as down for %s, or until its node answers from another address.", since.UTC().Format("15:04:05 UTC"), keepVanished)
}

func claimed(node, by string) *Failure {
	return failure(Claimed, "Node %s is already scraped at %s; what this target answers is not used. Remove one of the two, or give them different node or cluster labels.", node, by)
}

func nothingFound() *Failure {
	return failure(Discovery, "Discovery works, but lists no target. Check that the pods are ready and that the name or the list is the right one.")
}

func behindProxy(discovery string) *Failure {
	return failure(Discovery, "Names cannot be resolved behind the secure socks proxy, so that discovery: %s does not work there. Use discovery: http, or list the targets.", discovery)
}

func listedTwice(address string) *Failure {
	return failure(Discovery, "The list has %s more than once, with different labels; only the first is used. Remove the others, or make one group of them.", address)
}

func notAList() *Failure {
	return failure(JSON, "A list in the format of Prometheus's HTTP service discovery was expected: [{\"targets\": [\"host:port\"], \"labels\": {}}].")
}

func unlisted(id string) *Failure {
	return failure(NotListed, "No target has the id %q: it has left discovery for good, or the settings have changed. Expected one of those that the targets of this data source have now.", id)
}

func internal(trouble any) *Failure {
	return failure(Internal, "The plugin itself failed on this target (%v); the other targets are not touched. Please report it, with the plugin's log.", trouble)
}

// kindList stands for what lists targets, which is none itself.
const kindList = "list"

// endpoint says where a kind answers by default.
func endpoint(kind string) string {
	switch kind {
	case kindList:
		return "that of the list of targets"
	case KindFalcosidekick:
		return "Falcosidekick: port 2801, path /metrics"
	}
	return "Falco: port 8765, path /metrics"
}

func runs(kind string) string {
	switch kind {
	case kindList:
		return "what lists the targets runs"
	case KindFalcosidekick:
		return "Falcosidekick runs"
	}
	return "Falco runs with its web server on (webserver.enabled, webserver.listen_port)"
}

func during(got int64) string {
	if got < 0 {
		return " before an answer came"
	}
	return " in the middle of the answer, after " + size(got) + "; none of it is used"
}

func codeText(code int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", code, http.StatusText(code)))
}

// size writes a number of bytes for people.
func size(bytes int64) string {
	switch {
	case bytes < 1024:
		return fmt.Sprintf("%d bytes", bytes)
	case bytes < 1024*1024:
		return fmt.Sprintf("%.4g KiB", float64(bytes)/1024)
	}
	return fmt.Sprintf("%.4g MiB", float64(bytes)/(1024*1024))
}

func title(kind string) string { return strings.ToUpper(kind[:1]) + kind[1:] }
