package scrape

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/httpclient"
)

// ParseTarget reads the address of a target: a URL, or a bare host:port, which means http://host:port/metrics. A path
// that is missing is /metrics. Whatever is wrong is said in words; secrets are not repeated.
func ParseTarget(address string) (*url.URL, error) {
	u, err := parseURL(address)
	if err == nil && u.Path == "" {
		u.Path = "/metrics"
	}
	return u, err
}

func parseURL(address string) (*url.URL, error) {
	address = strings.TrimSpace(address)
	if address == "" {
		return nil, errors.New("the address of a target is empty: expected host:port or a URL, e.g. http://node-1:8765/metrics")
	}
	if !strings.Contains(address, "://") {
		host := address
		if end := strings.IndexAny(address, "/?#"); end >= 0 {
			host = address[:end]
		}
		if !strings.ContainsAny(host, ":@") {
			return nil, fmt.Errorf("the address %q has no port: expected host:port or a URL, e.g. http://node-1:8765/metrics", host)
		}
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil {
		// url.Error repeats the address, and with it what may be a password; what is inside repeats a part of it.
		if strings.Contains(address, "@") {
			return nil, errors.New("the address cannot be read, and seems to hold a user name or a password: expected host:port or a URL, e.g. http://node-1:8765/metrics, and credentials in the data source's authentication settings")
		}
		return nil, fmt.Errorf("the address cannot be read (%s): expected host:port or a URL, e.g. http://node-1:8765/metrics", httpclient.Innermost(err))
	}
	switch {
	case u.User != nil:
		return nil, fmt.Errorf("the address of %s holds a user name or a password, which every viewer could read: remove it and use the data source's authentication settings", u.Host)
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("the address begins with %q: expected http:// or https://", u.Scheme+"://")
	case u.Hostname() == "":
		return nil, fmt.Errorf("the address %q has no host: expected host:port or a URL, e.g. http://node-1:8765/metrics", u.Scheme+"://"+u.Path)
	}
	if name := httpclient.SecretParameter(u.Query()); name != "" {
		return nil, fmt.Errorf("the address of %s holds %q in its query, which every viewer could read: remove it and use the data source's authentication settings or a header", u.Host, name)
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && httpclient.IsLinkLocal(ip) {
		return nil, linkLocal(u.Hostname())
	}
	u.Fragment = ""
	return u, nil
}

// portOf is the port of an address, the scheme's own where none is written.
func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}

// hostPort is what a target is called for as long as it never answered.
func hostPort(u *url.URL) string { return net.JoinHostPort(u.Hostname(), portOf(u)) }
