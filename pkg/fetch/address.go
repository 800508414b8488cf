package fetch

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/httpclient"
)

// ParseTarget parses the address of a target: a URL, or a bare host:port, which means http://host:port/metrics. The
// default path is /metrics. Errors say what to write instead and do not repeat secrets.
func ParseTarget(address string) (*url.URL, error) {
	u, err := ParseURL(address)
	if err == nil && u.Path == "" {
		u.Path = "/metrics"
	}
	return u, err
}

// ParseURL is ParseTarget without the default path.
func ParseURL(address string) (*url.URL, error) {
	address = strings.TrimSpace(address)
	if address == "" {
		return nil, errors.New("the address of a target is empty: expected host:port or a URL, e.g. http://node-1:8765/metrics")
	}
	if !strings.Contains(address, "://") {
		host := authority(address)
		if proposal := bracketedIPv6(host); proposal != "" {
			return nil, fmt.Errorf("the IPv6 address %q has no brackets: write %s", host, proposal)
		}
		if !strings.ContainsAny(host, ":@") {
			return nil, fmt.Errorf("the address %q has no port: expected host:port or a URL, e.g. http://node-1:8765/metrics", host)
		}
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil {
		if scheme, rest, _ := strings.Cut(address, "://"); bracketedIPv6(authority(rest)) != "" {
			return nil, fmt.Errorf("the IPv6 address %q has no brackets: write %s://%s", authority(rest), scheme, bracketedIPv6(authority(rest)))
		}
		// url.Error repeats the address, which may contain a password. The inner error repeats a part of it.
		if strings.Contains(address, "@") {
			return nil, errors.New("the address is invalid and seems to contain a user name or a password: expected host:port or a URL, e.g. http://node-1:8765/metrics, and credentials in the data source's authentication settings")
		}
		return nil, fmt.Errorf("the address is invalid (%s): expected host:port or a URL, e.g. http://node-1:8765/metrics", httpclient.Innermost(err))
	}
	switch {
	case u.User != nil:
		return nil, fmt.Errorf("the address of %s contains a user name or a password, which every viewer could read: remove it and use the data source's authentication settings", u.Host)
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("the address begins with %q: expected http:// or https://", u.Scheme+"://")
	case u.Hostname() == "":
		return nil, fmt.Errorf("the address %q has no host: expected host:port or a URL, e.g. http://node-1:8765/metrics", u.Scheme+"://"+u.Path)
	}
	if name := httpclient.SecretParameter(u.Query()); name != "" {
		return nil, fmt.Errorf("the address of %s contains %q in its query, which every viewer could read: remove it and use the data source's authentication settings or a header", u.Host, name)
	}
	u.Fragment = ""
	return u, nil
}

// CheckHost returns why the host of a URL must not be scraped, nil if nothing is known against it.
func CheckHost(u *url.URL, allowLinkLocal bool) error {
	if refused := httpclient.CheckHost(u.Hostname(), allowLinkLocal); refused != nil {
		return refusedAddress(refused)
	}
	return nil
}

// authority returns the part of an address before the path.
func authority(address string) string {
	if end := strings.IndexAny(address, "/?#"); end >= 0 {
		return address[:end]
	}
	return address
}

// bracketedIPv6 returns host:port for an IPv6 address without brackets, or an empty string. It takes the last group for
// the port if it is a decimal number and the rest is an address.
func bracketedIPv6(host string) string {
	if strings.Count(host, ":") < 2 || strings.ContainsAny(host, "[]@") {
		return ""
	}
	last := strings.LastIndexByte(host, ':')
	if ip, err := netip.ParseAddr(host[:last]); err == nil && ip.Is6() {
		if port, err := strconv.ParseUint(host[last+1:], 10, 16); err == nil && port > 0 {
			return net.JoinHostPort(ip.String(), host[last+1:])
		}
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.Is6() {
		return "[" + ip.String() + "]:PORT"
	}
	return ""
}

// PortOf returns the port of an address, by default that of its scheme.
func PortOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}
