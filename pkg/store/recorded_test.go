package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

const (
	lifetime = "falcosecurity_falco_cpu_usage_ratio"
	rule     = "instance:falco_cpu_usage_lifetime:value_v1"
)

// executed is what is sent for a signal that a rule records.
func executed(t *testing.T, script string, filters []signals.Filter, start, end time.Duration, change ...func(*Config)) string {
	t.Helper()
	s := newEngine(t, script, nil).store(t, change...)
	s.now = func() time.Time { return after(6000 * time.Second) }
	c := signals.Load()
	signal, err := c.Signal("cpu-usage-lifetime")
	require.NoError(t, err)
	expr, _, err := c.Compile(signal, nil, filters, "", signals.CompileOptions{Identity: []string{"cluster", "node"}, ScrapeInterval: 15 * time.Second})
	require.NoError(t, err)
	answer, err := s.Evaluate(t.Context(), Query{Expr: expr, Start: after(start), End: after(end), Step: time.Minute})
	require.NoError(t, err)
	return answer.Executed
}

func TestRecordedFigures(t *testing.T) {
	const plain = "max by (instance) (" + lifetime + ")"
	good := "load 60s\n  " + lifetime + `{instance="a"} 1+1x100` + "\n  " + rule + `{instance="a"} 1+1x100` + "\n"
	hour, now := 2400*time.Second, 6000*time.Second

	require.Equal(t, "max by (instance) ({__name__=\""+rule+"\"})", executed(t, good, nil, hour, now))
	require.Equal(t, "max by (instance) ({__name__=\""+rule+"\",instance=~\"a|b\"})",
		executed(t, good, []signals.Filter{{Key: "node", Operator: "=~", Value: "a|b"}}, hour, now), "filtered as the signal is")
	require.Equal(t, "max by (cluster, instance) ({__name__=\""+rule+"\"})", executed(t, good, nil, hour, now, func(c *Config) { c.Identity = Identity{"cluster", "instance"} }))

	for name, script := range map[string]string{
		"no rule":          "load 60s\n  " + lifetime + `{instance="a"} 1+1x100`,
		"one node missing": good + "  " + lifetime + `{instance="b"} 1x100`,
		"another value":    "load 60s\n  " + lifetime + `{instance="a"} 1+1x100` + "\n  " + rule + `{instance="a"} 2+1x100`,
		"out of date":      "load 60s\n  " + lifetime + `{instance="a"} 1x100` + "\n  " + rule + `{instance="a"} 1x96`,
		"begun later":      "load 60s\n  " + lifetime + `{instance="a"} 1x100` + "\n  " + rule + `{instance="a"} _x50 1x50`,
		"a gap":            "load 60s\n  " + lifetime + `{instance="a"} 1x100` + "\n  " + rule + `{instance="a"} 1x60 _x10 1x30`,
	} {
		require.Equal(t, plain, executed(t, script+"\n", nil, hour, now), name)
	}
	require.NotContains(t, executed(t, good, nil, hour, now, func(c *Config) { c.Identity = Identity{"node"} }), rule, "the rules record by instance")
}
