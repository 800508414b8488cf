package datasource

import (
	"cmp"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// exports write the targets for those who move to a Prometheus: by format, a text in YAML. No secret is ever part of it.
var exports = map[string]func(*Instance) (string, error){
	"prometheus":     (*Instance).scrapeConfig,
	"servicemonitor": (*Instance).serviceMonitors,
	"datasource":     (*Instance).storeSettings,
}

func (d *Instance) export(r *http.Request) (any, error) {
	format := r.URL.Query().Get("format")
	write, known := exports[format]
	if !known {
		return nil, userError{fmt.Errorf("the format is %q: expected %s", format, strings.Join(slices.Sorted(maps.Keys(exports)), ", "))}
	}
	return write(d)
}

// ordered is a YAML object whose keys stay in the order given.
type ordered []any

func (o ordered) MarshalYAML() (any, error) {
	node := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i < len(o); i += 2 {
		var key, value yaml.Node
		if err := key.Encode(o[i]); err != nil {
			return nil, err
		}
		if err := value.Encode(o[i+1]); err != nil {
			return nil, err
		}
		node.Content = append(node.Content, &key, &value)
	}
	return node, nil
}

func inYAML(head string, documents ...any) (string, error) {
	var out strings.Builder
	for line := range strings.Lines(head) {
		out.WriteString("# " + line)
	}
	out.WriteString("\n")
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	for _, d := range documents {
		if err := e.Encode(d); err != nil {
			return "", err
		}
	}
	return out.String(), e.Close()
}

// job is an entry of the targets, named as the shipped rules expect it.
type job struct {
	scrape.TargetConfig
	name string
	url  *url.URL
}

// jobs names the entries by kind: falco, falco-2, falcosidekick.
func (d *Instance) jobs() ([]job, error) {
	if len(d.settings.targets) == 0 {
		return nil, userError{errNoTargets}
	}
	var out []job
	counts := map[string]int{}
	for _, t := range d.settings.targets {
		u, err := t.Address()
		if err != nil {
			return nil, err
		}
		kind := cmp.Or(t.Kind, scrape.KindFalco)
		counts[kind]++
		name := kind
		if counts[kind] > 1 {
			name = fmt.Sprintf("%s-%d", kind, counts[kind])
		}
		out = append(out, job{t, name, u})
	}
	return out, nil
}

const notSecret = "Passwords, tokens and certificates are not exported: add basic_auth, authorization or tls_config where you use them."

// scrapeConfig is a part of prometheus.yml with a job for every entry of the targets.
func (d *Instance) scrapeConfig() (string, error) {
	jobs, err := d.jobs()
	if err != nil {
		return "", err
	}
	var all []any
	for _, j := range jobs {
		one := ordered{"job_name", j.name,
			"scrape_interval", signals.FormatDuration(d.settings.interval), "scrape_timeout", signals.FormatDuration(d.settings.timeout),
			"body_size_limit", d.settings.bodySize(),
			"sample_limit", d.settings.limits.SampleLimit,
			"label_value_length_limit", d.settings.limits.LabelValueLengthLimit}
		if j.url.Scheme != "http" {
			one = append(one, "scheme", j.url.Scheme)
		}
		if j.Discovery != scrape.DiscoveryHTTP && j.url.Path != "/metrics" {
			one = append(one, "metrics_path", j.url.Path)
		}
		if len(j.url.Query()) > 0 && j.Discovery != scrape.DiscoveryHTTP {
			one = append(one, "params", map[string][]string(j.url.Query()))
		}
		one = append(one, j.discovery()...)
		if rules := j.relabelling(); len(rules) > 0 {
			one = append(one, "relabel_configs", rules)
		}
		all = append(all, one)
	}
	return inYAML("A part of prometheus.yml.\n"+notSecret+
		"\nBy static and DNS discovery instance is an address: relabel it to the node's name where you can, so that a Falco whose pod moves goes on as the same series.\n",
		ordered{"scrape_configs", all})
}

// discovery is how Prometheus finds the targets of an entry.
func (j job) discovery() ordered {
	port := cmp.Or(j.url.Port(), map[string]string{"http": "80", "https": "443"}[j.url.Scheme])
	switch j.Discovery {
	case scrape.DiscoveryHTTP:
		return ordered{"http_sd_configs", []any{ordered{"url", j.url.String()}}}
	case scrape.DiscoverySRV:
		return ordered{"dns_sd_configs", []any{ordered{"names", []string{j.url.Hostname()}, "type", "SRV"}}}
	case scrape.DiscoveryDNS:
		number, _ := strconv.Atoi(port) // it has been checked
		return ordered{"dns_sd_configs", []any{ordered{"names", []string{j.url.Hostname()}, "type", "A", "port", number}}}
	}
	target := ordered{"targets", []string{net.JoinHostPort(j.url.Hostname(), port)}}
	if labels := j.labels(); len(labels) > 0 {
		target = append(target, "labels", labels)
	}
	return ordered{"static_configs", []any{target}}
}

// labels are those of the settings. The node is the target's instance, as the shipped rules want it.
func (j job) labels() map[string]string {
	out := map[string]string{}
	for name, value := range j.Labels {
		if name == "node" {
			name = "instance"
		}
		out[name] = value
	}
	return out
}

// relabelling puts the labels on targets of a discovery that takes none itself. Of several entries of a kind Prometheus
// wants several names, figures and rules one job.
func (j job) relabelling() (rules []any) {
	set := func(name, value string) {
		rules = append(rules, ordered{"target_label", name, "replacement", strings.ReplaceAll(value, "$", "$$")})
	}
	if kind := cmp.Or(j.Kind, scrape.KindFalco); j.name != kind {
		set("job", kind)
	}
	if j.Discovery != "" && j.Discovery != scrape.DiscoveryStatic {
		for _, name := range slices.Sorted(maps.Keys(j.labels())) {
			set(name, j.labels()[name])
		}
	}
	return rules
}

// bodySize is the limit on an answer, as Prometheus writes it.
func (s settings) bodySize() string { return fmt.Sprintf("%dMB", max(1, s.limits.BodySizeLimit>>20)) }

// services are what Falco's Helm charts call the port of the metrics, and the labels that only its Service has.
var services = map[string]struct {
	port   string
	labels map[string]string
}{
	scrape.KindFalco:         {"metrics", map[string]string{"app.kubernetes.io/name": "falco", "type": "falco-metrics"}},
	scrape.KindFalcosidekick: {"http", map[string]string{"app.kubernetes.io/name": "falcosidekick", "app.kubernetes.io/component": "core"}},
}

// serviceMonitors are for the Prometheus operator: one a kind, over the Services that Falco's Helm charts make. It scrapes
// all pods alike: of entries that differ the first counts, and the others are named.
func (d *Instance) serviceMonitors() (string, error) {
	jobs, err := d.jobs()
	if err != nil {
		return "", err
	}
	var all []any
	first := map[string]job{}
	others := ""
	for _, j := range jobs {
		kind := cmp.Or(j.Kind, scrape.KindFalco)
		endpoint := j.endpoint(d.settings)
		if written, done := first[kind]; done {
			if !reflect.DeepEqual(written.endpoint(d.settings), endpoint) {
				others += fmt.Sprintf("Left out is %s: its path, scheme, parameters or labels are not those of %s. Give it a ServiceMonitor of its own.\n", j.URL, written.URL)
			}
			continue
		}
		first[kind] = j
		all = append(all, ordered{
			"apiVersion", "monitoring.coreos.com/v1", "kind", "ServiceMonitor",
			"metadata", ordered{"name", kind, "namespace", "falco"},
			"spec", ordered{
				"selector", ordered{"matchLabels", services[kind].labels},
				"bodySizeLimit", d.settings.bodySize(),
				"sampleLimit", d.settings.limits.SampleLimit,
				"labelValueLengthLimit", d.settings.limits.LabelValueLengthLimit,
				"endpoints", []any{endpoint},
			},
		})
	}
	return inYAML("For the Prometheus operator, which may want a label such as release: prometheus on it.\n"+
		"It selects the Services that Falco's Helm charts make: for Falco with metrics.enabled.\n"+others+notSecret+"\n", all...)
}

// endpoint is how a ServiceMonitor has the pods of an entry scraped. What a list of HTTP discovery names is scraped as
// Prometheus does where nothing else is said.
func (j job) endpoint(s settings) ordered {
	kind, u := cmp.Or(j.Kind, scrape.KindFalco), j.url
	if j.Discovery == scrape.DiscoveryHTTP {
		u = &url.URL{Scheme: "http", Path: "/metrics"}
	}
	out := ordered{"port", services[kind].port, "path", cmp.Or(u.Path, "/metrics")}
	if query := u.Query(); len(query) > 0 {
		out = append(out, "params", map[string][]string(query))
	}
	out = append(out, "interval", signals.FormatDuration(s.interval), "scrapeTimeout", signals.FormatDuration(s.timeout))
	if u.Scheme != "http" {
		out = append(out, "scheme", u.Scheme)
	}
	relabelings := []any{ordered{"targetLabel", "job", "replacement", kind}}
	if kind == scrape.KindFalco {
		// The node, so that a Falco whose pod moves goes on as the same series.
		relabelings = append(relabelings, ordered{"sourceLabels", []string{"__meta_kubernetes_pod_node_name"}, "targetLabel", "instance"})
	}
	labels := j.labels()
	delete(labels, "instance")
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		relabelings = append(relabelings, ordered{"targetLabel", name, "replacement", strings.ReplaceAll(labels[name], "$", "$$")})
	}
	return append(out, "relabelings", relabelings)
}

