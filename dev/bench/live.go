package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// microseconds a reading of the answer of 500 samples takes in the browser.
type readingTimes struct{ First, Again, JSON, Package float64 }

// liveFirst is the time of reading an answer in the browser whose series are new, against JSON.parse on as many bytes.
func liveFirst(a *answers) (result, error) {
	t, err := a.readLive()
	return atMost(2, t.First, t.JSON, "µs", "peer is JSON.parse on as many bytes"), err
}

// liveAgain is the time of every later answer of a target.
func liveAgain(a *answers) (result, error) {
	t, err := a.readLive()
	return atMost(1, t.Again, t.JSON, "µs", "peer is JSON.parse on as many bytes"), err
}

// liveAgainPackage is liveAgain against the package that reads Prometheus's format in JavaScript.
func liveAgainPackage(a *answers) (result, error) {
	t, err := a.readLive()
	return atMost(0.25, t.Again, t.Package, "µs", "peer is the npm package parse-prometheus-text-format"), err
}

// readLive measures once.
func (a *answers) readLive() (readingTimes, error) {
	if a.live.First > 0 {
		return a.live, nil
	}
	body, err := a.fiveHundred()
	if err != nil {
		return a.live, err
	}
	file := filepath.Join(a.directory, "500.txt")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		return a.live, err
	}
	defer os.Remove(file)
	return a.live, runScript(&a.live, "node", "--import", "tsx", "dev/bench/live/reading.ts", file)
}

// liveCatalogue is the time of everything in the catalogue in the browser, against the backend's engine.
func liveCatalogue(*answers) (result, error) {
	var r struct {
		Ours, Peer               float64
		Queries, Samples, Values int
	}
	err := runScript(&r, "node", "--import", "tsx", "dev/bench/live/evaluation.ts")
	note := fmt.Sprintf("%d queries of 300 steps over %d samples, %d values, the same to 1e-9", r.Queries, r.Samples, r.Values)
	return atMost(5, r.Ours, r.Peer, "ms", note), err
}

// liveHeap is the heap of a page after an hour of ticks, against what it was once its panels were full.
func liveHeap(*answers) (result, error) {
	var r struct {
		Full, End float64
		Queries   int
	}
	err := runScript(&r, "npx", "jest", "--silent", "--testMatch", "**/dev/bench/live/hour.bench.ts")
	note := fmt.Sprintf("%d queries at 1 s ticks; peer is the same page after 20 minutes", r.Queries)
	return atMost(1.05, r.End/(1<<20), r.Full/(1<<20), "MiB", note), err
}

// runScript runs what prints figures as JSON.
func runScript(figures any, name string, args ...string) error {
	command := exec.Command(name, args...)
	out, err := command.Output()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		return fmt.Errorf("%s: %w\n%s", command, err, failed.Stderr)
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(out, figures)
}
