package main

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

const contentType = "text/plain; version=0.0.4"

// healthyCount is how many healthy targets a case has.
const healthyCount = 3

// healthy serves targets as Falco does, and knows when they were scraped.
type healthy struct {
	address string
	server  *http.Server

	mu    sync.Mutex
	times [healthyCount][]time.Time
}

// listen serves a handler on a free loopback port.
func listen(handler http.Handler) (address string, server *http.Server, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server = &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	return listener.Addr().String(), server, nil
}

func serveHealthy() (*healthy, error) {
	h := &healthy{}
	mux := http.NewServeMux()
	for i := range healthyCount {
		mux.HandleFunc(fmt.Sprintf("/healthy-%d", i), func(w http.ResponseWriter, _ *http.Request) {
			h.mu.Lock()
			h.times[i] = append(h.times[i], time.Now())
			events := 1000 * len(h.times[i])
			h.mu.Unlock()
			w.Header().Set("Content-Type", contentType)
			fmt.Fprint(w, falco(fmt.Sprintf("healthy-%d", i), events))
		})
	}
	var err error
	h.address, h.server, err = listen(mux)
	return h, err
}

// targets returns the settings of the healthy targets.
func (h *healthy) targets() (all []map[string]any) {
	for i := range healthyCount {
		all = append(all, map[string]any{"url": fmt.Sprintf("http://%s/healthy-%d", h.address, i)})
	}
	return all
}

// lateness returns how much longer than the interval the longest time between two scrapes was since a time.
func (h *healthy) lateness(since time.Time) (late time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	for _, times := range h.times {
		last := since
		for _, at := range append(times[:len(times):len(times)], now) {
			if at.After(since) {
				late = max(late, at.Sub(last)-scrapeInterval)
				last = at
			}
		}
	}
	return late
}

// falco is a small response of a Falco on a node.
func falco(node string, events int) string {
	var b strings.Builder
	for _, s := range []struct {
		name, labels string
		value        int
	}{
		{"falcosecurity_evt_hostname_info", fmt.Sprintf("{hostname=%q}", node), 1},
		{"falcosecurity_falco_version_info", `{version="0.44.1"}`, 1},
		{"falcosecurity_scap_engine_name_info", `{engine_name="modern_bpf",evt_source="syscall"}`, 1},
		{"falcosecurity_falco_start_timestamp_nanoseconds", "", 1_790_000_000_000_000_000},
		{"falcosecurity_falco_duration_seconds_total", "", events / 1000},
		{"falcosecurity_scap_n_evts_total", "", events},
		{"falcosecurity_scap_n_drops_total", "", 0},
	} {
		fmt.Fprintf(&b, "# HELP %[1]s https://falco.org/docs/metrics/\n# TYPE %[1]s gauge\n%[1]s%[2]s %[3]d\n", s.name, s.labels, s.value)
	}
	return b.String()
}

// merge returns the settings of a data source that scrapes the healthy targets and others.
func merge(h *healthy, others []map[string]any, more map[string]any) map[string]any {
	settings := map[string]any{"targets": append(h.targets(), others...)}
	for name, value := range more {
		settings[name] = value
	}
	return settings
}
