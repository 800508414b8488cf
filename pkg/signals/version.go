package signals

import (
	"strconv"
	"strings"
)

// OlderVersion compares major and minor versions. A version that is not a number is not older.
func OlderVersion(version, than string) bool {
	a, okA := majorMinor(version)
	b, okB := majorMinor(than)
	return okA && okB && (a[0] < b[0] || a[0] == b[0] && a[1] < b[1])
}

func majorMinor(version string) (parts [2]int, ok bool) {
	words := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	if len(words) < 2 {
		return parts, false
	}
	for i := range parts {
		n, err := strconv.Atoi(words[i])
		if err != nil {
			return parts, false
		}
		parts[i] = n
	}
	return parts, true
}
