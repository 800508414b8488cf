package frames

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// Text formats a value of a signal for a sentence: "5.2 %", "512 MiB", "3 h 5 min".
func Text(s *signals.Signal, value float64) string {
	for _, v := range s.Values {
		if v.Value == value {
			return v.Text
		}
	}
	if s.Decimals != nil && *s.Decimals == 0 {
		value = whole(s.Unit, value)
	}
	return WithUnit(s.Unit, value)
}

// whole rounds a value that is shown without decimals.
func whole(unit string, value float64) float64 {
	switch unit {
	case "percentunit":
		return math.Round(100*value) / 100
	case "percent", "short", "":
		return math.Round(value)
	}
	return value
}

// WithUnit formats a value with one of Grafana's units. For an unknown unit it returns only the number.
func WithUnit(unit string, value float64) string {
	switch unit {
	case "percentunit":
		return percentage(value * 100)
	case "percent":
		return percentage(value)
	case "bytes":
		return scale(value, 1024, "B", "KiB", "MiB", "GiB", "TiB", "PiB")
	case "s", "dtdhms":
		return duration(value)
	case "ms":
		return duration(value / 1000)
	case "ns":
		if math.Abs(value) < 1e9 {
			return scale(value, 1000, "ns", "µs", "ms")
		}
		return duration(value / 1e9)
	case "locale":
		return thousands(math.Round(value))
	case "eps":
		return rate(value, "events/s")
	case "cps", "ops", "reqps":
		return rate(value, "/s")
	}
	if per, counted := strings.CutPrefix(unit, "count:"); counted {
		return rate(value, per)
	}
	return strings.ReplaceAll(scale(value, 1000, "", "K", "M", "G", "T"), " ", "")
}

// percentage formats per cents. The digits of nearly nothing say less than that it is less than 0.01 %.
func percentage(value float64) string {
	switch {
	case value > 0 && value < 0.01:
		return "<0.01 %"
	case value < 0 && value > -0.01:
		return ">-0.01 %"
	}
	return number(value) + " %"
}

// thousands formats a whole number with thousands separators.
func thousands(value float64) string {
	digits := strconv.FormatFloat(math.Abs(value), 'f', 0, 64)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if value < 0 {
		return "-" + digits
	}
	return digits
}

// rate formats a number per time, or of things, as Grafana does: "93.5K events/s", "974/s".
func rate(value float64, per string) string {
	text := "<0.01"
	if value <= 0 || value >= 0.01 {
		text = strings.ReplaceAll(scale(value, 1000, "", "K", "M", "G"), " ", "")
	}
	if strings.HasPrefix(per, "/") {
		return text + per
	}
	return text + " " + per
}

// number formats a number with three significant digits.
func number(value float64) string {
	digits := 2
	switch size := math.Abs(value); {
	case size >= 100:
		digits = 0
	case size >= 10:
		digits = 1
	case size > 0 && size < 1e-7:
		return strconv.FormatFloat(value, 'g', 2, 64)
	case size > 0 && size < 0.01:
		digits = 1 - int(math.Floor(math.Log10(size))) // two significant ones
	}
	text := strconv.FormatFloat(value, 'f', digits, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

func scale(value, step float64, units ...string) string {
	i := 0
	for i < len(units)-1 && math.Abs(value) >= step {
		value /= step
		i++
	}
	return number(value) + " " + units[i]
}

func duration(seconds float64) string {
	whole := int64(math.Round(math.Abs(seconds)))
	sign := ""
	if seconds < 0 {
		sign = "-"
	}
	two := func(a int64, big string, b int64, small string) string {
		if b == 0 {
			return fmt.Sprintf("%s%d %s", sign, a, big)
		}
		return fmt.Sprintf("%s%d %s %d %s", sign, a, big, b, small)
	}
	switch {
	case seconds == 0:
		return "0 s"
	case math.Abs(seconds) < 1:
		return scale(seconds*1e9, 1000, "ns", "µs", "ms")
	case whole < 60:
		return number(seconds) + " s"
	case whole < 3600:
		return two(whole/60, "min", whole%60, "s")
	case whole < 86400:
		return two(whole/3600, "h", whole%3600/60, "min")
	}
	return two(whole/86400, "d", whole%86400/3600, "h")
}
