package scrape

import (
	"fmt"
	"net/http"
	"strings"
)

// statusFailure explains an HTTP status other than 200. start is the beginning of the body.
func statusFailure(r *http.Response, start []byte, kind string) *Failure {
	code := r.StatusCode
	switch {
	case code == http.StatusBadRequest && strings.Contains(string(start), "HTTP request to an HTTPS server"):
		return tlsExpected()
	case code == http.StatusUnauthorized:
		return failure(Unauthorized, "The target responded with 401 Unauthorized. Check the user and password, or the header, in the data source's authentication settings. In a provisioned secret, write $ as $$.")
	case code == http.StatusForbidden:
		return failure(Unauthorized, "The target responded with 403 Forbidden: these credentials may not read the metrics. Check the authentication settings and the access rules of the target.")
	case code == http.StatusNotFound:
		return notFound(kind, r.Request.URL.Path)
	case code >= 300 && code < 400:
		return failure(Redirect, "The target responded with %s to %s. Redirects are not followed because they would forward the credentials. Set the redirect's address as the target's URL.", statusText(code), locationOf(r))
	case code >= 500:
		return failure(ServerError, "The target responded with %s. Check its log, or that of the proxy in front of it.", statusText(code))
	}
	return failure(BadStatus, "The target responded with %s instead of 200 OK. Check the address and its path.", statusText(code))
}

// notFound: Falco registers its route when it starts to capture, and only if its metrics are enabled.
func notFound(kind, path string) *Failure {
	if kind == KindFalco {
		return failure(NotFound, "The target responded with 404 Not Found: Falco is starting, or its metrics are off (metrics.enabled and webserver.prometheus_metrics_enabled must be true), or the path %s is wrong.", path)
	}
	return failure(NotFound, "The target responded with 404 Not Found. Check the path %s.", path)
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
