package promapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/httpclient"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// Failure says why the Prometheus server returned no result and what to change. It does not contain the address.
type Failure struct {
	// Query means that the query is at fault, not the server.
	Query   bool
	Message string
}

func (f *Failure) Error() string { return f.Message }

func failure(format string, values ...any) *Failure {
	return &Failure{Message: fmt.Sprintf(format, values...)}
}

func queryFailure(format string, values ...any) *Failure {
	return &Failure{Query: true, Message: fmt.Sprintf(format, values...)}
}

// Explain turns an error of the HTTP client into a Failure. A request that the caller cancelled stays context.Canceled.
func (c *Client) Explain(ctx context.Context, err error) error {
	var known *Failure
	if errors.As(err, &known) {
		return known
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return context.Canceled
	}
	switch httpclient.CauseOf(err) {
	case target.Timeout:
		return failure("The Prometheus server did not respond within %s. Narrow the time range or the filters, check that Grafana can reach the server, or raise limits.queryTimeout.", c.config.Timeout)
	case target.DNS:
		var dns *net.DNSError
		errors.As(err, &dns)
		return failure("DNS has no address for the Prometheus server's name %q. Check prometheus.url, and that the name can be resolved where Grafana runs.", dns.Name)
	case target.HTTPExpected:
		return failure("prometheus.url says https, but the Prometheus server answers plain HTTP. Change the URL to http://, or enable TLS on the server.")
	case target.TLSExpected:
		return failure("prometheus.url says http, but the Prometheus server expects TLS. Change the URL to https://.")
	case target.Certificate:
		return certificateFailure(err)
	case target.Refused:
		return failure("The Prometheus server refused the connection: nothing listens at prometheus.url. Check the port, and that the server is running.")
	case target.Unreachable:
		return failure("There is no route to the Prometheus server. Check that its host is up and that Grafana can reach its network.")
	case target.Reset, target.CutOff:
		return failure("The Prometheus server closed the connection before its response was complete. It was restarted, or a proxy in between gave up. Try again.")
	case target.NotHTTP:
		return failure("What answers at prometheus.url does not speak HTTP. Check the port.")
	case target.LinkLocal:
		return failure("Cannot connect to the Prometheus server: %s. Change prometheus.url.", httpclient.Innermost(err))
	}
	return failure("Cannot query the Prometheus server: %s.", target.OneLine(httpclient.Innermost(err)))
}

func certificateFailure(err error) *Failure {
	var (
		alert tls.AlertError
		host  x509.HostnameError
	)
	switch {
	case errors.As(err, &alert):
		return failure("The Prometheus server refused the TLS connection (%s). If it requires a client certificate, enable TLS Client Authentication and enter one.", strings.TrimPrefix(alert.Error(), "tls: "))
	case errors.As(err, &host):
		return failure("The Prometheus server's certificate is not valid for the name %q. Set the TLS server name to a name that the certificate is valid for.", host.Host)
	}
	return failure("The Prometheus server's certificate is not trusted. Add its CA certificate in the settings (With CA Cert), and check that the certificate has not expired.")
}

