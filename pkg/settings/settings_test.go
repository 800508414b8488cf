package settings

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/contract"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/exposition"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/query"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// What the contract lists is what the packages below accept.
// smallCatalogue has no gauges and baselines, so that targets have only what their settings say.
var smallCatalogue = &signals.Catalogue{Rules: signals.Load().Rules}

func TestContract(t *testing.T) {
	c := contract.Load()
	require.Equal(t, "15s", defaults().ScrapeInterval)
	for _, kind := range c.TargetKinds {
		for _, discovery := range c.Discoveries {
			require.NoError(t, scrape.TargetConfig{URL: "http://falco:8765", Kind: kind, Discovery: discovery}.Check())
		}
	}
	require.Error(t, scrape.TargetConfig{URL: "http://falco:8765", Kind: "other"}.Check())
	for _, mode := range c.Modes {
		_, err := Parse(json.RawMessage(`{"mode": "`+mode+`", "prometheus": {"url": "prometheus:9090"}}`), smallCatalogue)
		require.NoError(t, err)
	}
}

// Cases of tests/corpora/labels.json, which src/editor passes, too.
func TestLabelNames(t *testing.T) {
	text, err := os.ReadFile("../../tests/corpora/labels.json")
	require.NoError(t, err)
	var cases map[string]bool
	require.NoError(t, json.Unmarshal(text, &cases))
	rule := regexp.MustCompile(contract.Load().LabelName)
	for name, valid := range cases {
		require.Equal(t, valid, rule.MatchString(name), name)
		require.Equal(t, valid, scrape.TargetConfig{URL: "http://falco:8765", Labels: map[string]string{name: "x"}}.Check() == nil, name)
	}
}

func TestParseSettings(t *testing.T) {
	least, err := Parse(json.RawMessage(`{"targets": [{"url": "node-1:8765"}]}`), smallCatalogue)
	require.NoError(t, err)
	require.Equal(t, Settings{
		Targets: []scrape.TargetConfig{{URL: "node-1:8765"}}, Baseline: map[string][]string{},
		Interval: 15 * time.Second, Timeout: 10 * time.Second, QueryTimeout: 30 * time.Second,
		Retention: 24 * time.Hour, RetentionSize: 512 << 20, MaxSamples: 50_000_000, ResultCacheSize: 128 << 20,
		Limits:      scrape.Limits{BodySizeLimit: 16 << 20, Limits: exposition.Limits{SampleLimit: 20_000, LabelValueLengthLimit: 1024, LabelLimit: 64}, TargetLimit: 5000},
		Expressions: query.Bounds{Size: 64 << 10, Depth: 256}, Live: Live{Interval: time.Second},
		Receiver: Receiver{
			Objective: 30 * time.Second, RateLimit: 2000, SeriesLimit: 10_000,
			Priorities: []string{"0", "1", "2", "3", "4", "5", "6", "7"}, Canary: Canary{Period: 5 * time.Minute},
		},
	}, least)

	whole, err := Parse(json.RawMessage(`{
		"mode": "scrape",
		"targets": [{"url": "https://falco.example/metrics", "labels": {"zone": "a", "cluster": "x"}},
			{"url": "sidekick:2801", "kind": "falcosidekick", "discovery": "dns", "allowLoopback": true, "labels": {"team": "b"}}],
		"scrapeInterval": "5s", "scrapeTimeout": "1m", "retention": {"time": "30m", "size": "1MB"},
		"limits": {"bodySizeLimit": "1KB", "sampleLimit": 2, "labelValueLengthLimit": 3, "labelLimit": 5, "targetLimit": 6, "maxSamples": 4, "queryTimeout": "500ms"},
		"live": {"minInterval": "2s", "allowViewers": true},
		"version": 1
	}`), smallCatalogue)
	require.NoError(t, err)
	require.Equal(t, 5*time.Second, whole.Timeout, "never above the interval")
	require.False(t, whole.Targets[0].AllowLoopback)
	require.True(t, whole.Targets[1].AllowLoopback)
	require.Equal(t, []string{"team", "zone"}, whole.TargetLabels)
	require.Equal(t, 30*time.Minute, whole.Retention)
	require.Equal(t, scrape.Limits{BodySizeLimit: 1 << 10, Limits: exposition.Limits{SampleLimit: 2, LabelValueLengthLimit: 3, LabelLimit: 5}, TargetLimit: 6}, whole.Limits)
	require.Equal(t, Live{Interval: 2 * time.Second, AllowViewers: true}, whole.Live)

	cleared, err := Parse(json.RawMessage(`{"scrapeInterval": "", "scrapeTimeout": null, "retention": {"time": "", "size": ""}}`), smallCatalogue)
	require.NoError(t, err)
	require.Equal(t, 15*time.Second, cleared.Interval)
	require.Equal(t, 10*time.Second, cleared.Timeout)
	require.Equal(t, 24*time.Hour, cleared.Retention)

	for _, text := range []string{"0", "0s"} {
		off, err := Parse(json.RawMessage(`{"live": {"minInterval": "`+text+`"}}`), smallCatalogue)
		require.NoError(t, err)
		require.Zero(t, off.Live.Interval)
	}
}

