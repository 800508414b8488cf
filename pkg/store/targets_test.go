package store

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// summary says of each target what matters.
func summary(all []target.Status) (out []string) {
	for _, t := range all {
		out = append(out, fmt.Sprintf("%s %s at %s of %s: %s %v, %d scrapes, %d metrics", t.Kind, t.Labels, t.Address, t.Configured, t.State, t.Facts, t.Scrapes, len(t.Metrics)))
	}
	return out
}

const twoJobs = `
load 15s
  up{job="falco", instance="a:1"} 1x100
  up{job="falco", instance="b:1"} 1x80 0x19
  up{job="falco", instance="never:1"} 0x100
  up{job="falco", instance="new:1"} _x97 1x2
  up{job="node", instance="a:2"} 1x100
  up{job="sidekick", instance="s:1"} 1x100
  falcosecurity_falco_version_info{job="falco", instance="a:1", version="0.44.1"} 1x100
  falcosecurity_falco_version_info{job="falco", instance="b:1", version="0.43.0"} 1x40 stale
  falcosecurity_falco_version_info{job="falco", instance="b:1", version="0.44.0"} _x41 1x39 stale
  falcosecurity_falco_version_info{job="falco", instance="gone:1", version="0.44.0"} 1x60 stale
  falcosecurity_falco_version_info{job="falco", instance="new:1", version="0.44.1"} _x97 1x2
  falcosecurity_scap_engine_name_info{job="falco", instance="a:1", engine_name="source_plugin"} 1x100
  falcosecurity_scap_engine_name_info{job="falco", instance="a:1", engine_name="kmod"} 1x100
  falcosecurity_scap_n_evts_total{job="falco", instance="a:1"} 0+1x100
  falcosecurity_scap_unheard_of{job="falco", instance="a:1"} 1x100
  falcosecurity_falcosidekick_inputs_total{job="sidekick", instance="s:1", status="accepted"} 0+1x100
`

func TestTargets(t *testing.T) {
	s := newEngine(t, twoJobs, nil).store(t)
	s.now = func() time.Time { return after(1500 * time.Second) }
	require.NoError(t, s.Ready(t.Context()))
	require.Equal(t, []string{
		`falco {node="a:1"} at a:1 of falco: up map[engine:kmod version:0.44.1], 60 scrapes, 3 metrics`,
		`falco {node="b:1"} at b:1 of falco: down map[version:0.44.0], 40 scrapes, 0 metrics`,
		`falco {node="gone:1"} at gone:1 of falco: vanished map[version:0.44.0], 0 scrapes, 0 metrics`,
		`falco {node="never:1"} at never:1 of falco: down map[], 0 scrapes, 0 metrics`,
		`falco {node="new:1"} at new:1 of falco: up map[version:0.44.1], 3 scrapes, 1 metrics`,
		`falcosidekick {kind="falcosidekick", node="s:1"} at s:1 of sidekick: up map[], 60 scrapes, 1 metrics`,
	}, summary(s.Targets()))
	require.Equal(t, map[string][]string{"falco": {"falco"}, "falcosidekick": {"sidekick"}}, s.targets.jobs)
	all := s.Targets()
	require.Equal(t, "It was last seen at 00:15 UTC, and is no target of the store's scraper any more: its pod has gone or is not ready (a crash loop?). It is told here for one hour.", all[2].Message)
	require.Equal(t, after(1455*time.Second), all[4].FirstScrape.UTC().Local(), "as far as the scrapes tell")
}

// Where Falco's job has other targets, too, each has to show what it is.
func TestTargetsOfAMixedJob(t *testing.T) {
	s := newEngine(t, `
load 15s
  up{job="pods", instance="a:1"} 1x100
  up{job="pods", instance="other:1"} 1x100
  up{job="pods", instance="never:1"} 0x100
  falcosecurity_falco_version_info{job="pods", instance="a:1", version="0.44.1"} 1x100
`, nil).store(t)
	s.now = func() time.Time { return after(1500 * time.Second) }
	require.NoError(t, s.Ready(t.Context()))
	require.Equal(t, []string{`falco {node="a:1"} at a:1 of pods: up map[version:0.44.1], 60 scrapes, 1 metrics`}, summary(s.Targets()))
	require.Equal(t, map[string][]string{"falcosidekick": nil}, s.targets.jobs)
}

