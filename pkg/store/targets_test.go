package store

import (
	"fmt"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi/promapitest"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// summary lists what the tests compare.
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
	f := newEngine(t, twoJobs, nil)
	s := f.store(t)
	s.now = func() time.Time { return promapitest.TimeAt(1500 * time.Second) }
	require.NoError(t, s.Ready(t.Context()))
	require.Len(t, f.Requests, 2, "for the jobs, and for what depends on them")
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
	require.Equal(t, "The Prometheus server last scraped it at 00:15 UTC and no longer has it as a target: its pod is gone or not ready, possibly in a crash loop. It stays listed for one hour.", all[2].Message)
	require.Equal(t, promapitest.TimeAt(1455*time.Second), all[4].FirstScrape.UTC().Local(), "derived from the number of scrapes")
}

// In a job with other targets, a Falco is only recognised by its metrics.
func TestTargetsOfMixedJob(t *testing.T) {
	s := newEngine(t, `
load 15s
  up{job="pods", instance="a:1"} 1x100
  up{job="pods", instance="other:1"} 1x100
  up{job="pods", instance="never:1"} 0x100
  falcosecurity_falco_version_info{job="pods", instance="a:1", version="0.44.1"} 1x100
`, nil).store(t)
	s.now = func() time.Time { return promapitest.TimeAt(1500 * time.Second) }
	require.NoError(t, s.Ready(t.Context()))
	require.Equal(t, []string{`falco {node="a:1"} at a:1 of pods: up map[version:0.44.1], 60 scrapes, 1 metrics`}, summary(s.Targets()))
	require.Equal(t, map[string][]string{"falcosidekick": nil}, s.targets.jobs)
}

func TestDuplicateTargets(t *testing.T) {
	s := newEngine(t, `
load 15s
  up{job="a", instance="1:1", node="n"} 1x100
  up{job="b", instance="1:1", node="n"} 1x100
  falcosecurity_falco_version_info{job="a", instance="1:1", node="n", version="0.44.1"} 1x100
  falcosecurity_falco_version_info{job="b", instance="1:1", node="n", version="0.44.1"} 1x100
`, nil).store(t, func(c *Config) { c.Identity = Identity{"node"} })
	s.now = func() time.Time { return promapitest.TimeAt(1500 * time.Second) }
	require.NoError(t, s.Ready(t.Context()))
	require.Equal(t, target.Duplicate, s.Targets()[1].State)
	require.Equal(t, `The Prometheus server has n twice, in the jobs a and b, so its figures are added up. Select one job with prometheus.matchers, such as job="a", or add a label to prometheus.identityLabels.`, s.Targets()[1].Message)
}

// After Prometheus stops scraping, its last samples stay visible for five minutes.
func TestSilence(t *testing.T) {
	s := newEngine(t, `
load 15s
  up{job="falco", instance="a:1"} 1x100
  falcosecurity_falco_version_info{job="falco", instance="a:1", version="0.44.1"} 1x100
`, nil).store(t)
	s.now = func() time.Time { return promapitest.TimeAt(1620 * time.Second) }
	require.NoError(t, s.Ready(t.Context()))
	require.Equal(t, target.Down, s.Targets()[0].State)
	require.Equal(t, "The Prometheus server has no sample of the last 60s: it has stopped scraping, or remote write is delayed.", s.Targets()[0].Message)
}

