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
	scrapes := readScrapes(ctx, r, "up", start.Add(-window-4*qc.Times.Scrape), qc.Times.End)
	seconds := readScrapes(ctx, r, "scrape_duration_seconds", qc.Times.End.Add(-window), qc.Times.End)
	var late, slow []string
	var lost, wrong float64 // parts of a rate
	var lastLate time.Time
	for _, t := range qc.Targets.All {
		if t.State != target.Up {
			continue
		}
		node := target.NodeOf(t.Labels)
		if part, at := mostLost(succeeded(scrapes[node]), window, start, qc.Times.End, qc.Times.Step); part >= noticeableError {
			late, lost = append(late, qc.Targets.Name(t)), max(lost, part)
			if at.After(lastLate) {
				lastLate = at
			}
		}
		if part := spread(seconds[node]) / window.Seconds(); part >= noticeableError {
			slow, wrong = append(slow, qc.Targets.Name(t)), max(wrong, part)
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

// scrapeSample is a sample about a scrape.
type scrapeSample struct {
	at    int64 // unix milliseconds
	value float64
}

// readScrapes reads the samples of a metric about scrapes, by node.
func readScrapes(ctx context.Context, r *request.Request, metric string, from, to time.Time) map[target.Node][]scrapeSample {
	out := map[target.Node][]scrapeSample{}
	_, err := executor.Scan(ctx, r.Executor, []string{metric}, executor.Scope{}, from, to, func(l labels.Labels, all executor.Samples) {
		if l.Get(target.KindLabel) == target.KindNodeExporter {
			return
		}
		var samples []scrapeSample
		for at, v := range all {
			if executor.Finite(v) {
				samples = append(samples, scrapeSample{at, v})
			}
		}
		out[target.NodeOf(l)] = samples
	})
	if err != nil {
		return nil
	}
	return out
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
