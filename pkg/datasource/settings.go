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

	"github.com/prometheus/common/model"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/store"
)

// identity is what `$instance` stands for.
var identity = []string{"cluster", "node"}

// jsonData is what Grafana keeps of the settings, credentials aside; the shape is src/settings.ts.
// What is missing has a default.
type jsonData struct {
	Mode           string           `json:"mode"`
	Targets        []targetSettings `json:"targets"`
	ScrapeInterval string           `json:"scrapeInterval"`
	ScrapeTimeout  string           `json:"scrapeTimeout"`
	History        struct {
		Hours     float64 `json:"hours"`
		Megabytes float64 `json:"megabytes"`
	} `json:"history"`
	Limits struct {
		BodyBytes        int64  `json:"bodyBytes"`
		SamplesPerScrape int    `json:"samplesPerScrape"`
		LabelLength      int    `json:"labelLength"`
		SamplesPerQuery  int    `json:"samplesPerQuery"`
		QueryTimeout     string `json:"queryTimeout"`
	} `json:"limits"`
	Expected map[string]string `json:"expected"`
	Store    storeSettings     `json:"store"`
	Live     struct {
		MinInterval string `json:"minInterval"`
		Viewers     bool   `json:"viewers"`
	} `json:"live"`
	OAuthPassThru bool     `json:"oauthPassThru"`
	KeepCookies   []string `json:"keepCookies"`
}

// defaults must be those of src/settings.ts; a test compares them.
func defaults() jsonData {
	d := jsonData{Mode: "endpoints", ScrapeInterval: "15s", ScrapeTimeout: "10s"}
	d.History.Hours = 24
	d.History.Megabytes = 512
	d.Limits.BodyBytes = 16 * 1024 * 1024
	d.Limits.SamplesPerScrape = 20_000
	d.Limits.LabelLength = 1024
	d.Limits.SamplesPerQuery = 50_000_000
	d.Limits.QueryTimeout = "30s"
	d.Live.MinInterval = "1s"
	d.Store.Identity = []string{"instance"}
	d.Store.Method = "POST"
	d.Store.TenantHeader = "X-Scope-OrgID"
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
	samplesPerQuery   int
	queryTimeout      time.Duration
	live              liveSettings
	// store is set in store mode; the targets are only exported then.
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
	var p problems
	s := settings{
		interval:        p.duration("scrapeInterval", d.ScrapeInterval),
		timeout:         p.duration("scrapeTimeout", d.ScrapeTimeout),
		queryTimeout:    p.duration("limits.queryTimeout", d.Limits.QueryTimeout),
		retention:       time.Duration(d.History.Hours * float64(time.Hour)),
		historyBytes:    int64(d.History.Megabytes * 1024 * 1024),
		samplesPerQuery: d.Limits.SamplesPerQuery,
		limits: scrape.Limits{
			BodySizeLimit: d.Limits.BodyBytes, SampleLimit: d.Limits.SamplesPerScrape, LabelLengthLimit: d.Limits.LabelLength,
		},
	}
	s.timeout = min(s.timeout, s.interval)
	if s.interval > 0 && (s.interval < shortestInterval || s.interval > longestInterval) {
		p.add("scrapeInterval is %s: expected between 1s and 2m30s, so that two scrapes lie within PromQL's look-back of 5 minutes", d.ScrapeInterval)
	}
	s.live = d.liveSettings(&p)
	p.positive("history.hours", d.History.Hours)
	p.positive("history.megabytes", d.History.Megabytes)
	p.positive("limits.bodyBytes", float64(d.Limits.BodyBytes))
	p.positive("limits.samplesPerScrape", float64(d.Limits.SamplesPerScrape))
	p.positive("limits.labelLength", float64(d.Limits.LabelLength))
	p.positive("limits.samplesPerQuery", float64(d.Limits.SamplesPerQuery))
	s.pinned = pinned(&p, d.Expected, catalogue.Baselines)
	switch d.Mode {
	case "", "endpoints":
		for i, t := range d.Targets {
			s.targets = append(s.targets, t.config(&p, fmt.Sprintf("targets[%d]", i), catalogue.TargetGauges, pinnedGauges(s.pinned, catalogue.Baselines)))
		}
		s.targetLabels = targetLabels(s.targets)
	case "store":
		var unread problems // they are kept, and exported, but not used
		for i, t := range d.Targets {
			s.targets = append(s.targets, t.config(&unread, fmt.Sprintf("targets[%d]", i), catalogue.TargetGauges, nil))
		}
		s.store = d.Store.config(&p, catalogue.TargetGauges)
		s.store.Gauges = append(s.store.Gauges, pinnedGauges(s.pinned, catalogue.Baselines)...)
		s.store.Interval, s.store.Timeout, s.store.MaxSamples = s.interval, s.queryTimeout, s.samplesPerQuery
	default:
		p.add("mode is %q: expected endpoints or store", d.Mode)
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
