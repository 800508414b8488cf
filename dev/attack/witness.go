package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"
)

// witness is everybody who does nothing wrong: a user with a light query, an alert rule, and healthy targets.
type witness struct {
	mu            sync.Mutex
	light, alerts []time.Duration
	failures      []string
	stop          context.CancelFunc
	running       sync.WaitGroup
	began         time.Time
	targets       *healthy
}

// noticed is what a witness saw.
type noticed struct {
	light99, light, alert time.Duration // the 99th percentile and the longest of the light query, and the longest of the alert rule
	scrape                time.Duration // how late a scrape of a healthy target was at most
	queries               int
	failures              []string
}

const (
	lightExpr = `count(up{node=~"healthy.*"})`
	alertExpr = `sum(rate(falcosecurity_scap_n_evts_total{node=~"healthy.*"}[30s]))`
)

// watch starts to ask a data source, which has the healthy targets.
func watch(p *plugin, s source, targets *healthy) *witness {
	ctx, stop := context.WithCancel(context.Background())
	w := &witness{stop: stop, began: time.Now(), targets: targets}
	w.running.Add(2)
	go w.repeat(ctx, p, s, 100*time.Millisecond, "modest", lightExpr, &w.light)
	go w.repeat(ctx, p, s, 500*time.Millisecond, "", alertExpr, &w.alerts)
	return w
}

// repeat evaluates an expression at every interval, or as soon as the evaluation before has ended.
func (w *witness) repeat(ctx context.Context, p *plugin, s source, interval time.Duration, login, expr string, times *[]time.Duration) {
	defer w.running.Done()
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		start := time.Now()
		_, err := p.value(ctx, s, login, expr)
		took := time.Since(start)
		w.mu.Lock()
		if ctx.Err() != nil { // how long the last one would have taken is not known, only that it took this long
			*times = append(*times, took)
			w.mu.Unlock()
			return
		}
		*times = append(*times, took)
		if err != nil {
			w.failures = append(w.failures, fmt.Sprintf("%s: %v", expr, err))
		}
		w.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// end stops the witness and returns what it saw.
func (w *witness) end() noticed {
	w.stop()
	w.running.Wait()
	n := noticed{queries: len(w.light) + len(w.alerts), failures: w.failures, scrape: w.targets.lateness(w.began)}
	slices.Sort(w.light)
	if len(w.light) > 0 {
		n.light99 = w.light[int(math.Ceil(0.99*float64(len(w.light))))-1]
		n.light = w.light[len(w.light)-1]
	}
	if len(w.alerts) > 0 {
		n.alert = slices.Max(w.alerts)
	}
	return n
}
