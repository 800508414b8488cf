package signals

import (
	"fmt"
	"slices"
)

// Scraping is what the backend needs to know about Falco, Falcosidekick and node_exporter to scrape them and to explain failures. The
// fields are documented in src/signals/scraping.ts.
type Scraping struct {
	Endpoints    []Endpoint `json:"endpoints"`
	OtherServers []struct {
		Port   int    `json:"port"`
		Server string `json:"server"`
	} `json:"otherServers"`
	Snapshot struct {
		Since           string `json:"since"`
		OlderVersions   string `json:"olderVersions"`
		IntervalSeconds int    `json:"intervalSeconds"`
	} `json:"snapshot"`
	TargetCounters struct {
		ConnectionFailures  string `json:"connectionFailures"`
		CrashesWhileScraped string `json:"crashesWhileScraped"`
		CounterDips         string `json:"counterDips"`
	} `json:"targetCounters"`
	// HostNameFix completes a sentence about a host name that is not the node's.
	HostNameFix          string `json:"hostNameFix"`
	ProcessStartMetric   string `json:"processStartMetric"`
	NanosecondTimeSuffix string `json:"nanosecondTimeSuffix"`
	TruncatedPrograms    struct {
		Prefixes   []string `json:"prefixes"`
		NameLength int      `json:"nameLength"`
		Suffixes   []string `json:"suffixes"`
	} `json:"truncatedPrograms"`
}

// Endpoint is where a kind of target serves its metrics by default.
type Endpoint struct {
	Kind     string `json:"kind"`
	Title    string `json:"title"`
	Port     int    `json:"port"`
	Path     string `json:"path"`
	Running  string `json:"running"`
	NotFound *struct {
		Starting string `json:"starting"`
		Disabled string `json:"disabled"`
		Fix      string `json:"fix"`
	} `json:"notFound,omitempty"`
	// Unseen says what is unknown without a target of this kind. It is empty if nothing depends on the kind.
	Unseen  string `json:"unseen,omitempty"`
	Service struct {
		Port   string            `json:"port"`
		Labels map[string]string `json:"labels"`
	} `json:"service"`
}

// Endpoint returns the endpoint of a kind of target. For an unknown kind it only has that as its title.
func (s Scraping) Endpoint(kind string) Endpoint {
	if i := slices.IndexFunc(s.Endpoints, func(e Endpoint) bool { return e.Kind == kind }); i >= 0 {
		return s.Endpoints[i]
	}
	return Endpoint{Kind: kind, Title: kind}
}

// Address describes where a kind of target serves its metrics by default.
func (e Endpoint) Address() string {
	if e.Port == 0 {
		return "those of " + e.Title
	}
	return fmt.Sprintf("%s: port %d, path %s", e.Title, e.Port, e.Path)
}

// OtherServer returns what else is known to listen on a port, or an empty string.
func (s Scraping) OtherServer(port int) string {
	for _, other := range s.OtherServers {
		if other.Port == port {
			return other.Server
		}
	}
	return ""
}