// storeSettings are those of a data source that reads what the exports let a Prometheus scrape.
func (d *Instance) storeSettings() (string, error) {
	if len(d.settings.targets) == 0 {
		return "", userError{errNoTargets}
	}
	store := ordered{"url", "http://prometheus:9090"}
	identity := []string{"instance"}
	if slices.ContainsFunc(d.settings.targets, func(t scrape.TargetConfig) bool { return t.Labels["cluster"] != "" }) {
		identity = []string{"cluster", "instance"}
	}
	store = append(store, "identityLabels", identity, "matchers", `job=~"falco|falcosidekick"`)
	values := map[string]float64{}
	for _, t := range d.settings.targets {
		for _, g := range t.Gauges {
			values[g.Name] = max(values[g.Name], g.Value)
		}
	}
	for _, g := range d.catalogue.TargetGauges {
		switch value := values[g.Metric]; {
		case value == 0 || value == g.Fallback:
		case g.Setting == "memoryLimit":
			store = append(store, g.Setting, strconv.FormatFloat(value, 'f', -1, 64))
		default:
			store = append(store, g.Setting, value)
		}
	}
	return inYAML("The data source over that Prometheus; its uid and name stay, and with them dashboards and alert rules.\n"+
		"What the targets' settings said is now said of all Falcos: the largest of each.\n",
		ordered{"jsonData", ordered{"mode", "prometheus", "scrapeInterval", signals.FormatDuration(d.settings.interval), "prometheus", store}})
}
