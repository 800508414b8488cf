package httpclient

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAddresses(t *testing.T) {
	for text, want := range map[string]struct{ linkLocal, loopback bool }{
		"169.254.169.254":          {linkLocal: true},
		"::ffff:169.254.169.254":   {linkLocal: true},
		"64:ff9b::169.254.169.254": {linkLocal: true},
		"64:ff9b:1::a9fe:a9fe":     {linkLocal: true},
		"2002:a9fe:a9fe::1":        {linkLocal: true},
		"::169.254.169.254":        {linkLocal: true},
		"fe80::1%eth0":             {linkLocal: true},
		"ff02::1":                  {linkLocal: true},
		"fd00:ec2::254":            {linkLocal: true},
		"100.100.100.200":          {linkLocal: true},
		"64:ff9b::100.100.100.200": {linkLocal: true},
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
		require.Equal(t, want.linkLocal, IsLinkLocal(ip), text)
		require.Equal(t, want.loopback, IsLoopback(ip), text)
	}
}
