package scrape

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/exposition"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/fetch"
)

// targetGroup is an element of a list in the format of Prometheus's HTTP service discovery.
type targetGroup struct {
	Targets []string          `json:"targets"`
	Labels  map[string]string `json:"labels"`
}

// fetchTargetList reads Prometheus's HTTP service discovery. Of the labels that begin with two underscores, __scheme__
// and __metrics_path__ are used and the others are dropped.
func (sp *scrapePool) fetchTargetList(ctx context.Context) discoveryResult {
	var groups []targetGroup
	why := sp.fetcher.ForServer(targetListEndpoint).Get(ctx, sp.url, "", nil, func(_ context.Context, body []byte, _ string) *Failure {
		if err := json.Unmarshal(body, &groups); err != nil {
			return notATargetList()
		}
		return nil
	})
	if why != nil && why.Cause == NotFound {
		why = failure(NotFound, "The server responded with 404 Not Found: check the path %s.", sp.url.Path)
	}
	if why != nil {
		return discoveryResult{why: failure(Discovery, "Cannot get the list of targets. %s", why.Message), unusable: true}
	}
	list := sp.newTargetList()
	labelsByAddress := map[string]map[string]string{}
	for _, group := range groups {
		labels := map[string]string{}
		for name, value := range group.Labels {
			if exposition.IsLabelName(name) && name != kindLabel {
				labels[name] = value
			}
		}
		prefix := cmp.Or(group.Labels["__scheme__"], "http") + "://"
		path := cmp.Or(group.Labels["__metrics_path__"], "/metrics")
		for _, address := range group.Targets {
			if list.isFull() { // the rest, which may be millions, is only counted
				list.leaveOutRest(address)
				continue
			}
			u, err := fetch.ParseURL(prefix + address + path)
			if err != nil {
				list.leaveOut(hostOf(address), "not a valid address")
				continue
			}
			if first, twice := labelsByAddress[u.String()]; twice {
				if !maps.Equal(first, labels) {
					list.leaveOut(u.String(), "listed more than once with different labels; only the first entry is used")
				}
				continue
			}
			labelsByAddress[u.String()] = labels
			list.add(discoveredTarget{url: u, labels: labels})
		}
	}
	return list.result()
}
