package scrape

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
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
		return nil, fmt.Errorf("the address cannot be read (%s): expected host:port or a URL, e.g. http://node-1:8765/metrics", Innermost(err))
	}
	switch {
	case u.User != nil:
		return nil, fmt.Errorf("the address of %s holds a user name or a password, which every viewer could read: remove it and use the data source's authentication settings", u.Host)
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("the address begins with %q: expected http:// or https://", u.Scheme+"://")
	case u.Hostname() == "":
		return nil, fmt.Errorf("the address %q has no host: expected host:port or a URL, e.g. http://node-1:8765/metrics", u.Scheme+"://"+u.Path)
	}
	if name := SecretIn(u.Query()); name != "" {
		return nil, fmt.Errorf("the address of %s holds %q in its query, which every viewer could read: remove it and use the data source's authentication settings or a header", u.Host, name)
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && isLinkLocal(ip) {
		return nil, linkLocal(u.Hostname())
	}
	u.Fragment = ""
	return u, nil
}

// SecretIn is the name of a parameter that looks like a secret, or empty.
func SecretIn(parameters url.Values) string {
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		if isSecret(name) {
			return name
		}
	}
	return ""
}

// secretWords are what names of secrets are made of.
var secretWords = []string{"token", "key", "pass", "pwd", "secret", "auth", "credential", "signature", "jwt", "bearer", "session"}

func isSecret(name string) bool {
	name = strings.ToLower(name)
	return name == "sig" || slices.ContainsFunc(secretWords, func(word string) bool { return strings.Contains(name, word) })
}

// metadata are addresses at which clouds hand out credentials and that are not link-local (AWS on IPv6, Alibaba).
var metadata = []netip.Addr{netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("100.100.100.200")}

func isLinkLocal(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	return ip.IsLinkLocalUnicast() || ip.IsLinkLocalMulticast() || slices.Contains(metadata, ip)
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
