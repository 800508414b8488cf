package scrape

import (
	"fmt"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/fetch"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	vocabulary "github.com/falco-metrics/falco-metrics-datasource/pkg/target"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

func failure(c Cause, format string, values ...any) *Failure {
	return vocabulary.Failf(c, format, values...)
}

func tooManySeries(refused, total int, budget int64) *Failure {
	return failure(TooManySeries, "%d of %d samples are not stored: the targets have more series than retention.size allows (%s for all targets). Raise it, or lower limits.sampleLimit. If this target has new series at every scrape, find out why.", refused, total, wording.Size(budget))
}

func unexpectedContentType(contentType string) string {
	return fmt.Sprintf("The metrics were read although the content type is %q instead of text/plain. Prometheus would reject them.", vocabulary.OneLine(contentType))
}

func notFoundPersists(e signals.Endpoint, path string) *Failure {
	if e.NotFound == nil {
		return fetch.NotFound(e, path)
	}
	return failure(NotFound, "The target has responded with 404 Not Found for more than %s, longer than a start takes. %s, or check the path %s.", startingFor, e.NotFound.Fix, path)
}

func vanished(since time.Time) *Failure {
	return failure(Vanished, "The target left discovery at %s: its pod is gone or not ready, for example because it is in a crash loop. The target is shown as down for %s, or until its node responds from another address.", since.UTC().Format("15:04:05 UTC"), keepVanished)
}

func duplicateNode(node, primary string) *Failure {
	return failure(DuplicateNode, "Node %s is already scraped at %s. The metrics of this target are ignored. Remove one of the two targets, or give them different node or cluster labels.", vocabulary.OneLine(node), primary)
}

func noTargetsDiscovered() *Failure {
	return failure(Discovery, "Discovery works but lists no target. Check that the pods are ready and that the name or the list is the right one.")
}

func behindProxy(discovery string) *Failure {
	return failure(Discovery, "Names cannot be resolved behind the secure socks proxy, so discovery: %s does not work. Use discovery: http, or list the targets.", discovery)
}

func notATargetList() *Failure {
	return failure(JSON, "Expected a list in the format of Prometheus's HTTP service discovery: [{\"targets\": [\"host:port\"], \"labels\": {}}].")
}

func discoveryPanicked(reason any) *Failure {
	return failure(Internal, "The plugin failed to discover these targets (%v). This is a bug: please report it with the plugin's log.", reason)
}

func unlisted(id string) *Failure {
	return failure(NotListed, "No target has the id %q: it has left discovery, or the settings have changed. Use an id of the data source's current targets.", id)
}

func internal(reason any) *Failure {
	return failure(Internal, "The plugin failed to scrape this target (%v). Other targets are not affected. This is a bug: please report it with the plugin's log.", reason)
}

// targetListEndpoint stands for a server that lists targets and is not a target itself.
var targetListEndpoint = signals.Endpoint{Kind: "list", Title: "the target list", Running: "the server of the target list is running"}
