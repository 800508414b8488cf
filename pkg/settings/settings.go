// Package settings reads the settings of a data source: it fills in defaults and reports every problem at once.
package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/alecthomas/units"
	"github.com/prometheus/common/model"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/contract"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/exposition"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/query"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/store"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// jsonData is the part of the settings that Grafana stores in plain text; src/settings.ts documents the fields.
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
		ResponseSizeLimit     string `json:"responseSizeLimit"`
		ResultCacheSize       string `json:"resultCacheSize"`
		MaxSamples            int    `json:"maxSamples"`
		QueryTimeout          string `json:"queryTimeout"`
		ExpressionSizeLimit   string `json:"expressionSizeLimit"`
		ExpressionDepthLimit  int    `json:"expressionDepthLimit"`
	} `json:"limits"`
	Baseline   map[string]string  `json:"baseline"`
	Prometheus prometheusSettings `json:"prometheus"`
	Live       struct {
		MinInterval  string `json:"minInterval"`
		AllowViewers bool   `json:"allowViewers"`
	} `json:"live"`
	Receiver      receiverSettings `json:"receiver"`
	Impact        impactSettings   `json:"impact"`
	OAuthPassThru bool             `json:"oauthPassThru"`
	KeepCookies   []string         `json:"keepCookies"`
}

// defaults returns the settings of the contract.
func defaults() (d jsonData) {
	if err := json.Unmarshal(contract.Load().Defaults, &d); err != nil {
		panic(fmt.Sprintf("the defaults built into the plugin cannot be read: %v", err))
	}
	return d
}

// Settings are checked and complete.
type Settings struct {
	Targets           []scrape.TargetConfig
	TargetLabels      []string            // sorted names, without the identity labels
	Baseline          map[string][]string // expected values by setting of the catalogue's baselines
	Interval, Timeout time.Duration
	Retention         time.Duration
	RetentionSize     int64
	Limits            scrape.Limits
	MaxSamples        int
	// ResultCacheSize is how many bytes of values are kept for other requests, in scrape mode.
	ResultCacheSize int64
	QueryTimeout    time.Duration
	Expressions     query.Bounds
	Live            Live
	Receiver        Receiver
	// ImpactExpressions are figures of the user's own.
	ImpactExpressions []ImpactExpression
	// Store is set in Prometheus mode. The targets are only exported then.
	Store *store.Config
}

