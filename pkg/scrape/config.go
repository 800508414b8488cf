// Package scrape reads the metrics endpoints of Falco and Falcosidekick and keeps what they say in a history each.
//
// The parts, from the inside out: Reader (one answer), fetcher (one HTTP request), target (one address), unit (one
// entry of the settings: its discovery, its targets, its history), Pool (all units of the process), Lease (what one
// data source instance uses of the pool).
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

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

const (
	DiscoveryStatic = "static"
	DiscoveryDNS    = "dns"  // A and AAAA records; the port is the URL's
	DiscoverySRV    = "srv"  // host and port from SRV records
	DiscoveryHTTP   = "http" // Prometheus's HTTP service discovery
)

// TargetConfig is one entry of the settings' targets.
type TargetConfig struct {
	URL       string
	Kind      string // default falco
	Discovery string // default static
	Labels    map[string]string
	// Gauges are written for each of its targets at every scrape, whatever it answers.
	Gauges []Gauge
}

// Config is all that matters for scraping on behalf of one data source.
type Config struct {
	OrgID             int64
	Targets           []TargetConfig
	Interval, Timeout time.Duration // the timeout is never above the interval
	Retention         time.Duration
	RetentionBytes    int64 // over all targets; 0 is no limit
	Limits            Limits
	Client            httpclient.Options
	// ClientKey is a digest over all effective HTTP options, secrets included: data sources with other credentials
	// never share what was fetched.
	ClientKey string
	Reading   signals.Reading
	Logger    log.Logger // may be nil
}

// claimedBy is the status of a target whose node another entry of the settings shows.
func claimedBy(s Status, o owner) Status {
	if s.State == Up {
		why := claimed(s.Node(), o.address)
		s.State, s.Cause, s.Message = Duplicate, why.Cause, why.Message
	}
	return s
}

// Check reads the entry as Lease will: the error says in words what is wrong with it.
func (t TargetConfig) Check() error {
	_, err := t.parse()
	return err
}

// Address is the URL as it is read: with scheme, port and path.
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
	u, err := t.parseURL() // before anything that repeats the address, which may hold a password
	if err != nil {
		return nil, err
	}
	if t.Kind != KindFalco && t.Kind != KindFalcosidekick {
		return nil, fmt.Errorf("the kind of target %s is %q: expected falco or falcosidekick", t.URL, t.Kind)
	}
	for name := range t.Labels {
		if !isLabelName(name) || name == kindLabel {
			return nil, fmt.Errorf("target %s has a label named %q: expected letters, digits and underscores, no leading digit, not __… and not kind", t.URL, name)
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
		return parseURL(t.URL)
	case t.Discovery == DiscoverySRV && !strings.Contains(t.URL, "://") && t.URL != "": // ports come from the records
		return ParseTarget("http://" + t.URL)
	}
	return ParseTarget(t.URL)
}

func isLabelName(name string) bool {
	return name != "" && !strings.HasPrefix(name, "__") && nameEnd(name) == len(name) && cleanLabel(name) == name
}

// check completes a configuration and says what is wrong with it, all of it at once.
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
