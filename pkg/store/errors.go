package store

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/httpclient"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// Failure is why a store gave no answer, in words that say what to change. The address is not part of it.
type Failure struct {
	// Query is whether the store is well and the query is at fault.
	Query   bool
	Message string
}

func (f *Failure) Error() string { return f.Message }

func failure(format string, values ...any) *Failure {
	return &Failure{Message: fmt.Sprintf(format, values...)}
}

// explain says what an error of the HTTP client means. A request that its own user has given up stays context.Canceled.
func (s *Store) explain(ctx context.Context, err error) error {
	var own *Failure
	if errors.As(err, &own) {
		return own
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return context.Canceled
	}
	switch httpclient.CauseOf(err) {
	case target.Timeout:
		return failure("The store gave no answer within %s. Narrow the time range or the filters, check that Grafana may reach it, or raise limits.queryTimeout.", s.config.Timeout)
	case target.DNS:
		var dns *net.DNSError
		errors.As(err, &dns)
		return failure("DNS knows no address for the store's name %q. Check store.url, and that the name is known where Grafana runs.", dns.Name)
	case target.HTTPExpected:
		return failure("store.url says https, but the store answers plain HTTP. Change it to http://, or switch TLS on at the store.")
	case target.TLSExpected:
		return failure("store.url says http, but the store expects TLS. Change it to https://.")
	case target.Certificate:
		return certificateFailure(err)
	case target.Refused:
		return failure("The store refused the connection: nothing listens at the address of store.url. Check the port, and that the store runs.")
	case target.Unreachable:
		return failure("There is no route to the store. Check that its host is up and that Grafana can reach its network.")
	case target.Reset, target.CutOff:
		return failure("The store closed the connection before its answer was complete: it was restarted, or a proxy in between gave up. Ask again.")
	case target.NotHTTP:
		return failure("What answers at the address of store.url does not speak HTTP. Check the port.")
	}
	return failure("The store could not be asked: %s.", httpclient.Innermost(err))
}

func certificateFailure(err error) *Failure {
	var (
		alert tls.AlertError
		host  x509.HostnameError
	)
	switch {
	case errors.As(err, &alert):
		return failure("The store refused the TLS connection (%s). If it asks for a client certificate, switch on TLS Client Authentication and give one.", strings.TrimPrefix(alert.Error(), "tls: "))
	case errors.As(err, &host):
		return failure("The store's certificate is not valid for the name %q. Set the TLS server name to one that it is valid for.", host.Host)
	}
	return failure("The store's certificate is not trusted here. Add its CA certificate in the settings (With CA Cert), and check that it has not expired.")
}

// statusFailure explains an answer that is not the API's.
func statusFailure(r *http.Response, body string) error {
	code := r.StatusCode
	answered := strings.TrimSpace(fmt.Sprintf("%d %s", code, http.StatusText(code)))
	switch {
	case code == http.StatusBadRequest && strings.Contains(body, "HTTP request to an HTTPS server"):
		return failure("store.url says http, but the store expects TLS. Change it to https://.")
	case code == http.StatusUnauthorized && strings.Contains(body, "org id"):
		return failure("The store answered %s: it wants to know the tenant. Set store.tenant.", answered)
	case code == http.StatusUnauthorized:
		return failure("The store answered %s. Check the user and password, or the header, in the data source's authentication settings.", answered)
	case code == http.StatusForbidden:
		return failure("The store answered %s: these credentials may not read. Check the authentication settings, and what guards the store.", answered)
	case code == http.StatusNotFound:
		return failure("The store answered %s to %s. Set store.url to what comes before /api/v1: for Mimir it ends with /prometheus, for a cluster of VictoriaMetrics with /select/<account>/prometheus.", answered, r.Request.URL.Path)
	case code >= 300 && code < 400:
		return failure("The store answered %s. Redirects are not followed, as they would carry the credentials along: set store.url to the address that it redirects to.", answered)
	case code == http.StatusTooManyRequests:
		return failure("The store answered %s: it has too much to do for this tenant or user. Ask less often, or raise its limit.", answered)
	case code == http.StatusServiceUnavailable, code == http.StatusBadGateway, code == http.StatusGatewayTimeout:
		return failure("The store answered %s: it is starting, overloaded, or a proxy before it cannot reach it. %s", answered, excerpt(body))
	case code >= 400:
		return failure("The store answered %s. %s", answered, excerpt(body))
	case strings.HasPrefix(strings.TrimSpace(body), "<"):
		return notTheAPI("an HTML page")
	}
	return notTheAPI(fmt.Sprintf("the content type %q", r.Header.Get("Content-Type")))
}

func notTheAPI(found string) error {
	return failure("An answer of Prometheus's HTTP API was expected, %s was found. Check the address and the path of store.url.", found)
}

// refused explains an error that the API itself gave; the types are those of Prometheus's HTTP API.
func refused(r *http.Response, kind, message string) error {
	switch kind {
	case "bad_data", "execution", "422", "400":
		return &Failure{Query: true, Message: fmt.Sprintf("The store refuses the expression: %s", excerpt(message))}
	case "timeout", "canceled":
		return &Failure{Query: true, Message: fmt.Sprintf("The store gave the query up: %s Narrow the time range or the filters, or raise its time-out.", excerpt(message))}
	case "too_many_requests", "unavailable":
		return failure("The store cannot answer now (%s): %s", kind, excerpt(message))
	}
	if r.StatusCode == http.StatusUnprocessableEntity || r.StatusCode == http.StatusBadRequest {
		return &Failure{Query: true, Message: fmt.Sprintf("The store refuses the expression: %s", excerpt(message))}
	}
	return statusFailure(r, message)
}

// excerpt is the beginning of a text of the store's, as a sentence.
func excerpt(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > 300 {
		text = string(runes[:300]) + "…"
	}
	if text == "" {
		return "It gave no reason."
	}
	return strings.TrimSuffix(text, ".") + "."
}

func tooLarge() error {
	return &Failure{Query: true, Message: fmt.Sprintf("The store's answer is larger than %d MB; none of it is used. Narrow the time range or the filters.", mostBytes>>20)}
}

func tooManySamples(limit int) error {
	return &Failure{Query: true, Message: fmt.Sprintf("The store's answer has more than %d samples; none of it is used. Narrow the time range or the filters, or raise limits.samplesPerQuery.", limit)}
}
