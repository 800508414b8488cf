package store

import (
	"fmt"
	"math"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi/promapitest"
)

const (
	events    = "falcosecurity_scap_n_evts_total"
	startTime = "falcosecurity_falco_start_timestamp_nanoseconds"
	reload    = "falcosecurity_falco_reload_timestamp_nanoseconds"
)

// counter writes a series of 10 000 events/s at 15 s. change gets the number of a sample and its value.
func counter(name, instance string, samples int, change func(i int, value float64) float64) string {
	var values []string
	for i := range samples {
		values = append(values, fmt.Sprintf("%.0f", change(i, 9e6+float64(i)*150_000)))
	}
	return fmt.Sprintf("  %s{job=\"falco\", instance=%q} %s\n", name, instance, strings.Join(values, " "))
}

func fleetWithDips(samples int, dips ...int) string {
	same := func(_ int, value float64) float64 { return value }
	return "load 15s\n" +
		counter(events, "a", samples, func(i int, value float64) float64 {
			for _, dip := range dips {
				if i == dip {
					return value / 4
				}
			}
			return value
		}) + counter(events, "b", samples, same) +
		fmt.Sprintf("  %s{job=\"falco\", instance=\"a\"} 1e18x%d\n  %s{job=\"falco\", instance=\"b\"} 1e18x%d\n", startTime, samples, startTime, samples)
}

const eventRate = `sum by (cluster, node) (rate(falcosecurity_scap_n_evts_total[1m]))`

func forgetDips(s *Store) {
	s.dips.mu.Lock()
	defer s.dips.mu.Unlock()
	s.dips.past, s.dips.recent, s.dips.searched, s.dips.recentUntil = nil, nil, time.Time{}, time.Time{}
}

// A counter that falls and returns without a restart changes no rate, whenever it is evaluated.
func TestRatesLeaveDipsOut(t *testing.T) {
	server := newEngine(t, fleetWithDips(400, 100, 200, 201, 300), nil)
	s := server.store(t)
	for at := 25 * time.Minute; at <= 99*time.Minute; at += 15 * time.Second {
		for _, phase := range []time.Duration{0, 7 * time.Second} {
			now := promapitest.TimeAt(at + phase)
			s.now = func() time.Time { return now }
			forgetDips(s)
			result, err := s.Evaluate(t.Context(), promapi.Query{Expr: eventRate, Start: now, End: now})
			require.NoError(t, err)
			require.Len(t, result.Value, 2, at)
			for _, sample := range result.Value.(promql.Vector) {
				require.InEpsilon(t, 10_000, sample.F, 0.05, "%s at %s", sample.Metric, at+phase)
			}
		}
	}
	result, err := s.Evaluate(t.Context(), promapi.Query{Expr: eventRate, Start: promapitest.TimeAt(10 * time.Minute), End: promapitest.TimeAt(99 * time.Minute), Step: 15 * time.Second})
	require.NoError(t, err)
	for _, series := range result.Value.(promql.Matrix) {
		require.Len(t, series.Floats, 357)
		for _, p := range series.Floats {
			require.InEpsilon(t, 10_000, p.F, 0.05, "%s at %d", series.Metric, p.T)
		}
	}
	nodes := map[string]bool{}
	for _, dip := range result.Dips {
		nodes[dip.Node] = true
	}
	require.Equal(t, map[string]bool{"a": true}, nodes)
}

// The first scrapes of a target may contain a dip as well.
func TestDipInAShortHistory(t *testing.T) {
	s := newEngine(t, fleetWithDips(4, 1), nil).store(t)
	for _, at := range []time.Duration{30 * time.Second, 45 * time.Second} {
		s.now = func() time.Time { return promapitest.TimeAt(at) }
		forgetDips(s)
		result, err := s.Evaluate(t.Context(), promapi.Query{Expr: `rate(falcosecurity_scap_n_evts_total{node="a"}[1m])`, Start: promapitest.TimeAt(at), End: promapitest.TimeAt(at)})
		require.NoError(t, err)
		require.InEpsilon(t, 10_000, result.Value.(promql.Vector)[0].F, 0.05)
	}
}

func TestIncreasesLeaveDipsOut(t *testing.T) {
	s := newEngine(t, fleetWithDips(400, 100, 200), nil).store(t)
	s.now = func() time.Time { return promapitest.TimeAt(3600 * time.Second) }
	result, err := s.Evaluate(t.Context(), promapi.Query{Expr: `increase(falcosecurity_scap_n_evts_total[5m])`, Start: promapitest.TimeAt(20 * time.Minute), End: promapitest.TimeAt(time.Hour), Step: 15 * time.Second})
	require.NoError(t, err)
	for _, series := range result.Value.(promql.Matrix) {
		for _, p := range series.Floats {
			require.InEpsilon(t, 3e6, p.F, 0.05, "%s at %d", series.Metric, p.T)
		}
	}
}

