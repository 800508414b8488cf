package main

import (
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
)

var cpuLine = regexp.MustCompile(`BenchmarkDashboards/(\S+)-\d+\s.*?([\d.]+) cpu-ms/op`)

// slowestDashboard is the CPU time of the backend for one refresh of the shipped dashboard that takes most: every query
// of every panel, of 200 nodes with an hour of history.
func slowestDashboard(*answers) (result, error) {
	out, err := exec.Command("go", "test", "./pkg/datasource", "-run", "^$", "-bench", "BenchmarkDashboards", "-benchtime", "3x").CombinedOutput()
	if err != nil {
		return result{}, fmt.Errorf("%w: %s", err, out)
	}
	slowest, note := 0.0, ""
	for _, found := range cpuLine.FindAllStringSubmatch(string(out), -1) {
		ms, err := strconv.ParseFloat(found[2], 64)
		if err != nil {
			return result{}, err
		}
		slowest = max(slowest, ms)
		note += fmt.Sprintf("%s %.0f, ", found[1], ms)
	}
	if note == "" {
		return result{}, fmt.Errorf("no figure in what the benchmark printed: %s", out)
	}
	return under(1500, slowest, 0, "ms", note[:len(note)-2]), nil
}
