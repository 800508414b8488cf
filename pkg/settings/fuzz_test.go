package settings

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// Whatever the settings contain, they are refused, or every limit holds.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"", "{}", "null", "[]", `{"targets": [{"url": "node-1:8765", "kind": "falcosidekick", "labels": {"zone": "a"}, "memoryLimit": "512Mi", "cpuLimit": 0.5}]}`,
		`{"targets": [{"url": "http://u:p@falco", "discovery": "srv"}], "scrapeInterval": "1s", "scrapeTimeout": "1h", "retention": {"time": "10y", "size": "1EB"}}`,
		`{"limits": {"bodySizeLimit": "-1MB", "sampleLimit": 1e300, "maxSamples": 0, "queryTimeout": "292y", "expressionDepthLimit": 9007199254740993}}`,
		`{"mode": "prometheus", "prometheus": {"url": "http://prometheus:9090/select/0", "identityLabels": ["cluster", "node"], "matchers": "{job=~\"falco.*\"}"}}`,
		`{"baseline": {"version": "0.44.1", "rules": "abc, def"}, "live": {"minInterval": "0"}, "receiver": {"enabled": true, "rateLimit": "", "seriesLimit": 5}}`,
		`{"targets": [{"url": "\u0000"}, {"url": "[::1%25lo]:80", "threadTableSize": -5}], "oauthPassThru": true, "keepCookies": ["a"]}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Parse(text, signals.Load())
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		for name, value := range map[string]int64{
			"interval": int64(s.Interval), "timeout": int64(s.Timeout), "retention time": int64(s.Retention), "retention size": s.RetentionSize,
			"query timeout": int64(s.QueryTimeout), "samples": int64(s.MaxSamples), "expression size": s.Expressions.Size, "expression depth": int64(s.Expressions.Depth),
			"body": s.Limits.BodySizeLimit, "samples of a response": int64(s.Limits.SampleLimit), "characters": int64(s.Limits.LabelValueLengthLimit),
			"labels": int64(s.Limits.LabelLimit), "targets": int64(s.Limits.TargetLimit), "series of the receiver": int64(s.Receiver.SeriesLimit),
		} {
			require.Positive(t, value, name)
		}
		require.LessOrEqual(t, s.Timeout, s.Interval)
		require.Positive(t, s.Receiver.RateLimit)
	})
}
