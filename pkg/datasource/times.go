package datasource

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// times is when a query is evaluated.
type times struct {
	start, end time.Time
	step       time.Duration // also of an instant query, where it only stands for $__interval
	length     time.Duration // of the range asked for
	scrape     time.Duration
}

// mostPoints is how many points Prometheus gives a series at most.
const mostPoints = 11_000

// timesOf aligns the range to the step, so that refreshing a panel moves no point. The step is
// Grafana's interval, but never shorter than the scrape interval, and never so short that a series
// would have more points than the panel asked for.
func timesOf(q backend.DataQuery, scrape time.Duration) times {
	length := max(0, q.TimeRange.To.Sub(q.TimeRange.From))
	step := max(q.Interval, scrape, length/mostPoints)
	if q.MaxDataPoints > 0 {
		step = max(step, length/time.Duration(q.MaxDataPoints))
	}
	step = (step + time.Second - 1).Truncate(time.Second)
	return times{
		start: align(q.TimeRange.From, step), end: align(q.TimeRange.To, step),
		step: step, length: length, scrape: scrape,
	}
}

// align goes back to a multiple of the step since 1970, as Prometheus's data source does.
func align(t time.Time, step time.Duration) time.Time {
	ms := t.UnixMilli()
	return time.UnixMilli(ms - ms%step.Milliseconds()).UTC()
}

// at is the time of an instant query: the end of the range as it was asked for.
func (t times) at(q backend.DataQuery) times {
	t.start, t.end = q.TimeRange.To, q.TimeRange.To
	return t
}

// coarse takes steps so long that a range has no more of them than most.
func (t times) coarse(most int) times {
	if step := t.length / time.Duration(most); step > t.step {
		begin := t.end.Add(-t.length)
		t.step = (step + time.Second - 1).Truncate(time.Second)
		t.start, t.end = align(begin, t.step), align(t.end, t.step)
	}
	return t
}

var macro = regexp.MustCompile(`\$\{__[a-z_]+\}|\$__[a-z_]+`)

// expand replaces Grafana's macros; unknown ones stay, for PromQL to complain of.
func (t times) expand(text string) string {
	return macro.ReplaceAllStringFunc(text, func(found string) string {
		switch strings.Trim(found, "${}") {
		case "__rate_interval":
			return signals.FormatDuration(signals.RateInterval(t.step, t.scrape))
		case "__interval":
			return signals.FormatDuration(t.step)
		case "__interval_ms":
			return strconv.FormatInt(t.step.Milliseconds(), 10)
		case "__range", "__live":
			return strconv.FormatInt(t.seconds(), 10) + "s"
		case "__range_s":
			return strconv.FormatInt(t.seconds(), 10)
		case "__range_ms":
			return strconv.FormatInt(t.length.Milliseconds(), 10)
		}
		return found
	})
}

// seconds of the range, never 0: a window of nothing is no window.
func (t times) seconds() int64 { return max(1, int64(math.Round(t.length.Seconds()))) }
