// Package export writes the configured targets as configuration for Prometheus. It never contains secrets.
package export

import (
	"cmp"
	"fmt"
	"maps"
	"net"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/settings"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// formats maps the names of formats to their writers, which write YAML.
var formats = map[string]func(settings.Settings, *signals.Catalogue) (string, error){
	"prometheus":     scrapeConfig,
	"servicemonitor": serviceMonitors,
	"datasource":     storeSettings,
}

// Write exports the targets of the settings in a format. Its errors are the user's.
func Write(s settings.Settings, c *signals.Catalogue, format string) (string, error) {
	write, known := formats[format]
	if !known {
		return "", failure.User(fmt.Errorf("the format is %q: expected %s", format, strings.Join(slices.Sorted(maps.Keys(formats)), ", ")))
	}
	return write(s, c)
}

// ordered is a YAML object that keeps the order of its keys.
type ordered []any

func (o ordered) MarshalYAML() (any, error) {
	node := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i < len(o); i += 2 {
		var key, value yaml.Node
		if err := key.Encode(o[i]); err != nil {
			return nil, err
		}
		if err := value.Encode(escaped(o[i+1])); err != nil {
			return nil, err
		}
		node.Content = append(node.Content, &key, &value)
	}
	return node, nil
}

// escaped returns a value in which strings with line breaks are written as escapes. YAML 1.1 also sees line breaks in U+0085,
// U+2028 and U+2029.
func escaped(value any) any {
	switch v := value.(type) {
	case string:
		if strings.ContainsAny(v, "\r\n\u0085\u2028\u2029") {
			return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: v}
		}
	case []string:
		out := make([]any, len(v))
		for i, s := range v {
			out[i] = escaped(s)
		}
		return out
	case map[string]string:
		out := map[string]any{}
		for name, s := range v {
			out[name] = escaped(s)
		}
		return out
	case map[string][]string:
		out := map[string]any{}
		for name, list := range v {
			out[name] = escaped(list)
		}
		return out
	}
	return value
}

