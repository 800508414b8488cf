// Program attack runs a campaign of hostile targets, queries, lists and requests against the plugin's real backend, and tells
// what they cost and what others noticed. `npm run attack` starts it.
//
//	go run ./dev/attack [--short] [WORD…]
//
// With words, it runs only the cases whose name contains one of them. It exits with 1 if a bound of SECURITY.md does not hold.
// The short form, which is a part of `npm test`, has less load and does not judge times.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/dev/process"
)

const (
	scrapeInterval = time.Second
	quietTime      = 10 * time.Second
	// maxMemory is what SECURITY.md promises: 1 GB and the retention size, of which the default is 512 MB.
	maxMemory = 1<<30 + 512<<20
	// maxDelay is how much longer others may wait than undisturbed, on a machine that does nothing else.
	maxDelay = time.Second
)

// everySecond are the settings of a data source that is scraped often.
var everySecond = map[string]any{"scrapeInterval": scrapeInterval.String()}

// attackCase is a part of the campaign. run returns what was refused, with which words, and the first bound that does not hold.
type attackCase struct {
	name       string
	run, short func(*stage) ([]string, error) // short is nil if the short form leaves the case out
}

var cases = []attackCase{
	{"bad answers", answersCase, answersCase},
	{"new series beyond sampleLimit", churnCase(20_500, 160), churnCase(20_500, 8)},
	{"new series within sampleLimit", churnCase(19_000, 160), nil},
	{"heavy queries", queriesCase(4, 20_000-7, time.Minute), queriesCase(1, 5000, 2*time.Second)},
	{"lists of targets", listsCase(50_000, 5000), listsCase(5000, 200)},
	{"names and paths", pathsCase, pathsCase},
	{"resources at once", resourcesCase(5000, 500), nil},
	{"alert receiver", receiverCase(20 * time.Second), receiverCase(2 * time.Second)},
	{"differential fuzz of the reader", differentialCase(400), differentialCase(40)},
}

