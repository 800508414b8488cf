package scrape

import (
	"strconv"
	"strings"
)

// isAtLeast reports whether a version is minimum or later. It ignores what follows the numbers, such as -rc1. Text that is
// not a version is not at least anything.
func isAtLeast(version, minimum string) bool {
	have, want := versionNumbers(version), versionNumbers(minimum)
	if len(have) == 0 || len(want) == 0 {
		return false
	}
	for i, number := range want {
		if i >= len(have) || have[i] < number {
			return false
		}
		if have[i] > number {
			return true
		}
	}
	return true
}

// versionNumbers returns the numbers at the beginning of a version, at most three.
func versionNumbers(version string) (numbers []int) {
	version, _, _ = strings.Cut(strings.TrimPrefix(version, "v"), "+")
	version, _, _ = strings.Cut(version, "-")
	for _, part := range strings.SplitN(version, ".", 4) {
		number, err := strconv.Atoi(part)
		if err != nil || len(numbers) == 3 {
			break
		}
		numbers = append(numbers, number)
	}
	return numbers
}
