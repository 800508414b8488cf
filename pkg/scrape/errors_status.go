package scrape

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	vocabulary "github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// statusFailure explains an HTTP status other than 200. start is the beginning of the body.
func (f *fetcher) statusFailure(r *http.Response, start []byte) *Failure {
	code := r.StatusCode
	other := f.otherServer(r.Request.URL)
	switch {
	case code == http.StatusBadRequest && strings.Contains(string(start), "HTTP request to an HTTPS server"):
		return tlsExpected()
	case code == http.StatusUnauthorized:
		return failure(Unauthorized, "The target responded with 401 Unauthorized. Check the user and password, or the header, in the data source's authentication settings. In a provisioned secret, write $ as $$.")
	case code == http.StatusForbidden:
		return failure(Unauthorized, "The target responded with 403 Forbidden: these credentials may not read the metrics. Check the authentication settings and the access rules of the target.")
	case other != "" && (code == http.StatusNotFound || code == http.StatusMethodNotAllowed):
		return failure(BadStatus, "The target responded with %s. Port %s is that of %s, which serves no metrics. Check the port and the path (%s).", statusText(code), portOf(r.Request.URL), other, f.endpoint.Address())
	case code == http.StatusNotFound:
		return notFound(f.endpoint, r.Request.URL.Path)
	case code == http.StatusNotModified:
		return failure(BadStatus, "The target responded with 304 Not Modified although the request was not conditional. Check for a cache in between.")
	case code == http.StatusTooManyRequests:
		return failure(BadStatus, "The target responded with 429 Too Many Requests%s. Raise scrapeInterval, or the rate limit of the proxy in front of it.", retryAfter(r))
	case code >= 300 && code < 400:
		return failure(Redirect, "The target responded with %s to %s. Redirects are not followed because they would forward the credentials. Set the redirect's address as the target's URL.", statusText(code), vocabulary.OneLine(locationOf(r)))
	case code >= 500:
		return failure(ServerError, "The target responded with %s. Check its log, or that of the proxy in front of it.", statusText(code))
	}
	return failure(BadStatus, "The target responded with %s instead of 200 OK. Check the address and its path.", statusText(code))
}

// otherServer returns which other server listens on the port of a URL by default, or an empty string.
func (f *fetcher) otherServer(u *url.URL) string {
	port, err := strconv.Atoi(portOf(u))
	if err != nil {
		return ""
	}
	return f.scraping.OtherServer(port)
}

// retryAfter returns the Retry-After header as an addition to a sentence.
func retryAfter(r *http.Response) string {
	after := r.Header.Get("Retry-After")
	if after == "" {
		return ""
	}
	if _, err := strconv.Atoi(after); err == nil {
		after += " s"
	}
	return fmt.Sprintf(" (Retry-After: %s)", vocabulary.OneLine(after))
}

// notFound: Falco registers its route when it starts to capture, and only if its metrics are enabled.
func notFound(e signals.Endpoint, path string) *Failure {
	if e.NotFound == nil {
		return failure(NotFound, "The target responded with 404 Not Found. Check the path %s.", path)
	}
	return failure(NotFound, "The target responded with 404 Not Found: %s, or %s, or the path %s is wrong.", e.NotFound.Starting, e.NotFound.Disabled, path)
}

// locationOf describes where a redirect leads without naming the host, which viewers must not see.
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

func statusText(code int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", code, http.StatusText(code)))
}
