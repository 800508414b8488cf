package query

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// Times says when a query is evaluated.
type Times struct {
	Start, End time.Time
	Step       time.Duration // for an instant query only the value of $__interval
	Length     time.Duration // of the requested range
	Scrape     time.Duration
}

// maxPoints is the largest number of points per series that Prometheus returns.
const maxPoints = 11_000

// NewTimes aligns the range to the step, so that refreshing a panel moves no point. The step is Grafana's interval, but at
// least the scrape interval, and long enough that a series has no more points than the panel asked for.
func NewTimes(q backend.DataQuery, scrape time.Duration) Times {
	length := max(0, q.TimeRange.To.Sub(q.TimeRange.From))
	step := max(q.Interval, scrape, length/maxPoints)
	if q.MaxDataPoints > 0 {
		step = max(step, length/time.Duration(q.MaxDataPoints))
	}
	step = (step + time.Second - 1).Truncate(time.Second)
	return Times{
		Start: Align(q.TimeRange.From, step), End: Align(q.TimeRange.To, step),
		Step: step, Length: length, Scrape: scrape,
	}
}

// Align rounds down to a multiple of the step since 1970, as Grafana's Prometheus data source does.
func Align(t time.Time, step time.Duration) time.Time {
	ms := t.UnixMilli()
	return time.UnixMilli(ms - ms%step.Milliseconds()).UTC()
}

// AtEnd returns the times of an instant query, which is evaluated at the end of the range as requested.
func (t Times) AtEnd(q backend.DataQuery) Times {
	t.Start, t.End = q.TimeRange.To, q.TimeRange.To
	return t
}

// Coarsen lengthens the step until the range has no more than the given number of steps.
func (t Times) Coarsen(most int) Times {
	if step := t.Length / time.Duration(most); step > t.Step {
		begin := t.End.Add(-t.Length)
		t.Step = (step + time.Second - 1).Truncate(time.Second)
		t.Start, t.End = Align(begin, t.Step), Align(t.End, t.Step)
	}
	return t
}

// fewestSteps is the number of steps that a history should have if it is shorter than the range.
const fewestSteps = 50

// Within restricts a range to a history that starts at since. If the history has few of its steps, or none at all, the step
// is halved until it has enough, but is never below the scrape interval. A history of less than two scrape intervals may lie
// between two steps, so it is evaluated at its end. end is the end of the requested range.
func (t Times) Within(since, end time.Time) Times {
	if since.IsZero() || !since.After(t.Start) || !since.Before(end) {
		return t
	}
	if end.Sub(since) < 2*t.Scrape {
		t.Start, t.End = end, end
		return t
	}
	for end.Sub(since) < fewestSteps*t.Step {
		half := (max(t.Step/2, t.Scrape) + time.Second - 1).Truncate(time.Second)
		if half >= t.Step {
			break
		}
		t.Step = half
	}
	t.Start, t.End = Align(since, t.Step), Align(end, t.Step)
	return t
}

var macro = regexp.MustCompile(`\$\{__[a-z_]+\}|\$__[a-z_]+`)

// ExpandMacros replaces Grafana's macros. Unknown macros stay, so that the PromQL parser reports them.
func (t Times) ExpandMacros(text string) string {
	return macro.ReplaceAllStringFunc(text, func(found string) string {
		switch strings.Trim(found, "${}") {
		case "__rate_interval":
			return signals.FormatDuration(signals.RateInterval(t.Step, t.Scrape))
		case "__interval":
			return signals.FormatDuration(t.Step)
		case "__interval_ms":
			return strconv.FormatInt(t.Step.Milliseconds(), 10)
		case "__range", "__live":
			return strconv.FormatInt(t.seconds(), 10) + "s"
		case "__range_s":
			return strconv.FormatInt(t.seconds(), 10)
		case "__range_ms":
			return strconv.FormatInt(t.Length.Milliseconds(), 10)
		}
		return found
	})
}

// seconds returns the length of the range, at least 1 because a window of 0 s is invalid.
func (t Times) seconds() int64 { return max(1, int64(math.Round(t.Length.Seconds()))) }
