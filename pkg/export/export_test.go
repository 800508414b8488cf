package export

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/settings"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

const exported = `{
	"scrapeInterval": "30s",
	"targets": [
		{"url": "node-1:8765", "labels": {"cluster": "prod", "node": "node-1"}},
		{"url": "https://falco.falco.svc:8765/m?x=1", "discovery": "dns", "labels": {"cluster": "prod", "zone": "$a"}, "threadTableSize": 500000, "expectedInstances": 12, "memoryLimit": "1Gi"},
		{"url": "_metrics._tcp.falco", "discovery": "srv"},
		{"url": "http://list/targets", "discovery": "http"},
		{"url": "sidekick:2801", "kind": "falcosidekick"}
	]
}`

func exportOf(t *testing.T, jsonData, format string) string {
	t.Helper()
	s, err := settings.Parse(json.RawMessage(jsonData), signals.Load())
	require.NoError(t, err)
	text, err := Write(s, signals.Load(), format)
	require.NoError(t, err)
	return text
}

// What Prometheus scrapes has the same limits.
func TestExportedLimits(t *testing.T) {
	const jsonData = `{
		"targets": [{"url": "http://list/targets", "discovery": "http"}],
		"limits": {"bodySizeLimit": "512KB", "sampleLimit": 7000, "labelLimit": 30, "labelValueLengthLimit": 200, "targetLimit": 70}
	}`
	prometheus, monitor := exportOf(t, jsonData, "prometheus"), exportOf(t, jsonData, "servicemonitor")
	for name, value := range map[string]string{
		"body_size_limit": "524288B", "sample_limit": "7000", "label_limit": "30", "label_name_length_limit": "200", "label_value_length_limit": "200", "target_limit": "70",
	} {
		require.Contains(t, prometheus, "    "+name+": "+value+"\n")
		words := strings.Split(name, "_")
		for i := range words[1:] {
			words[i+1] = strings.ToUpper(words[i+1][:1]) + words[i+1][1:]
		}
		require.Contains(t, monitor, "  "+strings.Join(words, "")+": "+value+"\n")
	}
}

func TestExportForPrometheus(t *testing.T) {
	text := exportOf(t, exported, "prometheus")
	require.Equal(t, `# A part of prometheus.yml.
# Passwords, tokens and certificates are not exported: add basic_auth, authorization or tls_config where you use them.
# With static and DNS discovery, instance is an address. Relabel it to the node's name if possible, so that a Falco whose pod moves continues the same series.

scrape_configs:
  - job_name: falco
    scrape_interval: 30s
    scrape_timeout: 10s
    body_size_limit: 16MB
    sample_limit: 20000
    label_limit: 64
    label_name_length_limit: 1024
    label_value_length_limit: 1024
    static_configs:
      - targets:
          - node-1:8765
        labels:
          cluster: prod
          instance: node-1
  - job_name: falco-2
    scrape_interval: 30s
    scrape_timeout: 10s
    body_size_limit: 16MB
    sample_limit: 20000
    label_limit: 64
    label_name_length_limit: 1024
    label_value_length_limit: 1024
    target_limit: 5000
    scheme: https
    metrics_path: /m
    params:
      x:
        - "1"
    dns_sd_configs:
      - names:
          - falco.falco.svc
        type: A
        port: 8765
    relabel_configs:
      - target_label: job
        replacement: falco
      - target_label: cluster
        replacement: prod
      - target_label: zone
        replacement: $$a
  - job_name: falco-3
    scrape_interval: 30s
    scrape_timeout: 10s
    body_size_limit: 16MB
    sample_limit: 20000
    label_limit: 64
    label_name_length_limit: 1024
    label_value_length_limit: 1024
    target_limit: 5000
    dns_sd_configs:
      - names:
          - _metrics._tcp.falco
        type: SRV
    relabel_configs:
      - target_label: job
        replacement: falco
  - job_name: falco-4
    scrape_interval: 30s
    scrape_timeout: 10s
    body_size_limit: 16MB
    sample_limit: 20000
    label_limit: 64
    label_name_length_limit: 1024
    label_value_length_limit: 1024
    target_limit: 5000
    http_sd_configs:
      - url: http://list/targets
    relabel_configs:
      - target_label: job
        replacement: falco
  - job_name: falcosidekick
    scrape_interval: 30s
    scrape_timeout: 10s
    body_size_limit: 16MB
    sample_limit: 20000
    label_limit: 64
    label_name_length_limit: 1024
    label_value_length_limit: 1024
    static_configs:
      - targets:
          - sidekick:2801
`, text)
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool, which comes with Prometheus, is not installed")
	}
	file := filepath.Join(t.TempDir(), "prometheus.yml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	out, err := exec.Command(promtool, "check", "config", file).CombinedOutput()
	require.NoError(t, err, string(out))
}

