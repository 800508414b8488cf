package target

// Cause classifies why a scrape or a discovery failed. Use it for grouping and in tests; Status.Message is for people.
type Cause string

// Causes of failure.
const (
	Refused             Cause = "refused"
	Unreachable         Cause = "unreachable"
	Timeout             Cause = "timeout"
	DNS                 Cause = "dns"
	Reset               Cause = "reset"
	TLSExpected         Cause = "tls-expected" // the target speaks HTTPS, the address says http
	HTTPExpected        Cause = "http-expected"
	Certificate         Cause = "certificate"
	Unauthorized        Cause = "unauthorized" // 401, 403
	NotFound            Cause = "not-found"
	ServerError         Cause = "server-error" // 5xx
	Redirect            Cause = "redirect"
	BadStatus           Cause = "status"
	HTML                Cause = "html"
	JSON                Cause = "json"
	NotHTTP             Cause = "not-http"
	Binary              Cause = "binary"
	Empty               Cause = "empty"
	CutOff              Cause = "cut-off"
	CrashedWhileScraped Cause = "crashed-while-scraped" // suspected; the target is up again
	CountersFell        Cause = "counters-fell"         // without a restart; they have come back
	HostRenamed         Cause = "host-renamed"          // the process reports another host name than the one before
	BadChunk            Cause = "bad-chunk"             // broken chunked encoding
	TooLarge            Cause = "too-large"
	TooMany             Cause = "too-many-samples"
	TooManySeries       Cause = "too-many-series" // the byte budget has no room for them; the others are kept
	NotMetrics          Cause = "not-metrics"
	NotFalco            Cause = "not-falco"
	Loopback            Cause = "loopback" // discovered, and not allowed
	LinkLocal           Cause = "link-local"
	Discovery           Cause = "discovery"
	Vanished            Cause = "vanished"
	BehindLoadBalancer  Cause = "load-balancer"
	DuplicateNode       Cause = "duplicate"
	NotListed           Cause = "unlisted"
	Internal            Cause = "internal"
	Unknown             Cause = "unknown"
)
