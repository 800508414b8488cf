package exposition

import (
	"math"
	"strconv"
	"strings"
)

// number parses a value: a decimal number, NaN or Inf.
func number(text []byte) (float64, bool) {
	if v, ok := plainNumber(text); ok {
		return v, true
	}
	word := string(text)
	switch strings.ToLower(strings.TrimLeft(word, "+-")) {
	case "nan": // C++ also writes -nan
		return math.NaN(), true
	case "inf", "infinity":
	default:
		if word == "" || strings.Trim(word, "0123456789+-.eE") != "" { // neither 0x1p4 nor 1_000
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(word, 64)
	return v, err == nil
}

// tens are the powers of ten that a float64 holds exactly.
var tens = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// plainNumber parses up to 15 digits with or without a decimal point, which covers nearly all values of Falco. The digits
// and the power of ten are both exact in a float64, so their quotient is the nearest float64.
func plainNumber(text []byte) (float64, bool) {
	var digits uint64
	count, decimals, point := 0, 0, false
	for _, c := range text {
		switch {
		case c >= '0' && c <= '9':
			digits = digits*10 + uint64(c-'0')
			count++
			if point {
				decimals++
			}
		case c == '.' && !point:
			point = true
		default:
			return 0, false
		}
	}
	if count == 0 || count > 15 {
		return 0, false
	}
	return float64(digits) / tens[decimals], true
}

// nanoTime parses a time in unix nanoseconds. A float64 is not exact beyond 2^53, so the time is truncated to whole
// milliseconds: math.Round(v/1e6) then returns them exactly, on every machine and in every language.
func nanoTime(text []byte) (float64, bool) {
	n, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil || n <= 1<<53 {
		return number(text)
	}
	return float64(n/1e6) * 1e6, true
}
