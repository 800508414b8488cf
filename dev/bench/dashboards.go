package main

import (
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

var refreshLine = regexp.MustCompile(`Benchmark\w+/\S+/(\S+)-\d+\s+\d+\s+([\d.]+) ns/op\s+([\d.]+) cpu-ms/op`)

// dashboardRefresh measures the CPU time of the backend for one refresh of the most expensive shipped dashboard: all queries
// of all panels, one after the other, for a number of nodes with an hour of history. The note lists all dashboards with
// their CPU time and their elapsed time.
func dashboardRefresh(nodes int, limit float64) func(*responses) (result, error) {
	return func(*responses) (result, error) {
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
			return result{}, fmt.Errorf("the benchmark printed no results: %s", out)
		}
		return under(limit, slowest, 0, "ms", "CPU ms in elapsed ms: "+strings.Join(each, ", ")), nil
	}
}