func TestParseSettingsRefuses(t *testing.T) {
	tests := map[string]string{
		`{"scrapeInterval": "soon"}`:                                      `scrapeInterval is "soon": expected a duration such as 15s or 1m`,
		`{"scrapeInterval": 15}`:                                          `scrapeInterval: expected a string in quotes, found number`,
		`{"scrapeInterval": "10m"}`:                                       `scrapeInterval is 10m: expected between 1s and 2m30s, so that two scrapes lie within PromQL's look-back of 5 minutes`,
		`{"scrapeTimeout": "-1s"}`:                                        `scrapeTimeout is "-1s": expected a duration such as 15s or 1m`,
		`{"retention": {"time": "0"}}`:                                    `retention.time is "0": expected a duration such as 15s or 1m`,
		`{"retention": {"size": 1}}`:                                      `retention.size: expected a string in quotes, found number`,
		`{"retention": {"size": "many"}}`:                                 `retention.size is "many": expected a size such as 512MB or 1GB`,
		`{"limits": {"bodySizeLimit": "0B"}}`:                             `limits.bodySizeLimit is "0B": expected a size such as 512MB or 1GB`,
		`{"limits": {"queryTimeout": "x"}}`:                               `limits.queryTimeout is "x": expected a duration such as 15s or 1m`,
		`{"live": {"minInterval": "now"}}`:                                `live.minInterval is now: expected a duration from 500ms to 1m, or 0 to turn live off`,
		`{"live": {"minInterval": "100ms"}}`:                              `live.minInterval is 100ms: expected a duration from 500ms to 1m, or 0 to turn live off`,
		`{"live": {"allowViewers": 1}}`:                                   `live.allowViewers: expected a boolean, found number`,
		`{"receiver": {"objective": "7s"}}`:                               `receiver.objective is 7s: expected one of the bounds that delivery times are counted by, in seconds: [0.05 0.1 0.25 0.5 1 2.5 5 10 30 60 120 300 600 1800 3600]`,
		`{"receiver": {"rateLimit": 0}}`:                                  `receiver.rateLimit is 0: expected a number above 0`,
		`{"targets": {}}`:                                                 `targets: expected a list, found object`,
		`{"mode": "prometheus"}`:                                          "prometheus.url is empty: expected a URL, e.g. http://prometheus:9090, http://mimir/prometheus or http://victoria-metrics:8428",
		`{"mode": "cloud"}`:                                               `mode is "cloud": expected scrape or prometheus`,
		`{"oauthPassThru": true}`:                                         `oauthPassThru is on: scrapes run without a user, so that there is no identity to forward; use a header or basic authentication`,
		`{"keepCookies": ["a"]}`:                                          `keepCookies names cookies: scrapes run without a user, so that there are none to forward; use a header or basic authentication`,
		`{"targets": [{"url": "a:1", "kind": "x"}]}`:                      `targets[0]: the kind of target a:1 is "x": expected falco, falcosidekick, node-exporter`,
		`{"targets": [{"url": "a:1"}, {"url": "a:1", "discovery": "x"}]}`: `targets[1]: the discovery of target a:1 is "x": expected static, dns, srv or http`,
		`{"targets": [{"url": "http://u:p@a:1"}]}`:                        `targets[0]: the address of a:1 contains a user name or a password, which every viewer could read: remove it and use the data source's authentication settings`,
		`{"mode": "prometheus", "scrapeInterval": "x"}`:                   "scrapeInterval is \"x\": expected a duration such as 15s or 1m\nprometheus.url is empty: expected a URL, e.g. http://prometheus:9090, http://mimir/prometheus or http://victoria-metrics:8428",
		`{"targets": [{"url": "a:1", "memoryLimit": "half"}]}`:            `targets[0].memoryLimit is "half": expected an amount of memory as Kubernetes writes it, such as 512Mi, 1.5Gi or 800M`,
		`{"targets": [{"url": "a:1", "memoryLimit": "500m"}]}`:            `targets[0].memoryLimit is "500m": expected an amount of memory as Kubernetes writes it, such as 512Mi, 1.5Gi or 800M`,
		`{"targets": [{"url": "a:1", "memoryLimit": 512}]}`:               `targets.memoryLimit: expected a string in quotes, found number`,
		`{"targets": [{"url": "a:1", "cpuLimit": -1}]}`:                   `targets[0].cpuLimit is "-1": expected an amount of CPU as Kubernetes writes it, such as 500m, 0.5 or 2`,
		`{"targets": [{"url": "a:1", "threadTableSize": 1.5}]}`:           `targets[0].threadTableSize is 1.5: expected a whole number above 0, that of falco_libs.thread_table_size`,
		`{"targets": [{"url": "a:1", "outputsQueueCapacity": -1}]}`:       `targets[0].outputsQueueCapacity is -1: expected a whole number, that of outputs_queue.capacity`,
		`{"targets": [{"url": "a:1", "expectedInstances": -3}]}`:          `targets[0].expectedInstances is -3: expected a whole number of nodes above 0`,
		`{`: `the settings are no valid JSON: unexpected end of JSON input`,
	}
	for raw, want := range tests {
		_, err := Parse(json.RawMessage(raw), smallCatalogue)
		require.EqualError(t, err, want, raw)
	}
}

