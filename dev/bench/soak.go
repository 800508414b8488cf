package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"golang.org/x/sync/errgroup"

	"github.com/falco-metrics/falco-metrics-datasource/dev/bench/shipped"
	"github.com/falco-metrics/falco-metrics-datasource/dev/process"
)

const (
	viewers         = 10
	refreshInterval = 30 * time.Second
	alertInterval   = time.Minute
	reportInterval  = time.Minute
	// connections is how many requests a browser sends to one host at a time over HTTP/1.1.
	connections = 6
	// firstScrapes is how long targets are not yet scraped at their planned times: they are scraped twice at once at first.
	firstScrapes = 2 * scaleInterval
)

// soak is a load on the backend: scrapes, viewers and alert rules.
type soak struct {
	plugin     *process.Process
	source     process.Source
	nodes      int
	dashboards []string
	rules      []shipped.AlertQuery

	mu        sync.Mutex
	refreshes []time.Duration // since the last report
	all       []time.Duration
	failures  map[string]int
	sent      int
}

// runSoak runs the real backend with its default settings for some time. Another process serves the targets. Ten viewers
// refresh one shipped dashboard each every 30 seconds, and all shipped alert rules are evaluated once a minute. It prints what
// the backend needs once a minute. A query that fails and a scrape that is missed are an error.
func runSoak(nodes int, length time.Duration) error {
	stop, list, err := startServer(nodes)
	if err != nil {
		return err
	}
	defer stop()
	folder, err := os.MkdirTemp("", "falco-soak")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	binary, err := process.Build(folder)
	if err != nil {
		return err
	}
	s := &soak{nodes: nodes, failures: map[string]int{}, source: process.NewSource("soak", map[string]any{
		"targets": []any{map[string]any{"url": list, "discovery": "http", "allowLoopback": true}},
	})}
	if s.dashboards, err = filepath.Glob("src/dashboards/*.json"); err != nil {
		return err
	}
	if s.rules, err = shipped.AlertQueries("provisioning/alerting/falco.yaml"); err != nil {
		return err
	}
	if s.plugin, err = process.Start(binary, profiling()...); err != nil {
		return err
	}
	defer s.plugin.Close()
	return s.run(list, length)
}

// profiling returns the variables with which the backend serves profiles, as GF_PLUGIN_PROFILING_ENABLED=true.
func profiling() (out []string) {
	for _, variable := range os.Environ() {
		if strings.HasPrefix(variable, "GF_PLUGIN_PROFILING_") {
			out = append(out, variable)
		}
	}
	return out
}

func (s *soak) run(list string, length time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), length)
	defer cancel()
	began := time.Now()
	var load sync.WaitGroup
	for viewer := range viewers {
		load.Go(func() {
			wait(ctx, refreshInterval/viewers*time.Duration(viewer))
			every(ctx, refreshInterval, func(now time.Time) { s.refresh(ctx, viewer, now) })
		})
	}
	load.Go(func() {
		every(ctx, alertInterval, func(now time.Time) { s.send(ctx, "", shipped.AlertRequests(s.rules, now)) })
	})
	fmt.Println("time | resident now, peak | Go heap in use, from the system | CPU | refreshes, 95 %, slowest | scrapes missed, late, most | health check")
	before, peak := usage{}, int64(0)
	every(ctx, reportInterval, func(now time.Time) {
		if now.Sub(began) < reportInterval/2 {
			return // the first one
		}
		peak = max(peak, s.plugin.PeakMemory())
		var err error
		if before, err = s.report(began, before, list); err != nil {
			s.failed(err)
		}
	})
	load.Wait()
	return s.summary(began, max(peak, s.plugin.PeakMemory()), list)
}

