package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/exposition"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

const (
	parsedSamples = 500
	parsingRounds = 15
)

// parseFirst measures the parsing of a response whose series are new. The peer is Prometheus's parser on the same bytes.
func parseFirst(r *responses) (result, error) {
	return compareParsers(r, func() *exposition.Reader { return newReader() })
}

// parseLater measures the later responses of a target, whose series are known.
func parseLater(r *responses) (result, error) {
	reader := newReader()
	return compareParsers(r, func() *exposition.Reader { return reader })
}

func newReader() *exposition.Reader {
	return exposition.NewReader(signals.Load().Reading, exposition.Limits{SampleLimit: 20_000, LabelValueLengthLimit: 1024})
}

// compareParsers lets both parsers take turns, because the machine's speed varies, and compares the medians.
func compareParsers(r *responses, reader func() *exposition.Reader) (result, error) {
	body, err := r.fiveHundredSamples()
	if err != nil {
		return result{}, err
	}
	read := func() error {
		parsed, why := reader().Read(body)
		if why != nil {
			return errors.New(why.Message)
		}
		return expectSamples(len(parsed.Samples))
	}
	readPeer := func() error {
		count, err := readAsPrometheus(body)
		return errors.Join(err, expectSamples(count))
	}
	var ours, peers []float64
	for range parsingRounds {
		for _, side := range []struct {
			read  func() error
			times *[]float64
		}{{read, &ours}, {readPeer, &peers}} {
			took, err := loop(side.read)
			if err != nil {
				return result{}, err
			}
			*side.times = append(*side.times, took)
		}
	}
	note := fmt.Sprintf("CPU time, %d bytes, medians of %d rounds", len(body), parsingRounds)
	return atMost(1, median(ours), median(peers), "µs", note), nil
}

func expectSamples(count int) error {
	if count != parsedSamples {
		return fmt.Errorf("expected %d samples, read %d", parsedSamples, count)
	}
	return nil
}

// loop calls a function for 100 ms of CPU time and returns the CPU time of one call in microseconds. It includes garbage
// collection, and not what other processes take from this one.
func loop(call func() error) (float64, error) {
	runtime.GC()
	calls, start := 0, cpuSeconds()
	for {
		if err := call(); err != nil {
			return 0, err
		}
		calls++
		if took := cpuSeconds() - start; took > 0.1 {
			return took * 1e6 / float64(calls), nil
		}
	}
}

// readAsPrometheus does what Prometheus's scrape loop does with new series.
func readAsPrometheus(body []byte) (samples int, err error) {
	p := textparse.NewPromParser(body, labels.NewSymbolTable(), false)
	var l labels.Labels
	for {
		entry, err := p.Next()
		if errors.Is(err, io.EOF) {
			return samples, nil
		}
		if err != nil {
			return samples, err
		}
		if entry == textparse.EntrySeries {
			p.Series()
			p.Labels(&l)
			samples++
		}
	}
}

// fiveHundredSamples returns a response of the fleet that Prometheus accepts and that has no duplicate series, extended to
// 500 samples by counters of more CPUs.
func (r *responses) fiveHundredSamples() ([]byte, error) {
	if err := r.ensure(); err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(r.directory, "worker-*", "*.prom"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		parsed, why := newReader().Read(body)
		count, refused := readAsPrometheus(body)
		if why != nil || refused != nil || parsed.Unreadable+parsed.Duplicates > 0 || count > parsedSamples {
			continue
		}
		var more strings.Builder
		for cpu := range parsedSamples - count {
			const name = "falcosecurity_scap_n_evts_cpu_total"
			fmt.Fprintf(&more, "# HELP %s https://falco.org/docs/metrics/\n# TYPE %s counter\n%s{cpu=\"%d\"} %d\n", name, name, name, 1000+cpu, 48_211_903+cpu)
		}
		return append(bytes.TrimRight(body, "\n"), "\n"+more.String()...), nil
	}
	return nil, fmt.Errorf("none of the %d responses is suitable", len(files))
}