// Parse reads jsonData. The error names every wrong setting, what was expected and what was found.
func Parse(raw json.RawMessage, catalogue *signals.Catalogue) (Settings, error) {
	d := defaults()
	if len(raw) > 0 {
		if err := json.Unmarshal(withoutEmpty(raw), &d); err != nil {
			return Settings{}, failure.JSONType(err)
		}
	}
	var p problems
	s := Settings{
		Interval:      p.duration("scrapeInterval", d.ScrapeInterval),
		Timeout:       p.duration("scrapeTimeout", d.ScrapeTimeout),
		QueryTimeout:  p.duration("limits.queryTimeout", d.Limits.QueryTimeout),
		Retention:     p.duration("retention.time", d.Retention.Time),
		RetentionSize: p.size("retention.size", d.Retention.Size),
		MaxSamples:    d.Limits.MaxSamples,

		ResultCacheSize: p.size("limits.resultCacheSize", d.Limits.ResultCacheSize),
		Limits: scrape.Limits{
			BodySizeLimit: p.size("limits.bodySizeLimit", d.Limits.BodySizeLimit), TargetLimit: d.Limits.TargetLimit,
			Limits: exposition.Limits{SampleLimit: d.Limits.SampleLimit, LabelValueLengthLimit: d.Limits.LabelValueLengthLimit, LabelLimit: d.Limits.LabelLimit},
		},
	}
	s.Expressions = query.Bounds{Size: p.size("limits.expressionSizeLimit", d.Limits.ExpressionSizeLimit), Depth: d.Limits.ExpressionDepthLimit}
	s.Timeout = min(s.Timeout, s.Interval)
	if s.Interval > 0 && (!within(contract.Load().Bounds.ScrapeIntervalMs, s.Interval)) {
		p.add("scrapeInterval is %s: expected between 1s and 2m30s, so that two scrapes lie within PromQL's look-back of 5 minutes", d.ScrapeInterval)
	}
	if b := contract.Load().Bounds.RetentionTimeMs; s.Retention > 0 && !within(b, s.Retention) {
		p.add("retention.time is %s: expected between 1m and 10y", d.Retention.Time)
	}
	s.Live = d.liveSettings(&p)
	s.Receiver = d.Receiver.read(&p, catalogue.Rules.Priorities)
	s.ImpactExpressions = d.Impact.read(&p, catalogue, s.Expressions, s.Interval, d.Mode != "prometheus")
	p.positive("limits.sampleLimit", float64(d.Limits.SampleLimit))
	p.positive("limits.labelValueLengthLimit", float64(d.Limits.LabelValueLengthLimit))
	p.positive("limits.labelLimit", float64(d.Limits.LabelLimit))
	p.positive("limits.targetLimit", float64(d.Limits.TargetLimit))
	p.positive("limits.maxSamples", float64(d.Limits.MaxSamples))
	p.positive("limits.expressionDepthLimit", float64(d.Limits.ExpressionDepthLimit))
	s.Baseline = readBaseline(&p, d.Baseline, catalogue.Baselines)
	switch d.Mode {
	case "", "scrape":
		for i, t := range d.Targets {
			s.Targets = append(s.Targets, t.config(&p, fmt.Sprintf("targets[%d]", i), catalogue.TargetGauges, baselineGauges(s.Baseline, catalogue.Baselines)))
		}
		s.TargetLabels = targetLabels(s.Targets)
	case "prometheus":
		var unread problems // the targets are only exported
		for i, t := range d.Targets {
			s.Targets = append(s.Targets, t.config(&unread, fmt.Sprintf("targets[%d]", i), catalogue.TargetGauges, nil))
		}
		s.Store = d.Prometheus.config(&p, catalogue.TargetGauges)
		s.Store.Gauges = append(s.Store.Gauges, baselineGauges(s.Baseline, catalogue.Baselines)...)
		s.Store.Interval, s.Store.Timeout, s.Store.MaxSamples = s.Interval, s.QueryTimeout, s.MaxSamples
		s.Store.MaxResponseBytes = p.size("limits.responseSizeLimit", d.Limits.ResponseSizeLimit)
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

// withoutEmpty removes fields with an empty string at any depth. An empty field of the editor, or an unset variable in a
// provisioning file, means the default, also where a number or a list is expected.
func withoutEmpty(raw json.RawMessage) json.RawMessage {
	var value any
	if json.Unmarshal(raw, &value) != nil {
		return raw
	}
	out, err := json.Marshal(dropEmpty(value))
	if err != nil {
		return raw
	}
	return out
}

func dropEmpty(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, field := range v {
			if field == "" {
				delete(v, key)
			} else {
				v[key] = dropEmpty(field)
			}
		}
	case []any:
		for i := range v {
			v[i] = dropEmpty(v[i])
		}
	}
	return value
}

// within reports whether a duration is within bounds in milliseconds.
func within(b contract.Bounds, d time.Duration) bool {
	return d >= time.Duration(b.Min)*time.Millisecond && d <= time.Duration(b.Max)*time.Millisecond
}

// targetLabels returns the sorted names of the labels that the settings add to targets, without the identity labels.
func targetLabels(targets []scrape.TargetConfig) []string {
	names := map[string]bool{}
	for _, t := range targets {
		for name := range t.Labels {
			names[name] = !slices.Contains(target.IdentityLabels, name)
		}
	}
	maps.DeleteFunc(names, func(_ string, own bool) bool { return !own })
	return slices.Sorted(maps.Keys(names))
}

// problems collects errors, so that users see all of them at once.
type problems []error

func (p *problems) add(format string, values ...any) { *p = append(*p, fmt.Errorf(format, values...)) }

func (p *problems) duration(setting, text string) time.Duration {
	d, err := model.ParseDuration(text)
	if err != nil || d <= 0 {
		p.add("%s is %q: expected a duration such as 15s or 1m", setting, text)
	}
	return time.Duration(d)
}

// size parses a size in Prometheus's notation, such as 512MB. Units are powers of 1024.
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
