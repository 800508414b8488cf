package notices

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

const (
	// maxScannedScrapes limits the scrapes that are looked at for one query. Of a longer range, the end is looked at.
	maxScannedScrapes = 200_000
	// noticeableError is the part of a rate from which on an error has a notice.
	noticeableError = 0.02
)

// unevenScrapes names the nodes whose rates are wrong because scrapes were late, missed or slow. PromQL takes samples to come
// evenly: where one is missing at an end of a window, it extrapolates by half an interval only. It also takes a sample to be
// of the time of its request, although a slow response may be of any time until its end.
func unevenScrapes(ctx context.Context, r *request.Request, qc *request.QueryContext) string {
	window, _ := rateWindows(qc)
	if window == 0 || r.Executor.HistoryStart().IsZero() { // a Prometheus server would have to send every sample of up
		return ""
	}
	start := qc.Times.Start
	if qc.Query.Instant {
		start = qc.Times.End
	}
	longest := time.Duration(maxScannedScrapes/max(1, len(qc.Targets.All))) * qc.Times.Scrape
	for qc.Times.End.Sub(start)+window > longest && start.Before(qc.Times.End) {
		start = start.Add(max(qc.Times.Step, qc.Times.End.Sub(start)/2).Truncate(qc.Times.Step))
	}
	millis := func(t time.Time) time.Time { return time.UnixMilli(t.UnixMilli()) } // equal times are equal keys
	key := unevenKey{window, millis(start), millis(qc.Times.End), qc.Times.Step, qc.Times.Scrape}
	found, err := request.Keep(r, key, qc.Times.End, func() (map[target.Node]uneven, error) { return findUneven(ctx, r, key) })
	if err != nil {
		return ""
	}
	var late, slow []string
	var lost, wrong float64 // parts of a rate
	var lastLate time.Time
	for _, t := range qc.Targets.All {
		one := found[target.NodeOf(t.Labels)]
		if t.State != target.Up {
			continue
		}
		if one.lost > 0 {
			late, lost = append(late, qc.Targets.Name(t)), max(lost, one.lost)
			if one.lastLate.After(lastLate) {
				lastLate = one.lastLate
			}
		}
		if one.wrong > 0 {
			slow, wrong = append(slow, qc.Targets.Name(t)), max(wrong, one.wrong)
		}
	}
	switch {
	case len(late) > 0:
		return fmt.Sprintf("Scrapes of %s were late or failed, last before %s. Rates whose window of %.0f s begins or ends there are up to %.0f %% too low.",
			wording.List(late), second(r, lastLate), window.Seconds(), 100*lost)
	case len(slow) > 0:
		return fmt.Sprintf("Some responses of %s were slow. Rates over the window of %.0f s are wrong by up to %.0f %%.",
			wording.List(slow), window.Seconds(), 100*wrong)
	}
	return ""
}

// unevenKey is what the errors of rates by uneven scrapes depend on: the window of the rates and the steps of the query.
type unevenKey struct {
	window     time.Duration
	start, end time.Time
	step       time.Duration
	interval   time.Duration // of scrapes
}

// uneven is how wrong the rates of a node are. The parts are 0 unless they are noticeable.
type uneven struct {
	lost, wrong float64   // parts of a rate, because of late and of slow scrapes
	lastLate    time.Time // the end of the last window in which scrapes were late
}

// findUneven returns the nodes whose rates are noticeably wrong.
func findUneven(ctx context.Context, r *request.Request, k unevenKey) (map[target.Node]uneven, error) {
	out := map[target.Node]uneven{}
	// Of several series of a node, the last one counts.
	err := readScrapes(ctx, r, "up", k.start.Add(-k.window-4*k.interval), k.end, func(n target.Node, up []scrapeSample) {
		delete(out, n)
		if part, at := mostLost(succeeded(up), k.window, k.start, k.end, k.step); part >= noticeableError {
			out[n] = uneven{lost: part, lastLate: at}
		}
	})
	if err != nil {
		return nil, err
	}
	err = readScrapes(ctx, r, "scrape_duration_seconds", k.end.Add(-k.window), k.end, func(n target.Node, seconds []scrapeSample) {
		one := out[n]
		if one.wrong = spread(seconds) / k.window.Seconds(); one.wrong < noticeableError {
			one.wrong = 0
		}
		if out[n] = one; one == (uneven{}) {
			delete(out, n)
		}
	})
	return out, err
}

// scrapeSample is a sample about a scrape.
type scrapeSample struct {
	at    int64 // unix milliseconds
	value float64
}

// readScrapes reads the samples of a metric about scrapes, node by node. visit must not keep them.
func readScrapes(ctx context.Context, r *request.Request, metric string, from, to time.Time, visit func(target.Node, []scrapeSample)) error {
	var samples []scrapeSample
	_, err := executor.Scan(ctx, r.Executor, []string{metric}, executor.Scope{}, from, to, func(l labels.Labels, all executor.Samples) {
		if l.Get(target.KindLabel) == target.KindNodeExporter {
			return
		}
		samples = samples[:0]
		for at, v := range all {
			if executor.Finite(v) {
				samples = append(samples, scrapeSample{at, v})
			}
		}
		visit(target.NodeOf(l), samples)
	})
	return err
}

// succeeded removes the scrapes that failed.
func succeeded(up []scrapeSample) []scrapeSample {
	return slices.DeleteFunc(up, func(s scrapeSample) bool { return s.value != 1 })
}

// mostLost returns the largest part of a rate that PromQL does not extrapolate to the ends of a window that ends at a step,
// and the end of the last window where it is noticeable. Windows that begin before the first scrape do not count.
func mostLost(scrapes []scrapeSample, window time.Duration, start, end time.Time, step time.Duration) (most float64, last time.Time) {
	first, next := 0, 0 // of the scrapes in a window, and after it
	for at := start.UnixMilli(); at <= end.UnixMilli(); at += step.Milliseconds() {
		begin := at - window.Milliseconds()
		for next < len(scrapes) && scrapes[next].at <= at {
			next++
		}
		for first < next && scrapes[first].at <= begin {
			first++
		}
		if first == 0 || next-first < 2 {
			continue
		}
		from, to := scrapes[first].at, scrapes[next-1].at
		average := float64(to-from) / float64(next-first-1)
		lost := 0.0
		for _, gap := range []int64{from - begin, at - to} {
			if float64(gap) >= 1.1*average { // as extrapolatedRate does
				lost += float64(gap) - average/2
			}
		}
		if part := lost / float64(window.Milliseconds()); part >= noticeableError {
			most, last = max(most, part), time.UnixMilli(at)
		}
	}
	return most, last
}

// spread returns the difference between the largest and the smallest value.
func spread(samples []scrapeSample) float64 {
	if len(samples) == 0 {
		return 0
	}
	byValue := func(a, b scrapeSample) int { return cmp.Compare(a.value, b.value) }
	return slices.MaxFunc(samples, byValue).value - slices.MinFunc(samples, byValue).value
}
