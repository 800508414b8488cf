package main

import (
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

var refreshLine = regexp.MustCompile(`Benchmark\w+/\S+/(\S+)-\d+\s+\d+\s+([\d.]+) ns/op\s+([\d.]+) cpu-ms/op`)

// refreshing is the CPU time of the backend for one refresh of the shipped dashboard that takes most: every query of every
// panel, one after the other, of so many nodes with an hour of history. The note has all dashboards, and the time that
// passed. They are asked again every ten seconds.
func refreshing(nodes int, limit float64) func(*answers) (result, error) {
	return func(*answers) (result, error) {
		bench := fmt.Sprintf("BenchmarkDashboards/^%d-nodes$", nodes)
		out, err := exec.Command("go", "test", "./pkg/datasource", "-run", "^$", "-bench", bench, "-benchtime", "3x").CombinedOutput()
		if err != nil {
			return result{}, fmt.Errorf("%w: %s", err, out)
		}
		slowest := 0.0
		var each []string
		for _, found := range refreshLine.FindAllStringSubmatch(string(out), -1) {
			passed, err := strconv.ParseFloat(found[2], 64)
			if err != nil {
				return result{}, err
			}
			cpu, err := strconv.ParseFloat(found[3], 64)
			if err != nil {
				return result{}, err
			}
			slowest = max(slowest, cpu)
			each = append(each, fmt.Sprintf("%s %.0f in %.0f", found[1], cpu, passed/1e6))
		}
		if len(each) == 0 {
			return result{}, fmt.Errorf("no figure in what the benchmark printed: %s", out)
		}
		return under(limit, slowest, 0, "ms", "CPU time in time passed: "+strings.Join(each, ", ")), nil
	}
}
