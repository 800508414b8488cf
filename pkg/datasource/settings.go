package datasource

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/units"
	"github.com/prometheus/common/model"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/store"
)

// identity is what `$identity` stands for.
var identity = []string{"cluster", "node"}

// jsonData is what Grafana keeps of the settings, credentials aside; the shape is src/settings.ts.
// What is missing has a default.
type jsonData struct {
	Mode           string           `json:"mode"`
	Targets        []targetSettings `json:"targets"`
	ScrapeInterval string           `json:"scrapeInterval"`
	ScrapeTimeout  string           `json:"scrapeTimeout"`
	Retention      struct {
		Time string `json:"time"`
		Size string `json:"size"`
	} `json:"retention"`
	Limits struct {
		BodySizeLimit         string `json:"bodySizeLimit"`
		SampleLimit           int    `json:"sampleLimit"`
		LabelValueLengthLimit int    `json:"labelValueLengthLimit"`
		LabelLimit            int    `json:"labelLimit"`
		TargetLimit           int    `json:"targetLimit"`
		MaxSamples            int    `json:"maxSamples"`
		QueryTimeout          string `json:"queryTimeout"`
	} `json:"limits"`
	Baseline   map[string]string  `json:"baseline"`
	Prometheus prometheusSettings `json:"prometheus"`
	Live       struct {
		MinInterval  string `json:"minInterval"`
		AllowViewers bool   `json:"allowViewers"`
	} `json:"live"`
	OAuthPassThru bool     `json:"oauthPassThru"`
	KeepCookies   []string `json:"keepCookies"`
}

// defaults must be those of src/settings.ts; a test compares them.
func defaults() jsonData {
	d := jsonData{Mode: "scrape", ScrapeInterval: "15s", ScrapeTimeout: "10s"}
	d.Retention.Time = "24h"
	d.Retention.Size = "512MB"
	d.Limits.BodySizeLimit = "16MB"
	d.Limits.SampleLimit = 20_000
	d.Limits.LabelValueLengthLimit = 1024
	d.Limits.LabelLimit = 64
	d.Limits.TargetLimit = 5000
	d.Limits.MaxSamples = 50_000_000
	d.Limits.QueryTimeout = "30s"
	d.Live.MinInterval = "1s"
	d.Prometheus.IdentityLabels = []string{"instance"}
	d.Prometheus.Method = "POST"
	d.Prometheus.TenantHeader = "X-Scope-OrgID"
	return d
}

// settings are checked and complete.
type settings struct {
	targets           []scrape.TargetConfig
	targetLabels      []string            // names, sorted, without the identity
	pinned            map[string][]string // what all Falcos should have, by the catalogue's baselines
	interval, timeout time.Duration
	retention         time.Duration
	historyBytes      int64
	limits            scrape.Limits
	maxSamples        int
	queryTimeout      time.Duration
	live              liveSettings
	// store is set in Prometheus mode; the targets are only exported then.
	store *store.Config
}

const (
	shortestInterval = time.Second
	// longestInterval keeps two scrapes within the engine's look-back of five minutes.
	longestInterval = 150 * time.Second
)

