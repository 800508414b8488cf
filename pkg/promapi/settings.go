package promapi

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/httpclient"
)

// ParseURL checks prometheus.url, the part of the address before /api/v1. Its errors do not repeat secrets.
func ParseURL(text string) (*url.URL, error) {
	const expected = "expected a URL, e.g. http://prometheus:9090, http://mimir/prometheus or http://victoria-metrics:8428"
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, errors.New("prometheus.url is empty: " + expected)
	}
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("prometheus.url is not a URL: " + expected)
	case u.User != nil:
		return nil, errors.New("prometheus.url contains a user name or a password, which every viewer could read: remove it and use the data source's authentication settings")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("prometheus.url starts with %q: expected http:// or https://", u.Scheme+"://")
	case u.Hostname() == "":
		return nil, errors.New("prometheus.url has no host: " + expected)
	}
	if name := httpclient.SecretParameter(u.Query()); name != "" {
		return nil, fmt.Errorf("prometheus.url contains the parameter %q, which every viewer could read: remove it and use the data source's authentication settings or a header", name)
	}
	if path := u.EscapedPath(); slices.ContainsFunc(strings.Split(path, "/"), isDots) || strings.Contains(strings.ToLower(path), "%2f") {
		return nil, errors.New("prometheus.url contains the path segment . or .., or an escaped slash: write the path that the server sees")
	}
	u.Fragment, u.RawPath = "", ""
	u.Path = strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), "/api/v1")
	return u, nil
}

// isDots reports whether a server could resolve a path segment as a relative one.
func isDots(segment string) bool {
	segment = strings.ReplaceAll(strings.ToLower(segment), "%2e", ".")
	return segment == "." || segment == ".."
}

// ParseTenant checks prometheus.tenant and prometheus.tenantHeader and returns the header to send.
func ParseTenant(header, tenant string) (http.Header, error) {
	switch {
	case !httpguts.ValidHeaderFieldName(header):
		return nil, fmt.Errorf("prometheus.tenantHeader is %q: expected the name of an HTTP header, such as X-Scope-OrgID", header)
	case !httpguts.ValidHeaderFieldValue(tenant):
		return nil, fmt.Errorf("prometheus.tenant is %q: expected a value for an HTTP header, without control characters", tenant)
	}
	return http.Header{http.CanonicalHeaderKey(header): {tenant}}, nil
}
