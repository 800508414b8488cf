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
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

const (
	readingSamples = 500
	readingRounds  = 9
)

// readingFirst is the time of reading an answer whose series are new, against Prometheus's own parser on the same bytes.
func readingFirst(a *answers) (result, error) {
	return reading(a, func() *scrape.Reader { return newReader() })
}

// readingAgain is the time of every later answer of a target: its series are known.
func readingAgain(a *answers) (result, error) {
	reader := newReader()
	return reading(a, func() *scrape.Reader { return reader })
}

func newReader() *scrape.Reader {
	return scrape.NewReader(signals.Load().Reading, scrape.Limits{SampleLimit: 20_000, LabelValueLengthLimit: 1024})
}

// reading times ours and the peer's in turn, each in a tight loop, and takes the medians: the machine's speed drifts.
func reading(a *answers, reader func() *scrape.Reader) (result, error) {
	body, err := a.fiveHundred()
	if err != nil {
		return result{}, err
	}
	read := func() error {
		answer, why := reader().Read(body)
		if why != nil {
			return errors.New(why.Message)
		}
		return expectSamples(len(answer.Samples))
	}
	readPeer := func() error {
		count, err := readAsPrometheus(body)
		return errors.Join(err, expectSamples(count))
	}
	var ours, peers []float64
	for range readingRounds {
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
	note := fmt.Sprintf("%d bytes, medians of %d rounds", len(body), readingRounds)
	return atMost(1.5, median(ours), median(peers), "µs", note), nil
}

func expectSamples(count int) error {
	if count != readingSamples {
		return fmt.Errorf("expected %d samples, read %d", readingSamples, count)
	}
	return nil
}

// loop is the time of one call in microseconds, over a fifth of a second of them.
func loop(call func() error) (float64, error) {
	runtime.GC()
	calls, start := 0, time.Now()
	for time.Since(start) < 200*time.Millisecond {
		if err := call(); err != nil {
			return 0, err
		}
		calls++
	}
	return float64(time.Since(start).Microseconds()) / float64(calls), nil
}

// readAsPrometheus does what Prometheus's scrape loop does with series it does not know.
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

// fiveHundred is an answer of one of the fleet's Falcos that Prometheus accepts and that has no series twice, brought to 500 samples
// with counters of further CPUs.
func (a *answers) fiveHundred() ([]byte, error) {
	if err := a.written(); err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(a.directory, "worker-*", "*.prom"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		answer, why := newReader().Read(body)
		count, refused := readAsPrometheus(body)
		if why != nil || refused != nil || answer.Unreadable+answer.Duplicates > 0 || count > readingSamples {
			continue
		}
		var more strings.Builder
		for cpu := range readingSamples - count {
			const name = "falcosecurity_scap_n_evts_cpu_total"
			fmt.Fprintf(&more, "# HELP %s https://falco.org/docs/metrics/\n# TYPE %s counter\n%s{cpu=\"%d\"} %d\n", name, name, name, 1000+cpu, 48_211_903+cpu)
		}
		return append(bytes.TrimRight(body, "\n"), "\n"+more.String()...), nil
	}
	return nil, fmt.Errorf("none of the %d answers is read the same by both", len(files))
}
