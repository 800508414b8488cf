package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// answers are an hour of the simulated fleet, read from the texts it would send.
type answers struct {
	directory string // of the texts; when empty, the fleet is made to write them
	made      string // temporary directory to delete
	series    []recorded
	live      readingTimes
}

// recorded is one series as scraped.
type recorded struct {
	labels labels.Labels
	target string
	times  []int64 // ms
	values []float64
}

const fleetNodes = 30

func (a *answers) close() { os.RemoveAll(a.made) }

// load reads the answers once.
func (a *answers) load() ([]recorded, error) {
	if a.series != nil {
		return a.series, nil
	}
	if err := a.written(); err != nil {
		return nil, err
	}
	targets, err := os.ReadDir(a.directory)
	if err != nil {
		return nil, err
	}
	for _, target := range targets {
		if err := a.read(target.Name()); err != nil {
			return nil, err
		}
	}
	return a.series, nil
}

// written sees to it that there are texts to read.
func (a *answers) written() (err error) {
	if a.directory != "" {
		return nil
	}
	if a.made, err = os.MkdirTemp("", "falco-bench"); err != nil {
		return err
	}
	a.directory = a.made
	fleet := exec.Command("npx", "tsx", "dev/fleet/main.ts", "--dump", a.made, "--nodes", fmt.Sprint(fleetNodes))
	if out, err := fleet.CombinedOutput(); err != nil {
		return fmt.Errorf("the simulated fleet wrote no answers: %w\n%s", err, out)
	}
	return nil
}

// read goes through one target's answers, named after their time.
func (a *answers) read(target string) error {
	files, err := filepath.Glob(filepath.Join(a.directory, target, "*.prom"))
	if err != nil {
		return err
	}
	slices.Sort(files)
	reader := scrape.NewReader(signals.Load().Reading, scrape.Limits{SampleLimit: 100_000, LabelValueLengthLimit: 1024})
	place := map[*scrape.Series]int{}
	for _, file := range files {
		at, err := strconv.ParseInt(strings.TrimSuffix(filepath.Base(file), ".prom"), 10, 64)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		answer, why := reader.Read(text)
		if why != nil {
			return fmt.Errorf("%s: %s", file, why.Message)
		}
		for _, sample := range answer.Samples {
			i, known := place[sample.Series]
			if !known {
				i = len(a.series)
				place[sample.Series] = i
				l := labels.NewBuilder(sample.Series.Labels).Set("cluster", "demo").Set("node", target).Labels()
				a.series = append(a.series, recorded{labels: l, target: target})
			}
			s := &a.series[i]
			s.times, s.values = append(s.times, at), append(s.values, sample.Value)
		}
	}
	return nil
}

// constant is the share of the series that never change.
func constant(series []recorded) float64 {
	count := 0
	for _, s := range series {
		if !slices.ContainsFunc(s.values, func(v float64) bool { return v != s.values[0] }) {
			count++
		}
	}
	return float64(count) / float64(len(series))
}