func TestExportForTheOperator(t *testing.T) {
	text := exportOf(t, exported, "servicemonitor")
	require.Contains(t, text, `
# https://falco.falco.svc:8765/m?x=1 is left out: its path, scheme, parameters or labels differ from those of node-1:8765. Create another ServiceMonitor for it.
# _metrics._tcp.falco is left out: its path, scheme, parameters or labels differ from those of node-1:8765. Create another ServiceMonitor for it.
# http://list/targets is left out: its path, scheme, parameters or labels differ from those of node-1:8765. Create another ServiceMonitor for it.
`)
	documents := yaml.NewDecoder(strings.NewReader(text))
	var falco, sidekick map[string]any
	require.NoError(t, documents.Decode(&falco))
	require.NoError(t, documents.Decode(&sidekick))
	require.Equal(t, map[string]any{
		"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor",
		"metadata": map[string]any{"name": "falco", "namespace": "falco"},
		"spec": map[string]any{
			"selector":      map[string]any{"matchLabels": map[string]any{"app.kubernetes.io/name": "falco", "type": "falco-metrics"}},
			"bodySizeLimit": "16MB", "sampleLimit": 20000, "labelLimit": 64, "labelNameLengthLimit": 1024, "labelValueLengthLimit": 1024, "targetLimit": 5000,
			"endpoints": []any{map[string]any{
				"port": "metrics", "path": "/metrics", "interval": "30s", "scrapeTimeout": "10s",
				"relabelings": []any{
					map[string]any{"targetLabel": "job", "replacement": "falco"},
					map[string]any{"sourceLabels": []any{"__meta_kubernetes_pod_node_name"}, "targetLabel": "instance"},
					map[string]any{"targetLabel": "cluster", "replacement": "prod"},
				},
			}},
		},
	}, falco)
	require.Equal(t, map[string]any{"matchLabels": map[string]any{"app.kubernetes.io/name": "falcosidekick", "app.kubernetes.io/component": "core"}},
		sidekick["spec"].(map[string]any)["selector"], "not the Service of its UI")
	endpoint := sidekick["spec"].(map[string]any)["endpoints"].([]any)[0].(map[string]any)
	require.Equal(t, "http", endpoint["port"])
	require.Equal(t, []any{map[string]any{"targetLabel": "job", "replacement": "falcosidekick"}}, endpoint["relabelings"])
}

func TestEndpointsForTheOperator(t *testing.T) {
	for target, want := range map[string]map[string]any{
		`{"url": "http://list/targets", "discovery": "http"}`:  {"path": "/metrics"},
		`{"url": "https://list/targets", "discovery": "http"}`: {"path": "/metrics"},
		`{"url": "https://a/y?x=1&x=2"}`:                       {"path": "/y", "scheme": "https", "params": map[string]any{"x": []any{"1", "2"}}},
	} {
		text := exportOf(t, `{"targets": [`+target+`, `+target+`]}`, "servicemonitor")
		require.NotContains(t, text, "left out", "they are alike")
		var out struct {
			Spec struct{ Endpoints []map[string]any }
		}
		require.NoError(t, yaml.Unmarshal([]byte(text), &out))
		got := out.Spec.Endpoints[0]
		for _, same := range []string{"port", "interval", "scrapeTimeout", "relabelings"} {
			delete(got, same)
		}
		require.Equal(t, want, got, target)
	}
	text := exportOf(t, `{"targets": [{"url": "a:1", "labels": {"cluster": "x"}}, {"url": "b:1", "labels": {"cluster": "y", "zone": "$1"}}, {"url": "c:1", "labels": {"cluster": "x", "node": "n"}}]}`, "servicemonitor")
	require.Equal(t, 1, strings.Count(text, "b:1 is left out:"))
	require.Equal(t, 1, strings.Count(text, "is left out"))
}

