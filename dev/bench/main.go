// The benchmarks: one line a figure, ours beside a peer's, both measured in this run. `npm run bench` starts it.
//
//	go run ./dev/bench [--answers DIR] [WORD…]
//
// With words, only the figures whose name contains one of them.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
)

// figures in the order they are printed.
var figures = []figure{
	{"reading 500 samples, first time", readingFirst},
	{"reading 500 samples, again", readingAgain},
	{"chunk bytes per sample", encodedBytes},
	{"heap per series", heapPerSeries},
	{"memory of 1000 targets × 300 series × 1 h", thousandTargets},
	{"scraping 10 targets", scraping(10)},
	{"scraping 100 targets", scraping(100)},
	{"scraping 1000 targets", scraping(1000)},
	{"drop ratio, 100 targets × 720 steps", dropRatio},
	{"query of a store, 100 targets × 720 steps", storeQuery},
	{"backend CPU of a dashboard’s refresh, 10 nodes", refreshing(10, 200)},
	{"backend CPU of a dashboard’s refresh, 100 nodes", refreshing(100, 1000)},
	{"backend CPU of a dashboard’s refresh, 200 nodes", refreshing(200, 1500)},
	{"backend CPU of a dashboard’s refresh, 1000 nodes", refreshing(1000, 10_000)},
	{"live: reading 500 samples, first time", liveFirst},
	{"live: reading 500 samples, again", liveAgain},
	{"live: the same, again", liveAgainPackage},
	{"live: the catalogue, 20 targets × 5 min of 1 s", liveCatalogue},
	{"live: heap after an hour of ticks", liveHeap},
	{"size of module.js", moduleSize},
}

// figure measures one thing.
type figure struct {
	name    string
	measure func(*answers) (result, error)
}

// result of a figure. Less is better in all of them.
type result struct {
	ours float64
	peer float64 // 0 when there is none
	unit string
	goal string
	met  bool
	note string // what else is worth knowing, in a few words
}

// atMost is the result whose goal is to be no worse than a multiple of the peer.
func atMost(times, ours, peer float64, unit, note string) result {
	return result{ours, peer, unit, fmt.Sprintf("at most %.2f × peer", times), ours <= times*peer, note}
}

// under is the result whose goal is an absolute one.
func under(limit, ours, peer float64, unit, note string) result {
	return result{ours, peer, unit, fmt.Sprintf("under %s", amount(limit, unit)), ours < limit, note}
}

func (r result) line(name string) string {
	peer, ratio := "-", "-"
	if r.peer > 0 {
		peer, ratio = amount(r.peer, r.unit), fmt.Sprintf("%.2f", r.ours/r.peer)
	}
	verdict := "ok"
	if !r.met {
		verdict = "MISSED"
	}
	line := strings.Join([]string{name, amount(r.ours, r.unit), peer, ratio, r.goal, verdict}, " | ")
	if r.note != "" {
		line += " | " + r.note
	}
	return line
}

func amount(v float64, unit string) string {
	if v < 100 {
		return fmt.Sprintf("%.2f %s", v, unit)
	}
	return fmt.Sprintf("%.0f %s", v, unit)
}

func main() {
	log.DefaultLogger = log.NewNullLogger() // its lines would stand between ours
	directory := flag.String("answers", "", "answers of a fleet, as `npm run fleet -- --dump DIR` writes them; without, they are made")
	served := flag.Int("serve", 0, "serve so many targets instead, for the benchmarks themselves")
	flag.Parse()
	if *served > 0 {
		fmt.Fprintln(os.Stderr, serve(*served))
		os.Exit(1)
	}
	if err := run(*directory, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run measures the figures. One that cannot be measured does not keep the others from it.
func run(directory string, words []string) error {
	fleet := &answers{directory: directory}
	defer fleet.close()
	unmeasured := 0
	fmt.Println("name | ours | peer | ratio | goal | ok/MISSED | note")
	for _, f := range figures {
		if !wanted(f.name, words) {
			continue
		}
		r, err := f.measure(fleet)
		if err != nil {
			unmeasured++
			fmt.Printf("%s | not measured: %s\n", f.name, err)
			continue
		}
		fmt.Println(r.line(f.name))
	}
	if unmeasured > 0 {
		return fmt.Errorf("%d of the figures could not be measured", unmeasured)
	}
	return nil
}

func wanted(name string, words []string) bool {
	for _, w := range words {
		if strings.Contains(name, w) {
			return true
		}
	}
	return len(words) == 0
}

// heap is what is in use after everything that can go has gone.
func heap() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // the second one frees what finalizers and pools held
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