// statusFailure explains a response that is not one of the API.
func statusFailure(r *http.Response, body string) error {
	code := r.StatusCode
	status := strings.TrimSpace(fmt.Sprintf("%d %s", code, http.StatusText(code)))
	switch {
	case code == http.StatusBadRequest && strings.Contains(body, "HTTP request to an HTTPS server"):
		return failure("prometheus.url says http, but the Prometheus server expects TLS. Change the URL to https://.")
	case code == http.StatusUnauthorized && strings.Contains(body, "org id"):
		return failure("The Prometheus server answered %s: it requires a tenant. Set prometheus.tenant.", status)
	case code == http.StatusUnauthorized:
		return failure("The Prometheus server answered %s. Check the user and password, or the header, in the data source's authentication settings. In a provisioned secret, write $ as $$.", status)
	case code == http.StatusForbidden:
		return failure("The Prometheus server answered %s: these credentials do not allow reading. Check the authentication settings, and any proxy in front of the server.", status)
	case code == http.StatusNotFound:
		return failure("The Prometheus server answered %s to %s. Set prometheus.url to the part before /api/v1. For Mimir it ends in /prometheus, for a VictoriaMetrics cluster in /select/<account>/prometheus.", status, r.Request.URL.Path)
	case code == http.StatusRequestEntityTooLarge, code == http.StatusRequestURITooLong:
		return queryFailure("The Prometheus server answered %s: the expression is too long for it, or for a proxy in between. Narrow the filters, or set prometheus.method to POST.", status)
	case code >= 300 && code < 400:
		return failure("The Prometheus server answered %s. The plugin does not follow redirects, because they would send the credentials to another address. Set prometheus.url to the address it redirects to.", status)
	case code == http.StatusTooManyRequests:
		return failure("The Prometheus server answered %s: it limits this tenant or user. Refresh less often, or raise the server's limit.", status)
	case code == http.StatusServiceUnavailable, code == http.StatusBadGateway, code == http.StatusGatewayTimeout:
		return failure("The Prometheus server answered %s: it is starting or overloaded, or a proxy cannot reach it. %s", status, excerpt(body))
	case code >= 400:
		return failure("The Prometheus server answered %s. %s", status, excerpt(body))
	case strings.HasPrefix(strings.TrimSpace(body), "<"):
		return notTheAPI("an HTML page")
	}
	return notTheAPI(fmt.Sprintf("the content type %q", target.OneLine(r.Header.Get("Content-Type"))))
}

func notTheAPI(found string) error {
	return failure("Expected a response of the Prometheus HTTP API, found %s. Check the host and the path of prometheus.url.", found)
}

// apiFailure explains an error that the API itself returned. The types are those of the Prometheus HTTP API.
func apiFailure(r *http.Response, errorType, message string) error {
	switch errorType {
	case "bad_data", "execution", "422", "400":
		return queryFailure("The Prometheus server rejected the expression: %s", excerpt(message))
	case "timeout", "canceled":
		return queryFailure("The Prometheus server stopped the query: %s Narrow the time range or the filters, or raise the server's query timeout.", excerpt(message))
	case "too_many_requests", "unavailable":
		return failure("The Prometheus server cannot answer at the moment (%s): %s", errorType, excerpt(message))
	}
	if r.StatusCode == http.StatusUnprocessableEntity || r.StatusCode == http.StatusBadRequest {
		return queryFailure("The Prometheus server rejected the expression: %s", excerpt(message))
	}
	return statusFailure(r, message)
}

// excerpt returns the beginning of a text from the server as a sentence.
func excerpt(text string) string {
	if text = target.OneLine(text); text == "" {
		return "It gave no reason."
	}
	return strings.TrimSuffix(text, ".") + "."
}

func responseTooLarge(limit int64) error {
	return queryFailure("The Prometheus server's response is larger than %.4g MB. The plugin discarded it. Narrow the time range or the filters, or raise limits.responseSizeLimit.", float64(limit)/(1<<20))
}

func tooManySamples(limit int) error {
	return queryFailure("The Prometheus server's response needs more memory than %d samples, which is the share of a query of limits.maxSamples. The plugin discarded it. Narrow the time range or the filters, or raise limits.maxSamples.", limit)
}

// Recovered runs f and returns a panic as an error. Nothing else recovers a goroutine, and a panic in it would end the
// plugin's process.
func (c *Client) Recovered(f func() error) (err error) {
	defer func() {
		if trouble := recover(); trouble != nil {
			c.config.Logger.Error("Panic while querying the Prometheus server", "panic", trouble, "stack", string(debug.Stack()))
			err = failure("The plugin failed while it queried the Prometheus server (%v). Report this, with the plugin's log.", trouble)
		}
	}()
	return f()
}