// Restarts and reloads are resets: their rates stay those of PromQL.
func TestResetsAreNoDips(t *testing.T) {
	for name, change := range map[string]string{
		"restart":            fmt.Sprintf("  %s{job=\"falco\", instance=\"a\"} 1e18x99 2e18x20\n", startTime),
		"reload":             fmt.Sprintf("  %s{job=\"falco\", instance=\"a\"} 1e18x120\n  %s{job=\"falco\", instance=\"a\"} 1e18x99 2e18x20\n", startTime, reload),
		"no time of a start": "",
	} {
		t.Run(name, func(t *testing.T) {
			script := "load 15s\n" + counter(events, "a", 120, func(i int, value float64) float64 {
				if i >= 100 {
					return float64(i-100) * 150_000
				}
				return value
			}) + change
			s := newEngine(t, script, nil).store(t)
			s.now = func() time.Time { return promapitest.TimeAt(1530 * time.Second) }
			result, err := s.Evaluate(t.Context(), promapi.Query{Expr: eventRate, Start: s.now(), End: s.now()})
			require.NoError(t, err)
			require.Equal(t, "sum by (instance) (rate(falcosecurity_scap_n_evts_total[1m]))", result.Executed)
			require.Empty(t, result.Dips)
		})
	}
}

// Without dips in their range, expressions stay as they are, and the panels of a dashboard share one search.
func TestSearchForDipsIsShared(t *testing.T) {
	server := newEngine(t, fleetWithDips(400, 100), nil)
	s := server.store(t)
	s.now = func() time.Time { return promapitest.TimeAt(5985 * time.Second) }
	for range 5 {
		result, err := s.Evaluate(t.Context(), promapi.Query{Expr: eventRate, Start: promapitest.TimeAt(4000 * time.Second), End: promapitest.TimeAt(5985 * time.Second), Step: time.Minute})
		require.NoError(t, err)
		require.Equal(t, "sum by (instance) (rate(falcosecurity_scap_n_evts_total[1m]))", result.Executed)
	}
	require.Len(t, server.Requests, 3, "two for the search")
	s.now = func() time.Time { return promapitest.TimeAt(5995 * time.Second) }
	_, err := s.Evaluate(t.Context(), promapi.Query{Expr: eventRate, Start: promapitest.TimeAt(4000 * time.Second), End: promapitest.TimeAt(5985 * time.Second), Step: time.Minute})
	require.NoError(t, err)
	require.Len(t, server.Requests, 4, "the past is not searched again")

	filtered, err := s.Evaluate(t.Context(), promapi.Query{Expr: `rate(falcosecurity_scap_n_evts_total{node="b"}[1m])`, Start: promapitest.TimeAt(1000 * time.Second), End: promapitest.TimeAt(5985 * time.Second), Step: time.Minute})
	require.NoError(t, err)
	require.Empty(t, filtered.Dips, "of another node")
	offset, err := s.Evaluate(t.Context(), promapi.Query{Expr: `max_over_time(rate(falcosecurity_scap_n_evts_total[1m] offset 10m)[10m:1m])`, Start: promapitest.TimeAt(2700 * time.Second), End: promapitest.TimeAt(2700 * time.Second)})
	require.NoError(t, err)
	require.NotEmpty(t, offset.Dips, "read through an offset and a subquery")
	for _, sample := range offset.Value.(promql.Vector) {
		require.InEpsilon(t, 10_000, sample.F, 0.05)
	}
}

// A server that does not answer the search delays no query for long, and is not asked again at once.
func TestSearchForDipsFails(t *testing.T) {
	server := newFakeServer(t, nil)
	server.Respond = func(_ string, p url.Values) (int, string) {
		if strings.Contains(p.Get("query"), "resets(") {
			return 503, ""
		}
		return 200, promapitest.Vector(`{"instance": "a"} 1`)
	}
	s := server.store(t)
	for range 3 {
		result, err := s.Evaluate(t.Context(), promapi.Query{Expr: eventRate, Start: promapitest.Noon, End: promapitest.Noon})
		require.NoError(t, err)
		require.Empty(t, result.Dips)
		require.False(t, math.IsNaN(result.Value.(promql.Vector)[0].F))
	}
	require.Len(t, server.Requests, 2)
}
