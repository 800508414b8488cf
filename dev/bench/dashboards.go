package main

import (
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
)

var cpuLine = regexp.MustCompile(`Benchmark\w+/(\S+)-\d+\s.*?([\d.]+) cpu-ms/op`)

// slowestDashboard is the CPU time of the backend for one refresh of the shipped dashboard that takes most: every query
// of every panel, of 200 nodes with an hour of history.
func slowestDashboard(*answers) (result, error) {
	slowest, note, err := refreshes("BenchmarkDashboards")
	return under(1500, slowest, 0, "ms", note), err
}

// overviewBySize is the same of the overview for 10, 100 and 1000 nodes; it is asked again every ten seconds.
func overviewBySize(*answers) (result, error) {
	slowest, note, err := refreshes("BenchmarkOverview")
	return under(10_000, slowest, 0, "ms", note), err
}

// refreshes runs a benchmark of the plugin's own; slowest is the largest of its figures, note all of them.
func refreshes(benchmark string) (slowest float64, note string, err error) {
	out, err := exec.Command("go", "test", "./pkg/datasource", "-run", "^$", "-bench", benchmark, "-benchtime", "3x").CombinedOutput()
	if err != nil {
		return 0, "", fmt.Errorf("%w: %s", err, out)
	}
	for _, found := range cpuLine.FindAllStringSubmatch(string(out), -1) {
		ms, err := strconv.ParseFloat(found[2], 64)
		if err != nil {
			return 0, "", err
		}
		slowest = max(slowest, ms)
		note += fmt.Sprintf("%s %.0f, ", found[1], ms)
	}
	if note == "" {
		return 0, "", fmt.Errorf("no figure in what the benchmark printed: %s", out)
	}
	return slowest, note[:len(note)-2], nil
}
