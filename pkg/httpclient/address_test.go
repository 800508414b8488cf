package httpclient

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAddresses(t *testing.T) {
	for text, want := range map[string]struct{ metadata, linkLocal, loopback bool }{
		"169.254.169.254":          {metadata: true, linkLocal: true},
		"::ffff:169.254.169.254":   {metadata: true, linkLocal: true},
		"64:ff9b::169.254.169.254": {metadata: true, linkLocal: true},
		"64:ff9b:1::a9fe:a9fe":     {metadata: true, linkLocal: true},
		"2002:a9fe:a9fe::1":        {metadata: true, linkLocal: true},
		"::169.254.169.254":        {metadata: true, linkLocal: true},
		"169.254.170.23":           {metadata: true, linkLocal: true},
		"fe80::a9fe:a9fe%eth0":     {metadata: true, linkLocal: true},
		"169.254.1.1":              {linkLocal: true},
		"64:ff9b::169.254.1.1":     {linkLocal: true},
		"fe80::1%eth0":             {linkLocal: true},
		"ff02::1":                  {linkLocal: true},
		"fd00:ec2::254":            {metadata: true},
		"100.100.100.200":          {metadata: true},
		"64:ff9b::100.100.100.200": {metadata: true},
		"127.0.0.1":                {loopback: true},
		"127.1.2.3":                {loopback: true},
		"0.0.0.0":                  {loopback: true},
		"::":                       {loopback: true},
		"::1":                      {loopback: true},
		"::ffff:127.0.0.1":         {loopback: true},
		"64:ff9b::127.0.0.1":       {loopback: true},
		"10.0.0.1":                 {},
		"64:ff9b::10.0.0.1":        {},
		"2001:db8::1":              {},
		"fd00::1":                  {},
	} {
		ip := netip.MustParseAddr(text)
		require.Equal(t, want.metadata, IsMetadata(ip), text)
		require.Equal(t, want.linkLocal, IsLinkLocal(ip), text)
		require.Equal(t, want.loopback, IsLoopback(ip), text)
	}
}

// Names of metadata servers are refused however they are written: behind a proxy, nothing else is known of them.
func TestHosts(t *testing.T) {
	for host, want := range map[string]string{
		"node-1": "", "10.0.0.1": "", "127.0.0.1": "",
		"metadata.google.internal":  "metadata.google.internal is a cloud metadata address, which the plugin never connects to",
		"Metadata.Google.Internal.": "Metadata.Google.Internal. is a cloud metadata address, which the plugin never connects to",
		"169.254.169.254":           "169.254.169.254 is a cloud metadata address, which the plugin never connects to",
		"169.254.1.1":               "169.254.1.1 is a link-local address, which the plugin does not connect to",
	} {
		refused := CheckHost(host, false)
		if want == "" {
			require.Nil(t, refused, host)
			continue
		}
		require.EqualError(t, refused, want)
		require.Equal(t, !refused.Metadata, CheckHost(host, true) == nil, "metadata stays refused")
	}
}