// every calls a function now and then at each interval, until ctx ends. A call that takes longer leaves out intervals.
func every(ctx context.Context, interval time.Duration, do func(now time.Time)) {
	ticks := time.NewTicker(interval)
	defer ticks.Stop()
	for ctx.Err() == nil {
		do(time.Now())
		select {
		case <-ctx.Done():
		case <-ticks.C:
		}
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// refresh asks what the dashboard of a viewer asks.
func (s *soak) refresh(ctx context.Context, viewer int, now time.Time) {
	requests, err := shipped.Refresh(s.dashboards[viewer%len(s.dashboards)], s.nodes, now)
	if err != nil {
		s.failed(err)
		return
	}
	s.send(ctx, fmt.Sprintf("viewer-%d", viewer), requests)
	if ctx.Err() == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.refreshes = append(s.refreshes, time.Since(now))
	}
}

// send sends requests of a user, or of alert rules, and counts what fails.
func (s *soak) send(ctx context.Context, login string, requests []*backend.QueryDataRequest) {
	var all errgroup.Group
	all.SetLimit(connections)
	for _, request := range requests {
		request.PluginContext = s.source.Context(login)
		all.Go(func() error {
			response, err := s.plugin.Data.QueryData(ctx, backend.ToProto().QueryDataRequest(request), process.CallOptions...)
			if ctx.Err() != nil {
				return nil // the end
			}
			s.mu.Lock()
			s.sent++
			s.mu.Unlock()
			if err != nil {
				s.failed(err)
				return nil
			}
			for _, r := range response.Responses {
				if r.Error != "" {
					s.failed(errors.New(r.Error))
				}
			}
			return nil
		})
	}
	_ = all.Wait() // none returns an error
}

func (s *soak) failed(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures[err.Error()]++
}

// usage is what a process has used at a time.
type usage struct {
	at                     time.Time
	cpu                    float64 // seconds
	resident, heap, system float64 // bytes
}

// usage reads the metrics that the backend serves to Grafana.
func (s *soak) usage() (u usage, err error) {
	response, err := s.plugin.Diagnostics.CollectMetrics(context.Background(), &pluginv2.CollectMetricsRequest{})
	if err != nil {
		return u, err
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(response.Metrics.Prometheus))
	if err != nil {
		return u, err
	}
	value := func(name string) float64 {
		if f := families[name]; f != nil {
			return cmp.Or(f.Metric[0].GetGauge().GetValue(), f.Metric[0].GetCounter().GetValue())
		}
		return 0
	}
	return usage{
		at: time.Now(), cpu: value("process_cpu_seconds_total"),
		resident: value("process_resident_memory_bytes"), heap: value("go_memstats_heap_inuse_bytes"),
		system: value("go_memstats_sys_bytes") - value("go_memstats_heap_released_bytes"),
	}, nil
}

// report prints a line about the time since the last report, and returns what has been used until now.
func (s *soak) report(began time.Time, before usage, list string) (usage, error) {
	now, err := s.usage()
	if err != nil {
		return before, err
	}
	peak := s.plugin.PeakMemory()
	s.plugin.ResetPeakMemory()
	since := before.at
	if since.IsZero() {
		since = began
	}
	regular := began.Add(firstScrapes)
	if since.After(regular) {
		regular = since
	}
	kept, err := punctualitySince(list, regular)
	if err != nil {
		return before, err
	}
	s.mu.Lock()
	refreshes := s.refreshes
	s.refreshes = nil
	s.all = append(s.all, refreshes...)
	s.mu.Unlock()
	fmt.Printf("%s | %.0f MB, %.0f MB | %.0f MB, %.0f MB | %.1f %% | %s | %s | %s\n", now.at.Sub(began).Round(time.Second),
		now.resident/1e6, float64(peak)/1e6, now.heap/1e6, now.system/1e6, 100*(now.cpu-before.cpu)/now.at.Sub(since).Seconds(), times(refreshes), kept, s.health())
	return now, nil
}

func (p punctuality) String() string {
	return fmt.Sprintf("%d, %d, %s", p.Missed, p.Late, p.Most.Round(time.Millisecond))
}

// times describes how long refreshes took.
func times(all []time.Duration) string {
	if len(all) == 0 {
		return "0"
	}
	slices.Sort(all)
	return fmt.Sprintf("%d, %s, %s", len(all), all[len(all)*95/100].Round(time.Millisecond), all[len(all)-1].Round(time.Millisecond))
}

// health returns what the health check says about memory.
func (s *soak) health() string {
	response, err := s.plugin.Diagnostics.CheckHealth(context.Background(), &pluginv2.CheckHealthRequest{PluginContext: backend.ToProto().PluginContext(s.source.Context("admin"))})
	if err != nil {
		s.failed(err)
		return ""
	}
	var details struct{ VerboseMessage string }
	_ = json.Unmarshal(response.JsonDetails, &details)
	said := []string{response.Message}
	for _, line := range strings.Split(details.VerboseMessage, "\n") {
		if strings.Contains(line, "retention.size") || strings.Contains(line, "limits.resultCacheSize") {
			said = append(said, strings.TrimPrefix(line, "• "))
		}
	}
	return strings.Join(said, " ")
}

func (s *soak) summary(began time.Time, peak int64, list string) error {
	kept, err := punctualitySince(list, began.Add(firstScrapes))
	if err != nil {
		return err
	}
	end, err := s.usage()
	if err != nil {
		return err
	}
	fmt.Printf("%s in all: peak %.0f MB, CPU %.1f %%, refreshes %s, scrapes %s, %d requests\n", time.Since(began).Round(time.Second),
		float64(peak)/1e6, 100*end.cpu/end.at.Sub(began).Seconds(), times(append(s.all, s.refreshes...)), kept, s.sent)
	for _, text := range slices.Sorted(maps.Keys(s.failures)) {
		fmt.Printf("failed %d times: %s\n", s.failures[text], text)
	}
	if len(s.failures) > 0 || kept.Missed > 0 {
		return errors.New("queries failed, or scrapes were missed")
	}
	return nil
}