// Over a store the targets from before it are still there to be exported.
func TestExportOverAStore(t *testing.T) {
	const store = `{"mode": "prometheus", "prometheus": {"url": "prometheus:9090"}, `
	for format := range formats {
		require.Equal(t, exportOf(t, exported, format), exportOf(t, store+exported[1:], format))
	}
	_, err := settings.Parse(json.RawMessage(store+`"targets": [{"url": "no port"}]}`), signals.Load())
	require.NoError(t, err)
}

// What is exported can be saved as it is.
func TestExportOfTheSettings(t *testing.T) {
	var out struct {
		JSONData map[string]any `yaml:"jsonData"`
	}
	require.NoError(t, yaml.Unmarshal([]byte(exportOf(t, exported, "datasource")), &out))
	require.Equal(t, map[string]any{
		"mode": "prometheus", "scrapeInterval": "30s",
		"prometheus": map[string]any{
			"url": "http://prometheus:9090", "identityLabels": []any{"cluster", "instance"}, "matchers": `job=~"falco|falcosidekick"`,
			"threadTableSize": 500000, "memoryLimit": "1073741824", "expectedInstances": 12,
		},
	}, out.JSONData)
}

// node_exporter is not scraped by the job of Falco, so the settings say how the two belong together. The exported jobs make the
// node the instance of both.
func TestExportWithNodeExporter(t *testing.T) {
	const jsonData = `{"targets": [
		{"url": "10.0.0.1:8765", "labels": {"node": "a"}},
		{"url": "10.0.0.1:9100", "kind": "node-exporter", "labels": {"node": "a"}}
	]}`
	text := exportOf(t, jsonData, "datasource")
	require.Contains(t, text, "\n    nodeExporterLabel: instance\n")
	require.Contains(t, text, "\n# node_exporter belongs to the Falco whose instance has the same host.")
	require.Equal(t, 2, strings.Count(exportOf(t, jsonData, "prometheus"), "          instance: a\n"))
	var source map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(text), &source))
	saved, err := json.Marshal(source["jsonData"])
	require.NoError(t, err)
	s, err := settings.Parse(saved, signals.Load())
	require.NoError(t, err)
	require.Equal(t, "instance", s.Store.NodeExporterLabel)
	require.NotContains(t, exportOf(t, exported, "datasource"), "node", "there is none")
}

func TestExportRefuses(t *testing.T) {
	_, err := Write(settings.Settings{}, signals.Load(), "x")
	require.EqualError(t, err, `the format is "x": expected datasource, prometheus, servicemonitor`)
	_, err = Write(settings.Settings{}, signals.Load(), "prometheus")
	require.EqualError(t, err, executor.ErrNoTargets.Error())
}

// Line breaks in the settings, YAML's own among them, end neither a comment nor a string.
func TestExportEscapesLineBreaks(t *testing.T) {
	const hostile = `{"targets": [
		{"url": "a:1", "labels": {"zone": "x\u2028y\u0085z\u2029\ninjected: true"}},
		{"url": "http://b:1/m%0A-x:%20true?x=%0Ay", "labels": {"zone": "q"}}
	]}`
	for format := range formats {
		text := exportOf(t, hostile, format)
		require.NotContains(t, text, "\u2028")
		require.NotContains(t, text, "\u2029")
		require.NotContains(t, text, "\u0085")
		require.NotRegexp(t, `(?m)^injected`, text)
	}
	require.Contains(t, exportOf(t, hostile, "prometheus"), `zone: "x\Ly\Nz\P\ninjected: true"`)
	require.Contains(t, exportOf(t, hostile, "prometheus"), `metrics_path: /m%0A-x:%20true`)
}