func TestRetentionIsBounded(t *testing.T) {
	_, err := Parse(json.RawMessage(`{"retention": {"time": "1000000h"}}`), smallCatalogue)
	require.EqualError(t, err, "retention.time is 1000000h: expected between 1m and 10y")
	_, err = Parse(json.RawMessage(`{"retention": {"time": "10000000h"}}`), smallCatalogue)
	require.EqualError(t, err, `retention.time is "10000000h": expected a duration such as 15s or 1m`)
}

// TestEmptyMeansDefault checks empty strings, which unset variables leave in provisioning files.
func TestEmptyMeansDefault(t *testing.T) {
	catalogue := signals.Load()
	want, err := Parse(json.RawMessage(`{"targets": [{"url": "node-1:8765"}]}`), catalogue)
	require.NoError(t, err)
	got, err := Parse(json.RawMessage(`{
		"mode": "", "scrapeInterval": "", "retention": {"time": "", "size": ""}, "live": {"minInterval": "", "allowViewers": ""},
		"limits": {"bodySizeLimit": "", "sampleLimit": "", "maxSamples": "", "queryTimeout": ""}, "baseline": {"version": ""},
		"prometheus": {"url": "", "identityLabels": ""},
		"targets": [{"url": "node-1:8765", "kind": "", "discovery": "", "memoryLimit": "", "cpuLimit": "", "labels": {"zone": ""}}]
	}`), catalogue)
	require.NoError(t, err)
	want.Targets[0].Labels = got.Targets[0].Labels // both are empty
	require.Empty(t, got.Targets[0].Labels)
	require.Equal(t, want, got)
}

func TestAllFaultsAreListed(t *testing.T) {
	_, err := Parse(json.RawMessage(`{"scrapeInterval": "often", "targets": [{"url": "node-1:8765"}, {"url": ""}, {"url": "ftp://x"}]}`), signals.Load())
	for _, setting := range []string{"scrapeInterval is", "targets[1]", "targets[2]"} {
		require.ErrorContains(t, err, setting)
	}
}

func TestReceiver(t *testing.T) {
	s, err := Parse(json.RawMessage(`{"receiver": {"enabled": true, "minimumPriority": "Error", "rules": ["A", "B"], "canary": {"rule": "A", "period": "1h"}}}`), smallCatalogue)
	require.NoError(t, err)
	require.Equal(t, Receiver{
		Enabled: true, Objective: 30 * time.Second, RateLimit: 2000, SeriesLimit: 10_000,
		Priorities: []string{"0", "1", "2", "3"}, Rules: []string{"A", "B"}, Canary: Canary{Rule: "A", Period: time.Hour},
	}, s.Receiver)

	_, err = Parse(json.RawMessage(`{"receiver": {"minimumPriority": "high", "canary": {"rule": "A", "period": "often"}}}`), smallCatalogue)
	require.EqualError(t, err, "receiver.canary.period is \"often\": expected a duration such as 15s or 1m\n"+
		"receiver.minimumPriority is \"high\": expected emergency, alert, critical, error, warning, notice, informational, debug")
}