func inYAML(head string, documents ...any) (string, error) {
	var out strings.Builder
	for line := range strings.Lines(head) {
		out.WriteString("# " + target.OneLine(line) + "\n")
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

// job is an entry of the targets, named as the shipped rules expect.
type job struct {
	scrape.TargetConfig
	name string
	url  *url.URL
}

// jobs names the entries by kind: falco, falco-2, falcosidekick.
func jobs(s settings.Settings) ([]job, error) {
	if len(s.Targets) == 0 {
		return nil, failure.User(executor.ErrNoTargets)
	}
	var out []job
	counts := map[string]int{}
	for _, t := range s.Targets {
		u, err := t.Address()
		if err != nil {
			return nil, err
		}
		kind := cmp.Or(t.Kind, target.KindFalco)
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

// scrapeConfig returns a part of prometheus.yml with a job per entry of the targets.
func scrapeConfig(s settings.Settings, _ *signals.Catalogue) (string, error) {
	jobs, err := jobs(s)
	if err != nil {
		return "", err
	}
	var all []any
	for _, j := range jobs {
		one := ordered{"job_name", j.name,
			"scrape_interval", signals.FormatDuration(s.Interval), "scrape_timeout", signals.FormatDuration(s.Timeout),
			"body_size_limit", bodySize(s),
			"sample_limit", s.Limits.SampleLimit,
			"label_limit", s.Limits.LabelLimit,
			"label_name_length_limit", s.Limits.LabelValueLengthLimit,
			"label_value_length_limit", s.Limits.LabelValueLengthLimit}
		if j.Discovery != "" && j.Discovery != scrape.DiscoveryStatic {
			one = append(one, "target_limit", s.Limits.TargetLimit)
		}
		if j.url.Scheme != "http" {
			one = append(one, "scheme", j.url.Scheme)
		}
		if j.Discovery != scrape.DiscoveryHTTP && j.url.Path != "/metrics" {
			one = append(one, "metrics_path", j.url.EscapedPath())
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
		"\nWith static and DNS discovery, instance is an address. Relabel it to the node's name if possible, so that a Falco whose pod moves continues the same series.\n",
		ordered{"scrape_configs", all})
}

// discovery returns how Prometheus finds the targets of an entry.
func (j job) discovery() ordered {
	port := cmp.Or(j.url.Port(), map[string]string{"http": "80", "https": "443"}[j.url.Scheme])
	switch j.Discovery {
	case scrape.DiscoveryHTTP:
		return ordered{"http_sd_configs", []any{ordered{"url", j.url.String()}}}
	case scrape.DiscoverySRV:
		return ordered{"dns_sd_configs", []any{ordered{"names", []string{j.url.Hostname()}, "type", "SRV"}}}
	case scrape.DiscoveryDNS:
		number, _ := strconv.Atoi(port) // the settings are valid
		return ordered{"dns_sd_configs", []any{ordered{"names", []string{j.url.Hostname()}, "type", "A", "port", number}}}
	}
	target := ordered{"targets", []string{net.JoinHostPort(j.url.Hostname(), port)}}
	if labels := j.labels(); len(labels) > 0 {
		target = append(target, "labels", labels)
	}
	return ordered{"static_configs", []any{target}}
}

// labels returns the labels of the settings. The node becomes the label instance, as the shipped rules expect.
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

// relabelling adds labels to targets whose discovery cannot. If there are several entries of a kind, Prometheus needs
// several job names, but signals and rules expect one job.
func (j job) relabelling() (rules []any) {
	set := func(name, value string) {
		rules = append(rules, ordered{"target_label", name, "replacement", strings.ReplaceAll(value, "$", "$$")})
	}
	if kind := cmp.Or(j.Kind, target.KindFalco); j.name != kind {
		set("job", kind)
	}
	if j.Discovery != "" && j.Discovery != scrape.DiscoveryStatic {
		for _, name := range slices.Sorted(maps.Keys(j.labels())) {
			set(name, j.labels()[name])
		}
	}
	return rules
}

// bodySize returns the body size limit in Prometheus's notation.
func bodySize(s settings.Settings) string {
	if limit := s.Limits.BodySizeLimit; limit%(1<<20) != 0 {
		return fmt.Sprintf("%dB", limit)
	}
	return fmt.Sprintf("%dMB", s.Limits.BodySizeLimit>>20)
}

// serviceMonitors returns one ServiceMonitor per kind of target, for the Services of Falco's Helm charts. A ServiceMonitor
// scrapes all pods alike, so entries that differ from the first of their kind are listed in a comment.
func serviceMonitors(s settings.Settings, c *signals.Catalogue) (string, error) {
	jobs, err := jobs(s)
	if err != nil {
		return "", err
	}
	var all []any
	first := map[string]job{}
	others, exporterNote := "", ""
	for _, j := range jobs {
		kind := cmp.Or(j.Kind, target.KindFalco)
		endpoint := j.endpoint(s, c.Reading.Scraping.Endpoint(kind))
		if written, done := first[kind]; done {
			if !reflect.DeepEqual(written.endpoint(s, c.Reading.Scraping.Endpoint(kind)), endpoint) {
				others += fmt.Sprintf("%s is left out: its path, scheme, parameters or labels differ from those of %s. Create another ServiceMonitor for it.\n", target.OneLine(j.URL), target.OneLine(written.URL))
			}
			continue
		}
		first[kind] = j
		if kind == target.KindNodeExporter {
			exporterNote = "That of node_exporter selects the Service of the chart prometheus-node-exporter: set the namespace in which it runs.\n"
		}
		all = append(all, ordered{
			"apiVersion", "monitoring.coreos.com/v1", "kind", "ServiceMonitor",
			"metadata", ordered{"name", kind, "namespace", "falco"},
			"spec", ordered{
				"selector", ordered{"matchLabels", c.Reading.Scraping.Endpoint(kind).Service.Labels},
				"bodySizeLimit", bodySize(s),
				"sampleLimit", s.Limits.SampleLimit,
				"labelLimit", s.Limits.LabelLimit,
				"labelNameLengthLimit", s.Limits.LabelValueLengthLimit,
				"labelValueLengthLimit", s.Limits.LabelValueLengthLimit,
				"targetLimit", s.Limits.TargetLimit,
				"endpoints", []any{endpoint},
			},
		})
	}
	return inYAML("For the Prometheus operator, which may require a label such as release: prometheus.\n"+
		"It selects the Services that Falco's Helm charts create; for Falco with metrics.enabled.\n"+exporterNote+others+notSecret+"\n", all...)
}

// endpoint returns how a ServiceMonitor scrapes the pods of an entry. Targets of HTTP discovery get Prometheus's default
// path and scheme.
func (j job) endpoint(s settings.Settings, service signals.Endpoint) ordered {
	kind, u := cmp.Or(j.Kind, target.KindFalco), j.url
	if j.Discovery == scrape.DiscoveryHTTP {
		u = &url.URL{Scheme: "http", Path: "/metrics"}
	}
	out := ordered{"port", service.Service.Port, "path", cmp.Or(u.EscapedPath(), "/metrics")}
	if query := u.Query(); len(query) > 0 {
		out = append(out, "params", map[string][]string(query))
	}
	out = append(out, "interval", signals.FormatDuration(s.Interval), "scrapeTimeout", signals.FormatDuration(s.Timeout))
	if u.Scheme != "http" {
		out = append(out, "scheme", u.Scheme)
	}
	relabelings := []any{ordered{"targetLabel", "job", "replacement", kind}}
	if kind != target.KindFalcosidekick {
		// The node, so that a Falco whose pod moves continues the same series, and node_exporter has the same instance.
		relabelings = append(relabelings, ordered{"sourceLabels", []string{"__meta_kubernetes_pod_node_name"}, "targetLabel", "instance"})
	}
	labels := j.labels()
	delete(labels, "instance")
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		relabelings = append(relabelings, ordered{"targetLabel", name, "replacement", strings.ReplaceAll(labels[name], "$", "$$")})
	}
	return append(out, "relabelings", relabelings)
}

// storeSettings returns the settings of a data source that queries the Prometheus server.
func storeSettings(s settings.Settings, c *signals.Catalogue) (string, error) {
	if len(s.Targets) == 0 {
		return "", failure.User(executor.ErrNoTargets)
	}
	store := ordered{"url", "http://prometheus:9090"}
	identity := []string{"instance"}
	if slices.ContainsFunc(s.Targets, func(t scrape.TargetConfig) bool { return t.Labels["cluster"] != "" }) {
		identity = []string{"cluster", "instance"}
	}
	store = append(store, "identityLabels", identity, "matchers", fmt.Sprintf("job=~%q", target.KindFalco+"|"+target.KindFalcosidekick))
	exporterNote := ""
	if slices.ContainsFunc(s.Targets, func(t scrape.TargetConfig) bool { return t.Kind == target.KindNodeExporter }) {
		store = append(store, "nodeExporterLabel", "instance")
		exporterNote = "node_exporter belongs to the Falco whose instance has the same host. If the instance of one of them is not the node, choose another label: see docs/scaling-out.md.\n"
	}
	values := map[string]float64{}
	for _, t := range s.Targets {
		for _, g := range t.Gauges {
			values[g.Name] = max(values[g.Name], g.Value)
		}
	}
	for _, g := range c.TargetGauges {
		switch value := values[g.Metric]; {
		case value == 0 || value == g.Fallback:
		case g.Setting == "memoryLimit":
			store = append(store, g.Setting, strconv.FormatFloat(value, 'f', -1, 64))
		default:
			store = append(store, g.Setting, value)
		}
	}
	return inYAML("This data source in Prometheus mode. Keep its uid and name, which dashboards and alert rules use.\n"+
		"The settings of the targets now apply to all Falcos: the largest value of each.\n"+exporterNote,
		ordered{"jsonData", ordered{"mode", "prometheus", "scrapeInterval", signals.FormatDuration(s.Interval), "prometheus", store}})
}
