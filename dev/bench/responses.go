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

	"github.com/falco-metrics/falco-metrics-datasource/pkg/exposition"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// responses holds an hour of responses of the simulated fleet.
type responses struct {
	directory string // of the response bodies; if empty, the fleet writes them to temporary
	temporary string // directory to delete
	series    []recorded
	live      parseTimes
}

// recorded is the samples of one series.
type recorded struct {
	labels labels.Labels
	target string
	times  []int64 // ms
	values []float64
}

const fleetNodes = 30

func (r *responses) close() { os.RemoveAll(r.temporary) }

// load parses the responses once.
func (r *responses) load() ([]recorded, error) {
	if r.series != nil {
		return r.series, nil
	}
	if err := r.ensure(); err != nil {
		return nil, err
	}
	targets, err := os.ReadDir(r.directory)
	if err != nil {
		return nil, err
	}
	for _, target := range targets {
		if err := r.parse(target.Name()); err != nil {
			return nil, err
		}
	}
	return r.series, nil
}

// ensure makes the fleet write responses if there are none.
func (r *responses) ensure() (err error) {
	if r.directory != "" {
		return nil
	}
	if r.temporary, err = os.MkdirTemp("", "falco-bench"); err != nil {
		return err
	}
	r.directory = r.temporary
	fleet := exec.Command("npx", "tsx", "dev/fleet/main.ts", "--dump", r.temporary, "--nodes", fmt.Sprint(fleetNodes))
	if out, err := fleet.CombinedOutput(); err != nil {
		return fmt.Errorf("the simulated fleet wrote no responses: %w\n%s", err, out)
	}
	return nil
}

// parse parses the responses of one target. The names of the files are their times.
func (r *responses) parse(target string) error {
	files, err := filepath.Glob(filepath.Join(r.directory, target, "*.prom"))
	if err != nil {
		return err
	}
	slices.Sort(files)
	reader := exposition.NewReader(signals.Load().Reading, exposition.Limits{SampleLimit: 100_000, LabelValueLengthLimit: 1024})
	index := map[*exposition.Series]int{}
	for _, file := range files {
		at, err := strconv.ParseInt(strings.TrimSuffix(filepath.Base(file), ".prom"), 10, 64)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		parsed, why := reader.Read(text)
		if why != nil {
			return fmt.Errorf("%s: %s", file, why.Message)
		}
		for _, sample := range parsed.Samples {
			i, known := index[sample.Series]
			if !known {
				i = len(r.series)
				index[sample.Series] = i
				l := labels.NewBuilder(sample.Series.Labels).Set("cluster", "demo").Set("node", target).Labels()
				r.series = append(r.series, recorded{labels: l, target: target})
			}
			s := &r.series[i]
			s.times, s.values = append(s.times, at), append(s.values, sample.Value)
		}
	}
	return nil
}

// constantRatio returns the share of the series that never change.
func constantRatio(series []recorded) float64 {
	count := 0
	for _, s := range series {
		if !slices.ContainsFunc(s.values, func(v float64) bool { return v != s.values[0] }) {
			count++
		}
	}
	return float64(count) / float64(len(series))
}