// parseSettings reads jsonData. The error names every setting that is wrong, what was expected and what was found.
func parseSettings(raw json.RawMessage, catalogue *signals.Catalogue) (settings, error) {
	d := defaults()
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &d); err != nil {
			return settings{}, typeError(err)
		}
	}
	// An empty field of the editor means the default.
	d.ScrapeInterval = cmp.Or(d.ScrapeInterval, defaults().ScrapeInterval)
	d.ScrapeTimeout = cmp.Or(d.ScrapeTimeout, defaults().ScrapeTimeout)
	d.Limits.QueryTimeout = cmp.Or(d.Limits.QueryTimeout, defaults().Limits.QueryTimeout)
	d.Live.MinInterval = cmp.Or(d.Live.MinInterval, defaults().Live.MinInterval)
	d.Retention.Time = cmp.Or(d.Retention.Time, defaults().Retention.Time)
	d.Retention.Size = cmp.Or(d.Retention.Size, defaults().Retention.Size)
	d.Limits.BodySizeLimit = cmp.Or(d.Limits.BodySizeLimit, defaults().Limits.BodySizeLimit)
	var p problems
	s := settings{
		interval:     p.duration("scrapeInterval", d.ScrapeInterval),
		timeout:      p.duration("scrapeTimeout", d.ScrapeTimeout),
		queryTimeout: p.duration("limits.queryTimeout", d.Limits.QueryTimeout),
		retention:    p.duration("retention.time", d.Retention.Time),
		historyBytes: p.size("retention.size", d.Retention.Size),
		maxSamples:   d.Limits.MaxSamples,
		limits: scrape.Limits{
			BodySizeLimit: p.size("limits.bodySizeLimit", d.Limits.BodySizeLimit), SampleLimit: d.Limits.SampleLimit, LabelValueLengthLimit: d.Limits.LabelValueLengthLimit,
			LabelLimit: d.Limits.LabelLimit, TargetLimit: d.Limits.TargetLimit,
		},
	}
	s.timeout = min(s.timeout, s.interval)
	if s.interval > 0 && (s.interval < shortestInterval || s.interval > longestInterval) {
		p.add("scrapeInterval is %s: expected between 1s and 2m30s, so that two scrapes lie within PromQL's look-back of 5 minutes", d.ScrapeInterval)
	}
	s.live = d.liveSettings(&p)
	p.positive("limits.sampleLimit", float64(d.Limits.SampleLimit))
	p.positive("limits.labelValueLengthLimit", float64(d.Limits.LabelValueLengthLimit))
	p.positive("limits.labelLimit", float64(d.Limits.LabelLimit))
	p.positive("limits.targetLimit", float64(d.Limits.TargetLimit))
	p.positive("limits.maxSamples", float64(d.Limits.MaxSamples))
	s.pinned = pinned(&p, d.Baseline, catalogue.Baselines)
	switch d.Mode {
	case "", "scrape":
		for i, t := range d.Targets {
			s.targets = append(s.targets, t.config(&p, fmt.Sprintf("targets[%d]", i), catalogue.TargetGauges, pinnedGauges(s.pinned, catalogue.Baselines)))
		}
		s.targetLabels = targetLabels(s.targets)
	case "prometheus":
		var unread problems // they are kept, and exported, but not used
		for i, t := range d.Targets {
			s.targets = append(s.targets, t.config(&unread, fmt.Sprintf("targets[%d]", i), catalogue.TargetGauges, nil))
		}
		s.store = d.Prometheus.config(&p, catalogue.TargetGauges)
		s.store.Gauges = append(s.store.Gauges, pinnedGauges(s.pinned, catalogue.Baselines)...)
		s.store.Interval, s.store.Timeout, s.store.MaxSamples = s.interval, s.queryTimeout, s.maxSamples
	default:
		p.add("mode is %q: expected scrape or prometheus", d.Mode)
	}
	if d.OAuthPassThru {
		p.add("oauthPassThru is on: scrapes run without a user, so that there is no identity to forward; use a header or basic authentication")
	}
	if len(d.KeepCookies) > 0 {
		p.add("keepCookies names cookies: scrapes run without a user, so that there are none to forward; use a header or basic authentication")
	}
	return s, errors.Join(p...)
}

// targetLabels are the names of the labels that the settings put on targets, besides the identity.
func targetLabels(targets []scrape.TargetConfig) []string {
	names := map[string]bool{}
	for _, t := range targets {
		for name := range t.Labels {
			names[name] = !slices.Contains(identity, name)
		}
	}
	maps.DeleteFunc(names, func(_ string, own bool) bool { return !own })
	return slices.Sorted(maps.Keys(names))
}

// problems collects what is wrong, so that all of it is told at once.
type problems []error

func (p *problems) add(format string, values ...any) { *p = append(*p, fmt.Errorf(format, values...)) }

func (p *problems) duration(setting, text string) time.Duration {
	d, err := model.ParseDuration(text)
	if err != nil || d <= 0 {
		p.add("%s is %q: expected a duration such as 15s or 1m", setting, text)
	}
	return time.Duration(d)
}

// size reads an amount of memory in Prometheus's spelling, such as 512MB: bytes in powers of 1024.
func (p *problems) size(setting, text string) int64 {
	n, err := units.ParseBase2Bytes(text)
	if err != nil || n <= 0 {
		p.add("%s is %q: expected a size such as 512MB or 1GB", setting, text)
	}
	return int64(n)
}

func (p *problems) positive(setting string, value float64) {
	if value <= 0 {
		p.add("%s is %v: expected a number above 0", setting, value)
	}
}

// typeError puts a mistake of JSON types into words.
func typeError(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		field := strings.ReplaceAll(wrong.Field, "targetFacts.", "") // an embedded struct is none of the JSON's
		return fmt.Errorf("%s: expected a %s, found %s", field, jsonType(wrong.Type.Kind()), wrong.Value)
	}
	return fmt.Errorf("the settings are no valid JSON: %w", err)
}

// jsonType is what a Go type is called in JSON.
func jsonType(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return "string in quotes"
	case reflect.Bool:
		return "boolean"
	case reflect.Slice:
		return "list"
	case reflect.Struct, reflect.Map:
		return "object"
	case reflect.Int, reflect.Int64:
		return "whole number"
	}
	return "number"
}