func main() {
	short := flag.Bool("short", false, "less load, and times are not judged")
	binary := flag.String("binary", "", "backend to attack (default: built from this repository)")
	flag.Parse()
	if err := campaign(*short, *binary, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// campaign runs the cases, each with a backend of its own.
func campaign(short bool, binary string, words []string) error {
	if binary == "" {
		folder, err := os.MkdirTemp("", "falco-attack")
		if err != nil {
			return err
		}
		defer os.RemoveAll(folder)
		if binary, err = process.Build(folder); err != nil {
			return err
		}
	}
	fmt.Println("case | time | memory peak | light query p99, longest (undisturbed) | alert rule longest (undisturbed) | scrape late (undisturbed)")
	failed := 0
	for _, c := range cases {
		run := c.run
		if short {
			run = c.short
		}
		if run == nil || !matches(c.name, words) {
			continue
		}
		if err := runCase(c.name, binary, short, words, run); err != nil {
			failed++
			fmt.Printf("FAILED %s: %v\n", c.name, err)
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d cases failed", failed)
	}
	fmt.Println("every bound holds")
	return nil
}

// matches reports whether a case is selected. A word may also select a single heavy query.
func matches(name string, words []string) bool {
	if len(words) == 0 || contains(name, words) {
		return true
	}
	if name == "heavy queries" {
		for _, q := range heavyQueries {
			if contains(q.name, words) {
				return true
			}
		}
	}
	return false
}

func contains(name string, words []string) bool {
	for _, w := range words {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}

// stage is what a case acts on: a backend, and a data source that healthy targets share with hostile ones.
type stage struct {
	plugin      *plugin
	healthy     *healthy
	attacked    source
	short       bool
	words       []string
	undisturbed noticed
	slowdown    float64 // how many times slower than idle the machine is, because of other programs
}

func runCase(name, binary string, short bool, words []string, run func(*stage) ([]string, error)) error {
	started, err := process.Start(binary)
	if err != nil {
		return err
	}
	p := &plugin{started}
	defer p.Close()
	h, err := serveHealthy()
	if err != nil {
		return err
	}
	defer h.server.Close()
	s := &stage{plugin: p, healthy: h, attacked: process.NewSource("quiet", merge(h, nil, everySecond)), short: short, words: words}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := s.until(ctx, func() error { return s.touch(ctx) }); err != nil {
		return err
	}
	s.quiet()
	fmt.Printf("%s: other programs make this machine %.1f times slower\n", name, s.slowdown)
	p.ResetPeakMemory()
	w := watchUnlessHeavy(name, s)
	start := time.Now()
	rows, err := run(s)
	if w != nil {
		n := w.end()
		fmt.Println(s.report(name, time.Since(start), n, ""))
		err = errors.Join(err, s.check(n))
	}
	for _, row := range rows {
		fmt.Println("  " + row)
	}
	if p.Dead() {
		err = errors.Join(errors.New("the plugin's process has ended"), err)
	}
	return err
}

// watchUnlessHeavy starts a witness of the whole case, except for the heavy queries, each of which has its own.
func watchUnlessHeavy(name string, s *stage) *witness { // s.attacked is still the quiet data source
	if name == "heavy queries" {
		return nil
	}
	return watch(s.plugin, s.attacked, s.healthy)
}

// quiet measures what a witness notices while nobody attacks.
func (s *stage) quiet() {
	w := watch(s.plugin, s.attacked, s.healthy)
	if s.short {
		time.Sleep(quietTime / 10)
	} else {
		time.Sleep(quietTime)
	}
	s.undisturbed = w.end()
	s.slowdown = slowdown()
}

// slowdown returns how long CPU work takes, as a multiple of its CPU time.
func slowdown() float64 {
	const work = 200 * time.Millisecond
	began, before := time.Now(), cpuTime()
	for cpuTime()-before < work {
	}
	return max(1, time.Since(began).Seconds()/work.Seconds())
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return time.Duration(time.Now().UnixNano()) // taken for an idle machine
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// attack adds hostile targets to the data source.
func (s *stage) attack(ctx context.Context, targets []map[string]any, more map[string]any) error {
	s.attacked = process.NewSource("attacked", merge(s.healthy, targets, more))
	return s.until(ctx, func() error { return s.touch(ctx) })
}

// touch asks for the healthy targets, which starts the scraping.
func (s *stage) touch(ctx context.Context) error {
	n, err := s.plugin.value(ctx, s.attacked, "modest", `count(up{node=~"healthy.*"} == 1)`)
	if err == nil && int(n) != healthyCount {
		err = fmt.Errorf("%.0f of %d healthy targets are up", n, healthyCount)
	}
	return err
}

// until repeats a check until it succeeds, the process ends, or the time is over. The error is the check's last one.
func (s *stage) until(ctx context.Context, check func() error) error {
	for deadline := time.Now().Add(time.Minute); ; {
		err := check()
		if err == nil || s.plugin.Dead() || time.Now().After(deadline) || ctx.Err() != nil {
			return err
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func (s *stage) selected(query string) bool {
	return len(s.words) == 0 || contains("heavy queries", s.words) || contains(query, s.words)
}

// report returns a line of the table.
func (s *stage) report(name string, took time.Duration, n noticed, said string) string {
	u := s.undisturbed
	row := fmt.Sprintf("%s | %s | %s | %s, %s (%s, %s) | %s (%s) | %s (%s)", name, brief(took), size(s.plugin.PeakMemory()),
		brief(n.light99), brief(n.light), brief(u.light99), brief(u.light), brief(n.alert), brief(u.alert), brief(n.scrape), brief(u.scrape))
	if said != "" {
		row += " | " + said
	}
	return row
}

// check returns an error for every bound that does not hold. Times are judged against the undisturbed ones of the same run, and
// the more generously the busier the machine is with other programs. The short form does not judge them at all.
func (s *stage) check(n noticed) error {
	var wrong []error
	if peak := s.plugin.PeakMemory(); peak > maxMemory {
		wrong = append(wrong, fmt.Errorf("memory: %s, and the bound is %s", size(peak), size(maxMemory)))
	}
	if s.short { // a slow machine may need longer than limits.queryTimeout
		n.failures = slices.DeleteFunc(n.failures, func(text string) bool { return strings.Contains(text, "the query took longer than") })
	}
	if len(n.failures) > 0 {
		wrong = append(wrong, fmt.Errorf("%d of %d queries of others failed, first: %s", len(n.failures), n.queries, cutText(n.failures[0])))
	}
	if !s.short {
		for _, t := range []struct {
			name         string
			took, before time.Duration
		}{
			{"p99 of a light query", n.light99, s.undisturbed.light99}, {"an alert rule", n.alert, s.undisturbed.alert}, {"a scrape", n.scrape, s.undisturbed.scrape},
		} {
			if bound := time.Duration(s.slowdown * float64(maxDelay)); t.took > t.before+bound {
				wrong = append(wrong, fmt.Errorf("%s: %s, undisturbed %s, and the bound is %s more", t.name, brief(t.took), brief(t.before), brief(bound)))
			}
		}
	}
	return errors.Join(wrong...)
}

func brief(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}

func size(bytes int64) string {
	if bytes == 0 {
		return "not measured"
	}
	return fmt.Sprintf("%d MB", bytes>>20)
}
