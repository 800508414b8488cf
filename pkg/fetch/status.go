package fetch

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// statusFailure explains an HTTP status other than 200. start is the beginning of the body.
func (f *Fetcher) statusFailure(r *http.Response, start []byte) *target.Failure {
	code := r.StatusCode
	other := f.otherServer(r.Request.URL)
	switch {
	case code == http.StatusBadRequest && strings.Contains(string(start), "HTTP request to an HTTPS server"):
		return tlsExpected()
	case code == http.StatusUnauthorized:
		return target.Failf(target.Unauthorized, "The target responded with 401 Unauthorized. Check the user and password, or the header, in the data source's authentication settings. In a provisioned secret, write $ as $$.")
	case code == http.StatusForbidden:
		return target.Failf(target.Unauthorized, "The target responded with 403 Forbidden: these credentials may not read the metrics. Check the authentication settings and the access rules of the target.")
	case other != "" && (code == http.StatusNotFound || code == http.StatusMethodNotAllowed):
		return target.Failf(target.BadStatus, "The target responded with %s. Port %s is that of %s, which serves no metrics. Check the port and the path (%s).", statusText(code), PortOf(r.Request.URL), other, f.Endpoint.Address())
	case code == http.StatusNotFound:
		return NotFound(f.Endpoint, r.Request.URL.Path)
	case code == http.StatusNotModified:
		return target.Failf(target.BadStatus, "The target responded with 304 Not Modified although the request was not conditional. Check for a cache in between.")
	case code == http.StatusTooManyRequests:
		return target.Failf(target.BadStatus, "The target responded with 429 Too Many Requests%s. Raise scrapeInterval, or the rate limit of the proxy in front of it.", retryAfter(r))
	case code >= 300 && code < 400:
		return target.Failf(target.Redirect, "The target responded with %s to %s. Redirects are not followed because they would forward the credentials. Set the redirect's address as the target's URL.", statusText(code), target.OneLine(locationOf(r)))
	case code >= 500:
		return target.Failf(target.ServerError, "The target responded with %s. Check its log, or that of the proxy in front of it.", statusText(code))
	}
	return target.Failf(target.BadStatus, "The target responded with %s instead of 200 OK. Check the address and its path.", statusText(code))
}

// otherServer returns which other server listens on the port of a URL by default, or an empty string.
func (f *Fetcher) otherServer(u *url.URL) string {
	port, err := strconv.Atoi(PortOf(u))
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
	return fmt.Sprintf(" (Retry-After: %s)", target.OneLine(after))
}

// NotFound explains the status 404. Falco registers its route when it starts to capture, and only if its metrics are enabled.
func NotFound(e signals.Endpoint, path string) *target.Failure {
	if e.NotFound == nil {
		return target.Failf(target.NotFound, "The target responded with 404 Not Found. Check the path %s.", path)
	}
	return target.Failf(target.NotFound, "The target responded with 404 Not Found: %s, or %s, or the path %s is wrong.", e.NotFound.Starting, e.NotFound.Disabled, path)
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
