package store

import (
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
)

// Labels that scrapers set to the names of node and cluster, the most specific first: k8s_* come from OpenTelemetry's
// Kubernetes attributes, the others from common relabelling rules.
var (
	nodeLabels    = []string{"k8s_node_name", "node", "node_name", "nodename", "kubernetes_node", "kubernetes_node_name", "host_name", "host"}
	clusterLabels = []string{"k8s_cluster_name", "cluster", "cluster_name", "kubernetes_cluster"}
	// podLabels change with every pod, also where Falco reports the name of its pod as its host name.
	podLabels = []string{"k8s_pod_name", "pod", "pod_name", "kubernetes_pod_name", "exported_pod"}
)

// suggestIdentity suggests identity labels that name the nodes. Such a label has the host name that Falco reports as its
// value, or is one of nodeLabels and tells all targets apart.
func (c *CheckResult) suggestIdentity(id Identity, info, hosts promql.Vector, hostLabel string) {
	infoLabels, hostLabels := serverLabels(id, info), serverLabels(id, hosts)
	if len(infoLabels) == 0 {
		return
	}
	better := slices.Clone(id)
	if len(id) == 1 {
		if i := slices.IndexFunc(clusterLabels, func(name string) bool { return allHave(infoLabels, name) }); i >= 0 {
			better = Identity{clusterLabels[i], id[0]}
		}
	}
	node, matchesHost := suggestNodeLabel(better, infoLabels, hostLabels, hostLabel)
	better[len(better)-1] = node
	if slices.Equal(better, id) {
		return
	}
	reason := "A node then keeps its name when its pod is replaced."
	if matchesHost {
		reason = "These labels hold the node names that Falco reports."
	}
	var quoted []string
	for _, name := range better {
		quoted = append(quoted, strconv.Quote(name))
	}
	c.suggest("Set prometheus.identityLabels to [%s]. %s", strings.Join(quoted, ", "), reason)
}

// suggestNodeLabel returns the best label for the node, and whether its values are the host names that Falco reports.
func suggestNodeLabel(id Identity, info, hosts []map[string]string, hostLabel string) (name string, matchesHost bool) {
	current := id[len(id)-1]
	isHost := func(name string) bool {
		return len(hosts) > 0 && !slices.ContainsFunc(hosts, func(l map[string]string) bool {
			return l[name] == "" || l[name] != l[hostLabel]
		})
	}
	if isHost(current) {
		return current, true
	}
	var candidates []string
	for name := range info[0] {
		if name != hostLabel && !slices.Contains(podLabels, name) && !slices.Contains(nodeLabels, name) {
			candidates = append(candidates, name)
		}
	}
	slices.Sort(candidates)
	candidates = append(slices.Clone(nodeLabels), candidates...)
	if i := slices.IndexFunc(candidates, isHost); i >= 0 {
		return candidates[i], true
	}
	if slices.Contains(nodeLabels, current) && allHave(info, current) {
		return current, false
	}
	tellsApart := func(name string) bool {
		with := append(slices.Clone(id[:len(id)-1]), name)
		return allHave(info, name) && countDistinct(info, with) == countDistinct(info, []string{"job", "instance"})
	}
	if i := slices.IndexFunc(nodeLabels, tellsApart); i >= 0 {
		return nodeLabels[i], false
	}
	return current, false
}

// serverLabels returns the labels of samples under the server's names.
func serverLabels(id Identity, vector promql.Vector) []map[string]string {
	var out []map[string]string
	for _, sample := range vector {
		m := map[string]string{}
		sample.Metric.Range(func(l labels.Label) { m[id.SampleLabel(l.Name)] = l.Value })
		out = append(out, m)
	}
	return out
}

func allHave(all []map[string]string, name string) bool {
	return !slices.ContainsFunc(all, func(l map[string]string) bool { return l[name] == "" })
}

// countDistinct counts the distinct combinations of the values of some labels.
func countDistinct(all []map[string]string, names []string) int {
	distinct := map[string]bool{}
	for _, l := range all {
		var values []string
		for _, name := range names {
			values = append(values, l[name])
		}
		distinct[strings.Join(values, "\xff")] = true
	}
	return len(distinct)
}
