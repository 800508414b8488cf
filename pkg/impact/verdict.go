package impact

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

// result is a figure of a roll-out with its estimate.
type result struct {
	figure
	estimate
	block time.Duration
}

// measurable reports whether the figure changed beyond doubt: 1 means that it is higher, -1 that it is lower, 0 that neither
// is certain.
func (r result) measurable() int {
	switch {
	case r.lack != lacksNothing:
		return 0
	case r.low > 0:
		return 1
	case r.high < 0:
		return -1
	}
	return 0
}

// certain returns the end of the interval that is closer to no change, 0 if that is within, and NaN without an interval. It
// is positive if the figure became worse, or higher if neither direction is worse.
func (r result) certain() float64 {
	if r.lack != lacksNothing {
		return math.NaN()
	}
	value := 0.0
	switch r.measurable() {
	case 1:
		value = r.low
	case -1:
		value = r.high
	}
	if r.worse == "lower" && value != 0 {
		return -value
	}
	return value
}

// level returns the level of the verdict: ok, warning, info or unknown.
func (r result) level() string {
	switch {
	case r.lack != lacksNothing:
		return "unknown"
	case r.measurable() == 0:
		return "ok"
	case r.worse == "":
		return "info"
	case r.certain() > 0:
		return "warning"
	}
	return "ok"
}

// verdict says in words how the figure changed.
func (r result) verdict() string {
	switch r.lack {
	case lacksValues:
		return "not enough data: no values"
	case lacksTime:
		return "not enough data: " + minutes(time.Duration(r.covered)*r.block)
	case lacksNodes:
		return fmt.Sprintf("not enough data: %s, %s", wording.Count(r.nodes, "node"), minutes(time.Duration(r.covered)*r.block))
	case lacksEarlier:
		return "not enough data: no unchanged nodes, short history"
	}
	than := ""
	if !r.controlled {
		than = " than before; no unchanged nodes to compare with"
	}
	switch r.measurable() {
	case 1:
		return "higher by " + r.amount(r.low, r.high) + than
	case -1:
		return "lower by " + r.amount(-r.high, -r.low) + than
	}
	if !r.controlled {
		return "no change beyond earlier variation; no unchanged nodes to compare with"
	}
	return "no measurable change"
}

// minutes writes a time of whole minutes.
func minutes(d time.Duration) string {
	if d%time.Hour == 0 && d > 0 {
		return wording.Count(int(d/time.Hour), "hour")
	}
	return wording.Count(int(d/time.Minute), "minute")
}

// amount writes a range of positive changes, such as "4–9 %", "0.4–0.9 percentage points" or "12 MiB to 20 MiB".
func (r result) amount(low, high float64) string {
	switch {
	case !r.estimate.absolute:
		return span(100*low, 100*high) + " %"
	case r.unit == "percentunit":
		return span(100*low, 100*high) + " percentage points"
	}
	return frames.WithUnit(r.unit, low) + " to " + frames.WithUnit(r.unit, high)
}

// span writes a range of numbers with as many decimals as its upper end needs.
func span(low, high float64) string {
	decimals := 0
	if high < 3 {
		decimals = min(4, int(math.Ceil(-math.Log10(math.Max(high, 1e-4))))+1)
	}
	from, to := fixed(low, decimals), fixed(high, decimals)
	if from == to {
		return "about " + to
	}
	return from + "–" + to
}

func fixed(value float64, decimals int) string {
	text := strconv.FormatFloat(value, 'f', decimals, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// smallestShare is the smallest share that is not shown as 0: below, it is rounding.
const smallestShare = 5e-5

// signed writes a change with its sign, such as "+4.2 %".
func (r result) signed(change float64) string {
	if math.IsNaN(change) || math.IsInf(change, 0) {
		return ""
	}
	sign, size := "+", math.Abs(change)
	switch {
	case (!r.estimate.absolute || r.unit == "percentunit") && size < smallestShare:
		sign, size = "", 0
	case change < 0:
		sign = "−"
	}
	switch {
	case !r.estimate.absolute:
		return sign + frames.WithUnit("percentunit", size)
	case r.unit == "percentunit":
		return sign + strings.TrimSuffix(frames.WithUnit("percentunit", size), " %") + " pp"
	}
	return sign + frames.WithUnit(r.unit, size)
}

// interval writes the interval of the change; it is empty without one.
func (r result) interval() string {
	if r.lack != lacksNothing {
		return ""
	}
	return r.signed(r.low) + " to " + r.signed(r.high)
}

// measured writes a value as measured; it is empty without one.
func (r result) measured(value float64) string {
	if math.IsNaN(value) {
		return ""
	}
	if r.signal != nil {
		return frames.Text(r.signal, value)
	}
	return frames.WithUnit(r.unit, value)
}

// signalOfChange describes numbers of the report.
var signalOfChange = &signals.Signal{
	ID: "impact", Title: "Certain change", Unit: "percentunit",
	Description: "The end of the 95 % interval of a change that is closer to no change, and 0 without a measurable change. Above 0 the figure became worse, or higher if neither direction is worse. It is a share of the value before, or a difference in the unit of the figure where a share says little.",
}
