package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// parseTimes holds the microseconds that the browser needs to parse a response of 500 samples.
type parseTimes struct{ First, Again, JSON, Package float64 }

// liveParseFirst measures how long the browser parses a response whose series are new. The peer is JSON.parse of as many
// bytes.
func liveParseFirst(r *responses) (result, error) {
	t, err := r.liveParseTimes()
	return atMost(2, t.First, t.JSON, "µs", "peer is JSON.parse of as many bytes"), err
}

// liveParseLater measures the later responses of a target.
func liveParseLater(r *responses) (result, error) {
	t, err := r.liveParseTimes()
	return atMost(1, t.Again, t.JSON, "µs", "peer is JSON.parse of as many bytes"), err
}

// liveParseLaterPackage is liveParseLater with an npm package for Prometheus's format as the peer.
func liveParseLaterPackage(r *responses) (result, error) {
	t, err := r.liveParseTimes()
	return atMost(0.25, t.Again, t.Package, "µs", "peer is the npm package parse-prometheus-text-format"), err
}

// liveParseTimes measures once.
func (r *responses) liveParseTimes() (parseTimes, error) {
	if r.live.First > 0 {
		return r.live, nil
	}
	body, err := r.fiveHundredSamples()
	if err != nil {
		return r.live, err
	}
	file := filepath.Join(r.directory, "500.txt")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		return r.live, err
	}
	defer os.Remove(file)
	return r.live, runScript(&r.live, "node", "--import", "tsx", "dev/bench/live/parsing.ts", file)
}

// liveCatalogue measures the evaluation of the complete catalogue in the browser. The peer is the backend's engine.
func liveCatalogue(*responses) (result, error) {
	var r struct {
		Ours, Peer               float64
		Queries, Samples, Values int
	}
	err := runScript(&r, "node", "--import", "tsx", "dev/bench/live/evaluation.ts")
	note := fmt.Sprintf("%d queries of 300 steps over %d samples, %d values, equal within 1e-9", r.Queries, r.Samples, r.Values)
	return atMost(5, r.Ours, r.Peer, "ms", note), err
}

// liveHeap measures the heap of a page after an hour of ticks. The peer is the same page when its panels have just filled.
func liveHeap(*responses) (result, error) {
	var r struct {
		Full, End float64
		Queries   int
	}
	err := runScript(&r, "npx", "jest", "--silent", "--testMatch", "**/dev/bench/live/hour.bench.ts")
	note := fmt.Sprintf("%d queries at 1 s ticks; peer is the same page after 20 minutes", r.Queries)
	return atMost(1.05, r.End/(1<<20), r.Full/(1<<20), "MiB", note), err
}

// runScript runs a command that prints its results as JSON.
func runScript(results any, name string, args ...string) error {
	command := exec.Command(name, args...)
	out, err := command.Output()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		return fmt.Errorf("%s: %w\n%s", command, err, failed.Stderr)
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(out, results)
}