func TestTargetsThatAreStoredTwice(t *testing.T) {
	s := newEngine(t, `
load 15s
  up{job="a", instance="1:1", node="n"} 1x100
  up{job="b", instance="1:1", node="n"} 1x100
  falcosecurity_falco_version_info{job="a", instance="1:1", node="n", version="0.44.1"} 1x100
  falcosecurity_falco_version_info{job="b", instance="1:1", node="n", version="0.44.1"} 1x100
`, nil).store(t, func(c *Config) { c.Identity = Identity{"node"} })
	s.now = func() time.Time { return after(1500 * time.Second) }
	require.NoError(t, s.Ready(t.Context()))
	require.Equal(t, target.Duplicate, s.Targets()[1].State)
	require.Equal(t, `The store has n twice, of the jobs a and b: its figures are added up. Let store.matchers name one job, such as job="a", or add to store.identity.`, s.Targets()[1].Message)
}

// A scraper that has stopped leaves what it last wrote for five minutes.
func TestSilence(t *testing.T) {
	s := newEngine(t, `
load 15s
  up{job="falco", instance="a:1"} 1x100
  falcosecurity_falco_version_info{job="falco", instance="a:1", version="0.44.1"} 1x100
`, nil).store(t)
	s.now = func() time.Time { return after(1620 * time.Second) }
	require.NoError(t, s.Ready(t.Context()))
	require.Equal(t, target.Down, s.Targets()[0].State)
	require.Equal(t, "No sample for 60s: whoever scrapes for the store has stopped, or its remote write lags behind.", s.Targets()[0].Message)
}

// What was known stays while the store is away, and is brought up to date when it is back.
func TestReadyWhileTheStoreIsAway(t *testing.T) {
	f := newEngine(t, twoJobs, nil)
	good := f.answer
	f.answer = one(503, "")
	s := f.store(t)
	s.now = func() time.Time { return after(1500 * time.Second) }
	require.EqualError(t, s.Ready(t.Context()), "The store answered 503 Service Unavailable: it is starting, overloaded, or a proxy before it cannot reach it. It gave no reason.")
	f.answer = good
	require.NoError(t, s.Ready(t.Context()))
	require.Len(t, s.Targets(), 6)

	f.answer = func(string, url.Values) (int, string) { return 503, "" }
	s.now = func() time.Time { return after(1600 * time.Second) }
	require.NoError(t, s.Ready(t.Context()))
	require.Len(t, s.Targets(), 6)
	since, why := s.Outdated()
	require.Equal(t, after(1500*time.Second), since)
	require.EqualError(t, why, "The store answered 503 Service Unavailable: it is starting, overloaded, or a proxy before it cannot reach it. It gave no reason.")

	f.answer = good
	require.NoError(t, s.Ready(t.Context()))
	since, _ = s.Outdated()
	require.Zero(t, since)
}

// Who asks after a pause is told of the targets as they are, not as they were before it.
func TestReadyAfterAPause(t *testing.T) {
	s := newEngine(t, `
load 15s
  up{job="falco", instance="a:1"} 1x110
  up{job="falco", instance="b:1"} 1x102 stale
  falcosecurity_falco_version_info{job="falco", instance="a:1", version="0.44.1"} 1x110
  falcosecurity_falco_version_info{job="falco", instance="b:1", version="0.44.1"} 1x102 stale
`, nil).store(t)
	for i, want := range []target.State{target.Up, target.Gone} {
		s.now = func() time.Time { return after(1500*time.Second + time.Duration(i)*75*time.Second) }
		require.NoError(t, s.Ready(t.Context()))
		require.Equal(t, want, s.Targets()[1].State)
		require.Zero(t, s.Targets()[1].LastScrape, "that is not looked up")
	}
}
