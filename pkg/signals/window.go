package signals

import (
	"fmt"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
)

// RateInterval is the shortest window over which a rate is sound at this step: it holds at least
// four scrapes, and neighbouring steps overlap by one.
func RateInterval(step, scrapeInterval time.Duration) time.Duration {
	return max(step+scrapeInterval, 4*scrapeInterval)
}

// window reads a query's window: empty, a duration such as 5m, $__range, $__live, $__interval or $__rate_interval.
func (o CompileOptions) window(text string) (time.Duration, error) {
	length, known := o.named(text)
	if !known {
		parsed, err := model.ParseDuration(text)
		length, known = time.Duration(parsed), err == nil
	}
	if !known || length <= 0 {
		return 0, fmt.Errorf("the window %q is no duration; expected something like 90s, 5m, $__range, $__interval or $__rate_interval", text)
	}
	return length, nil
}

// served is a window, cut to the longest that serves the signal; at least four scrapes are taken.
func (s *Signal) served(window time.Duration, o CompileOptions) (time.Duration, error) {
	if s.MaxWindow == "" {
		return window, nil
	}
	longest, err := model.ParseDuration(s.MaxWindow)
	if err != nil {
		return 0, fmt.Errorf("signal %q: its longest window: %w", s.ID, err)
	}
	return min(window, max(time.Duration(longest), 4*o.ScrapeInterval)), nil
}

// longestOffset is how far an offset may look back: a whole second within the history, so that it finds the first sample
// instead of nothing.
func (o CompileOptions) longestOffset(window time.Duration) time.Duration {
	if o.History == 0 {
		return window
	}
	return max((o.History - 1).Truncate(time.Second), time.Second)
}

// covered is a window, cut to what there is of the history: a rate over a longer one would be too low.
func (o CompileOptions) covered(window time.Duration) time.Duration {
	if o.History == 0 {
		return window
	}
	return min(window, o.History)
}

func (o CompileOptions) named(text string) (time.Duration, bool) {
	switch text {
	case "", "$__rate_interval", "${__rate_interval}":
		return RateInterval(o.Step, o.ScrapeInterval), true
	case "$__interval", "${__interval}":
		return o.Step, true
	case "$__range", "${__range}", "$__live", "${__live}": // only the browser knows how long it has been watching
		return o.Range, true
	}
	return 0, false
}

// FormatDuration writes a duration as PromQL reads it: 90s, or 1500ms where seconds do not do.
func FormatDuration(d time.Duration) string {
	if d%time.Second == 0 {
		return strconv.FormatInt(int64(d/time.Second), 10) + "s"
	}
	return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
}