// The list of targets is kept while the server is unavailable, and refreshed afterwards.
func TestReadyWhileUnavailable(t *testing.T) {
	f := newEngine(t, twoJobs, nil)
	good := f.Respond
	f.Respond = promapitest.Always(503, "")
	s := f.store(t)
	s.now = func() time.Time { return promapitest.TimeAt(1500 * time.Second) }
	require.EqualError(t, s.Ready(t.Context()), "The Prometheus server answered 503 Service Unavailable: it is starting or overloaded, or a proxy cannot reach it. It gave no reason.")
	f.Respond = good
	require.NoError(t, s.Ready(t.Context()))
	require.Len(t, s.Targets(), 6)

	f.Respond = func(string, url.Values) (int, string) { return 503, "" }
	s.now = func() time.Time { return promapitest.TimeAt(1600 * time.Second) }
	require.NoError(t, s.Ready(t.Context()))
	require.Len(t, s.Targets(), 6)
	since, why := s.TargetsOutdated()
	require.Equal(t, promapitest.TimeAt(1500*time.Second), since)
	require.EqualError(t, why, "The Prometheus server answered 503 Service Unavailable: it is starting or overloaded, or a proxy cannot reach it. It gave no reason.")

	f.Respond = good
	require.NoError(t, s.Ready(t.Context()))
	since, _ = s.TargetsOutdated()
	require.Zero(t, since)
}

// "No Falco" is not repeated once a server has one, although the refresh that found none took a loaded server long.
func TestReadyAfterNoTarget(t *testing.T) {
	f := newEngine(t, twoJobs, nil)
	good := f.Respond
	var passed atomic.Int64 // seconds
	f.Respond = func(string, url.Values) (int, string) {
		passed.Add(4)
		return 200, promapitest.Vector()
	}
	s := f.store(t)
	s.now = func() time.Time { return promapitest.TimeAt(time.Duration(1400+passed.Load()) * time.Second) }
	require.NoError(t, s.Ready(t.Context()))
	require.Empty(t, s.Targets())
	took := passed.Load()
	require.Greater(t, took, int64(5))

	f.Respond = good
	passed.Add(2*took + 1)
	require.NoError(t, s.Ready(t.Context()))
	require.NotEmpty(t, s.Targets())
}

// A Falcosidekick that is scraped before the Falcos does not delay them either.
func TestReadyAfterNoFalco(t *testing.T) {
	f := newEngine(t, `
load 15s
  up{job="sidekick", instance="s:1"} 1x110
  falcosecurity_falcosidekick_inputs_total{job="sidekick", instance="s:1", status="accepted"} 0+1x110
  up{job="falco", instance="a:1"} _x94 1x15
  falcosecurity_falco_version_info{job="falco", instance="a:1", version="0.44.1"} _x94 1x15
`, nil)
	engine := f.Respond
	var passed atomic.Int64 // seconds
	f.Respond = func(path string, p url.Values) (int, string) {
		passed.Add(3)
		return engine(path, p)
	}
	s := f.store(t)
	s.now = func() time.Time { return promapitest.TimeAt(time.Duration(1395+passed.Load()) * time.Second) }
	require.NoError(t, s.Ready(t.Context()))
	require.Len(t, s.Targets(), 1)
	took := passed.Load()
	require.Greater(t, took, int64(3)) // so that a list with Falcos is kept for more than a minute

	passed.Add(max(int64(minTargetsAge/time.Second), 2*took) + 1)
	require.NoError(t, s.Ready(t.Context()))
	require.Len(t, s.Targets(), 2)
}

// The first query after a pause waits for a current list of targets.
func TestReadyAfterAPause(t *testing.T) {
	s := newEngine(t, `
load 15s
  up{job="falco", instance="a:1"} 1x110
  up{job="falco", instance="b:1"} 1x102 stale
  falcosecurity_falco_version_info{job="falco", instance="a:1", version="0.44.1"} 1x110
  falcosecurity_falco_version_info{job="falco", instance="b:1", version="0.44.1"} 1x102 stale
`, nil).store(t)
	for i, want := range []target.State{target.Up, target.Gone} {
		s.now = func() time.Time { return promapitest.TimeAt(1500*time.Second + time.Duration(i)*75*time.Second) }
		require.NoError(t, s.Ready(t.Context()))
		require.Equal(t, want, s.Targets()[1].State)
		require.Zero(t, s.Targets()[1].LastScrape, "the plugin does not query it")
	}
}
