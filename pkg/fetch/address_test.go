package fetch

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseTarget(t *testing.T) {
	for _, c := range []struct{ address, want, problem string }{
		{address: "node-1:8765", want: "http://node-1:8765/metrics"},
		{address: " 10.0.0.1:8765 ", want: "http://10.0.0.1:8765/metrics"},
		{address: "[fd00::1]:8765", want: "http://[fd00::1]:8765/metrics"},
		{address: "node-1:8765/other", want: "http://node-1:8765/other"},
		{address: "2001:db8::17:8765", problem: `the IPv6 address "2001:db8::17:8765" has no brackets: write [2001:db8::17]:8765`},
		{address: "http://2001:db8::17:8765/metrics", problem: `the IPv6 address "2001:db8::17:8765" has no brackets: write http://[2001:db8::17]:8765`},
		{address: "fd00::1/metrics", problem: `the IPv6 address "fd00::1" has no brackets: write [fd00::1]:PORT`},
		{address: "https://[2001:db8::18]/metrics", want: "https://[2001:db8::18]/metrics"},
		{address: "https://falco.example", want: "https://falco.example/metrics"},
		{address: "http://falco.example/", want: "http://falco.example/"},
		{address: "http://falco.example/metrics?set=all#top", want: "http://falco.example/metrics?set=all"},
		{address: "", problem: "the address of a target is empty: expected host:port or a URL, e.g. http://node-1:8765/metrics"},
		{address: "node-1", problem: `the address "node-1" has no port: expected host:port or a URL, e.g. http://node-1:8765/metrics`},
		{address: "http://", problem: `the address "http://" has no host: expected host:port or a URL, e.g. http://node-1:8765/metrics`},
		{address: "http://node 1:8765", problem: `the address is invalid (invalid character " " in host name): expected host:port or a URL, e.g. http://node-1:8765/metrics`},
		{address: "ftp://node-1:21", problem: `the address begins with "ftp://": expected http:// or https://`},
		{address: "http://me:hunter2@node-1:8765/metrics", problem: "the address of node-1:8765 contains a user name or a password, which every viewer could read: remove it and use the data source's authentication settings"},
		{address: "me@node-1:8765", problem: "the address of node-1:8765 contains a user name or a password, which every viewer could read: remove it and use the data source's authentication settings"},
		{address: "me@node-1", problem: "the address of node-1 contains a user name or a password, which every viewer could read: remove it and use the data source's authentication settings"},
		{address: "http://me:hunter/2@node-1:8765", problem: "the address is invalid and seems to contain a user name or a password: expected host:port or a URL, e.g. http://node-1:8765/metrics, and credentials in the data source's authentication settings"},
		{address: "node-1?token=hunter2", problem: `the address "node-1" has no port: expected host:port or a URL, e.g. http://node-1:8765/metrics`},
		{address: "http://?token=hunter2", problem: `the address "http://" has no host: expected host:port or a URL, e.g. http://node-1:8765/metrics`},
		{address: "http://node-1:8765/metrics?Access_Token=hunter2", problem: `the address of node-1:8765 contains "Access_Token" in its query, which every viewer could read: remove it and use the data source's authentication settings or a header`},
		{address: "http://node-1:8765/metrics?password=hunter2", problem: `the address of node-1:8765 contains "password" in its query, which every viewer could read: remove it and use the data source's authentication settings or a header`},
		{address: "http://node-1:8765/metrics?x=1&apikey=hunter2", problem: `the address of node-1:8765 contains "apikey" in its query, which every viewer could read: remove it and use the data source's authentication settings or a header`},
	} {
		u, err := ParseTarget(c.address)
		if c.problem != "" {
			require.EqualError(t, err, c.problem, c.address)
			continue
		}
		require.NoError(t, err, c.address)
		require.Equal(t, c.want, u.String())
	}
}

func TestRefusedHosts(t *testing.T) {
	const metadata, linkLocal = "is a cloud metadata address, which is never scraped. Use the target's own address.",
		"is a link-local address. It is only scraped if the entry of the settings has allowLoopback: true."
	for address, want := range map[string]string{
		"http://169.254.169.254/latest":    "169.254.169.254 " + metadata,
		"http://[fd00:ec2::254]/":          "fd00:ec2::254 " + metadata,
		"http://metadata.google.internal/": "metadata.google.internal " + metadata,
		"http://[fe80::1%25eth0]:8765":     "fe80::1%eth0 " + linkLocal,
		"http://[::ffff:169.254.1.1]:80":   "::ffff:169.254.1.1 " + linkLocal,
		"http://127.0.0.1:8765":            "",
		"http://node-1:8765":               "",
	} {
		u, err := ParseTarget(address)
		require.NoError(t, err)
		if err = CheckHost(u, false); want == "" {
			require.NoError(t, err)
			continue
		}
		require.EqualError(t, err, want)
		require.Equal(t, strings.HasSuffix(want, linkLocal), CheckHost(u, true) == nil)
	}
}
