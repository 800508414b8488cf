// Package scrape scrapes the metrics endpoints of Falco, Falcosidekick and node_exporter and keeps the samples in memory.
//
// The parts, from the inside out: target is one address, scrapePool is one entry of the settings' targets (its discovery,
// its targets and its history), Manager holds all scrape pools of the process, Lease is what one data source instance uses
// of the Manager.
package scrape

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/exposition"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/fetch"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	vocabulary "github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// Ways to discover the targets of an entry.
const (
	DiscoveryStatic = "static"
	DiscoveryDNS    = "dns"  // A and AAAA records; the port is that of the URL
	DiscoverySRV    = "srv"  // host and port come from SRV records
	DiscoveryHTTP   = "http" // Prometheus's HTTP service discovery
)

// TargetConfig is one entry of the settings' targets.
type TargetConfig struct {
	URL       string
	Kind      string // default falco
	Discovery string // default static
	Labels    map[string]string
	// AllowLoopback allows discovered targets on loopback addresses, and any target on a link-local address.
	AllowLoopback bool
	// Gauges are written for each target of the entry at every scrape, even if the scrape fails.
	Gauges []Gauge
}

// Limits apply to one response, except TargetLimit.
type Limits struct {
	// BodySizeLimit is in bytes after decompression.
	BodySizeLimit int64
	exposition.Limits
	// TargetLimit is how many targets discovery may list. 0 means defaultTargetLimit.
	TargetLimit int
}

// Config is everything that matters for scraping on behalf of one data source.
type Config struct {
	OrgID             int64
	Targets           []TargetConfig
	Interval, Timeout time.Duration // the timeout never exceeds the interval
	Retention         time.Duration
	RetentionBytes    int64 // for all targets together; 0 means no limit
	Limits            Limits
	Client            httpclient.Options
	// ClientKey is a digest of all effective HTTP options, secrets included. Data sources with different credentials
	// never share scraped data.
	ClientKey string
	Reading   signals.Reading
	Logger    log.Logger // may be nil
}

// Check returns an error that says what is wrong with the entry, or nil.
func (t TargetConfig) Check() error {
	_, err := t.parse()
	return err
}

// Address returns the URL with scheme, port and path filled in.
func (t TargetConfig) Address() (*url.URL, error) { return t.parse() }

// withDefaults fills in kind and discovery.
func (t TargetConfig) withDefaults() TargetConfig {
	if t.Kind == "" {
		t.Kind = KindFalco
	}
	if t.Discovery == "" {
		t.Discovery = DiscoveryStatic
	}
	t.Labels, t.Gauges = maps.Clone(t.Labels), slices.Clone(t.Gauges)
	return t
}

func (t TargetConfig) parse() (*url.URL, error) {
	t = t.withDefaults()
	u, err := t.parseURL() // first, because the other errors repeat the address, which may contain a password
	if err != nil {
		return nil, err
	}
	if err := fetch.CheckHost(u, t.AllowLoopback); err != nil {
		return nil, err
	}
	if !slices.Contains(vocabulary.Kinds, t.Kind) {
		return nil, fmt.Errorf("the kind of target %s is %q: expected %s", t.URL, t.Kind, strings.Join(vocabulary.Kinds, ", "))
	}
	for name := range t.Labels {
		if !exposition.IsLabelName(name) || name == kindLabel {
			return nil, fmt.Errorf("target %s has a label named %q: expected letters, digits and underscores, not starting with a digit or with __, and not kind", t.URL, name)
		}
	}
	switch t.Discovery {
	case DiscoveryStatic, DiscoveryDNS, DiscoverySRV, DiscoveryHTTP:
		return u, nil
	}
	return nil, fmt.Errorf("the discovery of target %s is %q: expected static, dns, srv or http", t.URL, t.Discovery)
}

func (t TargetConfig) parseURL() (*url.URL, error) {
	switch {
	case t.Discovery == DiscoveryHTTP:
		return fetch.ParseURL(t.URL)
	case t.Discovery == DiscoverySRV && !strings.Contains(t.URL, "://") && t.URL != "": // ports come from the records
		return fetch.ParseTarget("http://" + t.URL)
	}
	return fetch.ParseTarget(t.URL)
}

// check fills in defaults and reports everything that is wrong with the configuration at once.
func (c *Config) check() error {
	var wrong []error
	if c.Interval < time.Millisecond {
		wrong = append(wrong, fmt.Errorf("the scrape interval is %s: expected 1ms or more", c.Interval))
	}
	if c.Timeout <= 0 || c.Timeout > c.Interval {
		c.Timeout = c.Interval
	}
	for _, t := range c.Targets {
		if err := t.Check(); err != nil {
			wrong = append(wrong, err)
		}
	}
	if c.Logger == nil {
		c.Logger = log.NewNullLogger()
	}
	return errors.Join(wrong...)
}
