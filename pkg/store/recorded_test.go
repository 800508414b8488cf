package store

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi/promapitest"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

const (
	lifetime = "falcosecurity_falco_cpu_usage_ratio"
	rule     = "instance:falco_cpu_usage_since_start_ratio:value_v1"
)

// executed returns the expression that is sent for a signal that a rule records.
func executed(t *testing.T, script string, filters []signals.Filter, start, end time.Duration, change ...func(*Config)) string {
	t.Helper()
	s := newEngine(t, script, nil).store(t, change...)
	s.now = func() time.Time { return promapitest.TimeAt(6000 * time.Second) }
	return evaluateSignal(t, s, filters, promapi.Query{Start: promapitest.TimeAt(start), End: promapitest.TimeAt(end), Step: time.Minute}).Executed
}

// evaluateSignal evaluates that signal.
func evaluateSignal(t *testing.T, s *Store, filters []signals.Filter, q promapi.Query) Result {
	t.Helper()
	c := signals.Load()
	signal, err := c.Signal("cpu-usage-since-start-ratio")
	require.NoError(t, err)
	q.Expr, _, err = c.Compile(signal, nil, filters, "", signals.CompileOptions{Identity: []string{"cluster", "node"}, ScrapeInterval: 15 * time.Second})
	require.NoError(t, err)
	result, err := s.Evaluate(t.Context(), q)
	require.NoError(t, err)
	return result
}

// recordedBy returns the expression for the recorded series with an identity and matchers.
func recordedBy(identity, matchers string) string {
	selector := `{__name__="` + rule + `"` + matchers + "}"
	return fmt.Sprintf("max by (%s) (%s and timestamp(%s) >= time() - 180)", identity, selector, selector)
}

const plain = "max by (instance) (" + lifetime + ")"

func TestRecordingRules(t *testing.T) {
	good := "load 60s\n  " + lifetime + `{instance="a"} 1+1x100` + "\n  " + rule + `{instance="a"} 1+1x100` + "\n"
	hour, now := 2400*time.Second, 6000*time.Second

	require.Equal(t, recordedBy("instance", ""), executed(t, good, nil, hour, now))
	require.Equal(t, recordedBy("instance", `,instance=~"a|b"`),
		executed(t, good, []signals.Filter{{Key: "node", Operator: "=~", Value: "a|b"}}, hour, now), "the filters of the signal apply")
	require.Equal(t, recordedBy("cluster, instance", ""), executed(t, good, nil, hour, now, func(c *Config) { c.Identity = Identity{"cluster", "instance"} }))

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

// The series of a rule end at once when the rule is removed, so an earlier verification is no longer valid.
func TestRemovedRecordingRules(t *testing.T) {
	for name, series := range map[string]struct {
		a, b string
	}{
		"all end":         {"1x94 stale", "1x94 stale"},
		"one ends":        {"1x94 stale", "1x100"},
		"no more samples": {"1x94", "1x94"},
	} {
		s := newEngine(t, "load 60s\n  "+lifetime+`{instance="a"} 1x100`+"\n  "+lifetime+`{instance="b"} 1x100`+"\n  "+
			rule+`{instance="a"} `+series.a+"\n  "+rule+`{instance="b"} `+series.b+"\n", nil).store(t)
		ask := func(now time.Duration, step time.Duration, filters ...signals.Filter) Result {
			s.now = func() time.Time { return promapitest.TimeAt(now) }
			return evaluateSignal(t, s, filters, promapi.Query{Start: promapitest.TimeAt(now - 10*step), End: promapitest.TimeAt(now), Step: step})
		}
		good, gone := 5640*time.Second, 5880*time.Second // four minutes later
		a := signals.Filter{Key: "node", Operator: "=", Value: "a"}
		require.Equal(t, recordedBy("instance", ""), ask(good, 0).Executed, name)
		require.Equal(t, recordedBy("instance", `,instance="a"`), ask(good, 0, a).Executed, name)
		require.NotContains(t, ask(good, 0, signals.Filter{Key: "node", Operator: "=", Value: "c"}).Executed, rule, "there is no recorded series for this node")

		result := ask(gone, 0)
		require.Equal(t, plain, result.Executed, name)
		require.Len(t, result.Value, 2, name)
		require.Empty(t, s.recorded.verifications, "the rule is verified again")
		require.Equal(t, plain, ask(gone, time.Minute).Executed, name)
	}
}

// Recorded series do not change between two evaluations, so they are too coarse for small steps.
func TestSmallStepsAreNotRecorded(t *testing.T) {
	s := newEngine(t, "load 60s\n  "+lifetime+`{instance="a"} 1+1x100`+"\n  "+rule+`{instance="a"} 1+1x100`+"\n", nil).store(t)
	s.now = func() time.Time { return promapitest.TimeAt(6000 * time.Second) }
	q := promapi.Query{Start: promapitest.TimeAt(5400 * time.Second), End: promapitest.TimeAt(6000 * time.Second), Step: 15 * time.Second}
	require.Equal(t, plain, evaluateSignal(t, s, nil, q).Executed)
	q.Step = time.Minute
	require.Equal(t, recordedBy("instance", ""), evaluateSignal(t, s, nil, q).Executed)
}

// The panels of a dashboard query at the same time and share one verification.
func TestVerificationIsShared(t *testing.T) {
	f := newEngine(t, "load 60s\n  "+lifetime+`{instance="a"} 1+1x100`+"\n  "+rule+`{instance="a"} 1+1x100`+"\n", nil)
	s := f.store(t)
	s.now = func() time.Time { return promapitest.TimeAt(6000 * time.Second) }
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			evaluateSignal(t, s, nil, promapi.Query{Start: promapitest.TimeAt(6000 * time.Second), End: promapitest.TimeAt(6000 * time.Second)})
		})
	}
	all.Wait()
	times, gaps := 0, 0
	for _, a := range f.Requests {
		if strings.HasPrefix(a.Parameters.Get("query"), "max(timestamp(") {
			times++
		}
		if a.Path == "query_range" {
			gaps++
		}
	}
	require.Equal(t, []int{1, 1, 4 + 1}, []int{times, gaps, len(f.Requests)})
}
