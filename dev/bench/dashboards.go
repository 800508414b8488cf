package main

import (
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var refreshLine = regexp.MustCompile(`Benchmark\w+(?:/\S+?/([a-z-]+)/([a-z-]+))?-\d+\s+\d+\s+([\d.]+) ns/op\s+([\d.]+) cpu-ms/op`)

// refreshed is a line of BenchmarkDashboards: the CPU time in ms and the elapsed time.
type refreshed struct {
	dashboard, state string
	cpu              float64
	elapsed          time.Duration
}

// dashboardRefresh measures the CPU time of the backend for one refresh of the most expensive shipped dashboard: all queries
// of all panels, one after the other, for a number of nodes with an hour of history. It is the first refresh of the data
// source (cold), or one after one more scrape (warm). The note lists all dashboards with their CPU time and their elapsed
// time.
func dashboardRefresh(nodes int, state string, limit float64) func(*responses) (result, error) {
	return func(*responses) (result, error) {
		lines, err := refreshes(fmt.Sprintf("BenchmarkDashboards/^%d-nodes$/./^%s$", nodes, state))
		if err != nil {
			return result{}, err
		}
		slowest := 0.0
		var each []string
		for _, l := range lines {
			slowest = max(slowest, l.cpu)
			each = append(each, fmt.Sprintf("%s %.0f in %.0f", l.dashboard, l.cpu, l.elapsed.Seconds()*1000))
		}
		return under(limit, slowest, 0, "ms", "CPU ms in elapsed ms: "+strings.Join(each, ", ")), nil
	}
}

// tenViewers compares ten viewers of the overview, who refresh within ten seconds, with one.
func tenViewers(*responses) (result, error) {
	lines, err := refreshes("BenchmarkDashboards/^1000-nodes$/^overview$/^(warm|ten-viewers)$")
	if err != nil {
		return result{}, err
	}
	cpu := map[string]float64{}
	for _, l := range lines {
		cpu[l.state] = l.cpu
	}
	return atMost(1.2, cpu["ten-viewers"], cpu["warm"], "ms", "peer: one viewer"), nil
}

var besideLine = regexp.MustCompile(`BenchmarkBesidePrometheus/\S+?/([a-z-]+)-\d+\s.*?([\d.]+) cpu-ms/op.*?([\d.]+) peer-cpu-ms/op`)

// besidePrometheus compares the CPU time of the first refreshes of all shipped dashboards with that of a Prometheus which
// evaluates the expressions behind them.
func besidePrometheus(nodes int) func(*responses) (result, error) {
	return func(*responses) (result, error) {
		text, err := goBench(fmt.Sprintf("BenchmarkBesidePrometheus/^%d-nodes$", nodes), 1)
		if err != nil {
			return result{}, err
		}
		ours, peer := 0.0, 0.0
		var each []string
		for _, found := range besideLine.FindAllStringSubmatch(text, -1) {
			here, errHere := strconv.ParseFloat(found[2], 64)
			there, errThere := strconv.ParseFloat(found[3], 64)
			if err := errors.Join(errHere, errThere); err != nil {
				return result{}, err
			}
			ours, peer = ours+here, peer+there
			each = append(each, fmt.Sprintf("%s %.0f beside %.0f", found[1], here, there))
		}
		if len(each) == 0 {
			return result{}, fmt.Errorf("the benchmark printed no results: %s", text)
		}
		return atMost(1, ours, peer, "ms", "all dashboards, CPU ms: "+strings.Join(each, ", ")), nil
	}
}

var requestsLine = regexp.MustCompile(`BenchmarkRequestsToPrometheus/overview-\d+\s.*?([\d.]+) cold-requests\s+([\d.]+) warm-requests`)

// requestsToPrometheus counts what a data source in Prometheus mode sends for a refresh of the overview after each scrape.
func requestsToPrometheus(*responses) (result, error) {
	text, err := goBench("BenchmarkRequestsToPrometheus/^overview$", 3)
	if err != nil {
		return result{}, err
	}
	found := requestsLine.FindStringSubmatch(text)
	if found == nil {
		return result{}, fmt.Errorf("the benchmark printed no results: %s", text)
	}
	warm, err := strconv.ParseFloat(found[2], 64)
	return under(46, warm, 0, "requests", "first refresh: "+found[1]), err
}

// alertEvaluation measures the CPU time of the shipped alert rules in a minute.
func alertEvaluation(*responses) (result, error) {
	lines, err := refreshes("BenchmarkAlertRules")
	if err != nil {
		return result{}, err
	}
	return under(300, lines[0].cpu, 0, "ms", "CPU time for one evaluation of all rules, four scrapes after the last one"), nil
}

func refreshes(bench string) (out []refreshed, err error) {
	text, err := goBench(bench, 3)
	if err != nil {
		return nil, err
	}
	for _, found := range refreshLine.FindAllStringSubmatch(text, -1) {
		elapsed, err := strconv.ParseFloat(found[3], 64)
		if err != nil {
			return nil, err
		}
		cpu, err := strconv.ParseFloat(found[4], 64)
		if err != nil {
			return nil, err
		}
		out = append(out, refreshed{found[1], found[2], cpu, time.Duration(elapsed)})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("the benchmark printed no results: %s", text)
	}
	return out, nil
}

// goBench runs benchmarks of pkg/datasource so many times each and returns what they print.
func goBench(bench string, times int) (string, error) {
	text, err := exec.Command("go", "test", "./pkg/datasource", "-run", "^$", "-bench", bench, "-benchtime", fmt.Sprintf("%dx", times), "-timeout", "30m").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, text)
	}
	return string(text), nil
}
