package scrape

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTargetConfigIsChecked(t *testing.T) {
	const secret = "the address of a:1 contains a user name or a password, which every viewer could read: remove it and use the data source's authentication settings"
	for _, c := range []struct {
		target  TargetConfig
		problem string
	}{
		{TargetConfig{URL: "a:1"}, ""},
		{TargetConfig{URL: "a:1", Kind: KindFalcosidekick, Discovery: DiscoveryDNS, Labels: map[string]string{"cluster": "c"}}, ""},
		{TargetConfig{URL: "_metrics._tcp.falco.example", Discovery: DiscoverySRV}, ""},
		{TargetConfig{URL: "http://sd.example/", Discovery: DiscoveryHTTP}, ""},
		{TargetConfig{URL: "a:1", Kind: "falko"}, `the kind of target a:1 is "falko": expected falco, falcosidekick, node-exporter`},
		{TargetConfig{URL: "a:1", Discovery: "consul"}, `the discovery of target a:1 is "consul": expected static, dns, srv or http`},
		{TargetConfig{URL: "a:1", Labels: map[string]string{"my-label": "x"}}, `target a:1 has a label named "my-label": expected letters, digits and underscores, not starting with a digit or with __, and not kind`},
		{TargetConfig{URL: "a:1", Labels: map[string]string{"__name__": "x"}}, `target a:1 has a label named "__name__": expected letters, digits and underscores, not starting with a digit or with __, and not kind`},
		{TargetConfig{URL: "http://me:hunter2@a:1", Kind: "falko"}, secret},
		{TargetConfig{URL: "http://me:hunter2@a:1", Discovery: "consul"}, secret},
		{TargetConfig{URL: "http://me:hunter2@a:1", Labels: map[string]string{"my-label": "x"}}, secret},
	} {
		if err := c.target.Check(); c.problem == "" {
			require.NoError(t, err)
		} else {
			require.EqualError(t, err, c.problem)
		}
	}
}

func TestLeaseNamesEveryWrongTarget(t *testing.T) {
	p := NewManager(ManagerOptions{})
	defer p.Close()
	c := config(TargetConfig{URL: "node-1"}, TargetConfig{URL: "a:1"}, TargetConfig{URL: "b:1", Kind: "x"})
	c.Interval = 0
	_, err := p.Lease(c)
	require.EqualError(t, err, `the scrape interval is 0s: expected 1ms or more
the address "node-1" has no port: expected host:port or a URL, e.g. http://node-1:8765/metrics
the kind of target b:1 is "x": expected falco, falcosidekick, node-exporter`)
	require.Empty(t, p.pools)
}
