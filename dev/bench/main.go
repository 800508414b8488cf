// Program bench prints one line per benchmark: the plugin and a peer, measured in the same run. `npm run bench` starts it.
//
//	go run ./dev/bench [--responses DIR] [WORD…]
//	go run ./dev/bench --soak 1h [--nodes 1000]
//
// With words, it runs only the benchmarks whose name contains one of them. With --soak, it runs none, but the backend under
// the load of ten viewers and the alert rules.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
)

// benchmarks in the order in which they are printed.
var benchmarks = []benchmark{
	{"parsing 500 samples, first scrape", parseFirst},
	{"parsing 500 samples, later scrapes", parseLater},
	{"chunk bytes per sample", encodedBytes},
	{"heap per series", heapPerSeries},
	{"memory of 1000 targets × 300 series × 1 h", thousandTargets},
	{"scraping 10 targets", scraping(10)},
	{"scraping 100 targets", scraping(100)},
	{"scraping 1000 targets", scraping(1000)},
	{"scraping 5000 targets", scraping(5000)},
	{"drop ratio, 100 targets × 720 steps", dropRatio},
	{"query in Prometheus mode, 100 targets × 720 steps", prometheusQuery},
	{"backend CPU of a dashboard's first refresh, 10 nodes", dashboardRefresh(10, "cold", 200)},
	{"backend CPU of a dashboard's first refresh, 100 nodes", dashboardRefresh(100, "cold", 1000)},
	{"backend CPU of a dashboard's first refresh, 1000 nodes", dashboardRefresh(1000, "cold", 2500)},
	{"backend CPU of a dashboard's next refresh, 1000 nodes", dashboardRefresh(1000, "warm", 800)},
	{"backend CPU of all first refreshes, 200 nodes, beside Prometheus", besidePrometheus(200)},
	{"requests to Prometheus for the overview's next refresh, 20 nodes", requestsToPrometheus},
	{"backend CPU of ten viewers of the overview, 1000 nodes", tenViewers},
	{"backend CPU of the alert rules in a minute, 1000 nodes", alertEvaluation},
	{"alert receiver: one alert", acceptAlerts},
	{"query while 2000 alerts a second arrive", queryDuringAlerts},
	{"live: parsing 500 samples, first scrape", liveParseFirst},
	{"live: parsing 500 samples, later scrapes", liveParseLater},
	{"live: the same, against an npm package", liveParseLaterPackage},
	{"live: the catalogue, 20 targets × 5 min at 1 s", liveCatalogue},
	{"live: heap after an hour of ticks", liveHeap},
	{"size of module.js", moduleSize},
	{"hostile: reading twice as many open label sets", openLabelSets},
	{"hostile: live: reading twice as many open label sets", liveOpenLabelSets},
	{"hostile: memory kept of more new series than sampleLimit", refusedSeries},
	{"hostile: memory for a list ten times as long as targetLimit", longList},
	{"hostile: refusing 185,000 nested calls", deepExpression},
	{"hostile: p99 of a light query beside a heavy user", lightQuery},
}

// benchmark measures one thing.
type benchmark struct {
	name    string
	measure func(*responses) (result, error)
}

// result of a benchmark. Less is better in all of them.
type result struct {
	ours float64
	peer float64 // 0 if there is no peer
	unit string
	goal string
	met  bool
	note string // a few words of explanation
}

// atMost returns a result whose goal is at most a multiple of the peer.
func atMost(times, ours, peer float64, unit, note string) result {
	return result{ours, peer, unit, fmt.Sprintf("at most %.2f × peer", times), ours <= times*peer, note}
}

// under returns a result with an absolute goal.
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
	log.DefaultLogger = log.NewNullLogger() // log lines would mix with the results
	directory := flag.String("responses", "", "directory with responses of a fleet, as `npm run fleet -- --dump DIR` writes them (default: a temporary one)")
	length := flag.Duration("soak", 0, "instead of the benchmarks, run the backend so long with ten viewers and all alert rules")
	nodes := flag.Int("nodes", 1000, "number of targets for --soak")
	served := flag.Int("serve", 0, "serve this many targets instead; the benchmarks use it")
	flag.Parse()
	if *served > 0 {
		fmt.Fprintln(os.Stderr, serve(*served))
		os.Exit(1)
	}
	var err error
	if *length > 0 {
		err = runSoak(*nodes, *length)
	} else {
		err = run(*directory, flag.Args())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run runs the benchmarks. If one fails, the others still run.
func run(directory string, words []string) error {
	fleet := &responses{directory: directory}
	defer fleet.close()
	failed := 0
	fmt.Println("name | ours | peer | ratio | goal | ok/MISSED | note")
	for _, b := range benchmarks {
		if !selected(b.name, words) {
			continue
		}
		r, err := b.measure(fleet)
		if err != nil {
			failed++
			fmt.Printf("%s | not measured: %s\n", b.name, err)
			continue
		}
		fmt.Println(r.line(b.name))
	}
	if failed > 0 {
		return fmt.Errorf("%d benchmarks failed", failed)
	}
	return nil
}

func selected(name string, words []string) bool {
	for _, w := range words {
		if strings.Contains(name, w) {
			return true
		}
	}
	return len(words) == 0
}

// heap returns the bytes in use after garbage collection.
func heap() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // the second one frees what finalizers and sync.Pools held
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
