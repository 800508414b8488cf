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
	"github.com/prometheus/prometheus/model/labels"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

const (
	KindFalco         = "falco"
	KindFalcosidekick = "falcosidekick"

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

// Gauge is a sample that comes from the settings instead of an answer.
type Gauge struct {
	Name   string
	Labels map[string]string // besides the target's; may be nil
	Value  float64
}

// Config is all that matters for scraping on behalf of one data source.
type Config struct {
	OrgID             int64
	Targets           []TargetConfig
	Interval, Timeout time.Duration // the timeout is never above the interval
	Retention         time.Duration
	HistoryBytes      int64 // over all targets; 0 is no limit
	Limits            Limits
	Client            httpclient.Options
	// ClientKey is a digest over all effective HTTP options, secrets included: data sources with other credentials
	// never share what was fetched.
	ClientKey string
	Reading   signals.Reading
	Logger    log.Logger // may be nil
}

// State is where a target stands.
type State string

const (
	Pending      State = "pending" // not scraped yet
	Up           State = "up"
	Starting     State = "starting" // 404 that has not lasted
	Down         State = "down"
	Gone         State = "vanished" // left discovery; stays for an hour
	Duplicate    State = "duplicate"
	LoadBalancer State = "load-balancer"
	Unlisted     State = "unlisted" // no target has this id; only Lease.Live says so
)

// Status is a snapshot of one target.
type Status struct {
	ID         string // stands for the address in what a browser asks; the same in every process
	Address    string // the URL scraped
	Configured string // the URL in the settings
	Kind       string
	Labels     labels.Labels // what every sample of the target carries
	State      State
	Cause      Cause  // empty when there is nothing to change
	Message    string // in words, with what to change; may be a remark when the target is up
	Discovery  string // what is wrong with the discovery this target comes from; else empty

	Since, FirstScrape, LastScrape, LastUp time.Time // Since: of the state; the others are zero when it never was

	Scrapes    int // since the start
	Duration   time.Duration
	Samples    int // in the last answer
	Unreadable int
	Duplicates int               // without Answer.Shortened, which are normal on healthy nodes
	Problems   []Problem         // the first 20
	Facts      map[string]string // by id of signals.Reading.Facts; remembered while down
	Metrics    map[string]bool   // names in the last good answer; not to be changed
	Gauges     []Gauge           // as configured; not to be changed
}

// claimedBy is the status of a target whose node another entry of the settings shows.
func (s Status) claimedBy(o owner) Status {
	if s.State == Up {
		why := claimed(s.Node(), o.address)
		s.State, s.Cause, s.Message = Duplicate, why.Cause, why.Message
	}
	return s
}

// Node is the target's node label.
func (s Status) Node() string { return s.Labels.Get(nodeLabel) }

const (
	nodeLabel    = "node"
	clusterLabel = "cluster"
	kindLabel    = "kind"
)

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
