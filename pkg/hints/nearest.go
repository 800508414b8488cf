package hints

import (
	"slices"
	"strings"
)

// nearestMetric is nearest for metrics. One that differs only in the first two words, namespace and subsystem, comes first.
func nearestMetric(name string, names []string) string {
	if own := withoutSubsystem(name); own != "" {
		for _, other := range slices.Sorted(slices.Values(names)) {
			if other != name && withoutSubsystem(other) == own {
				return other
			}
		}
	}
	return nearest(name, names)
}

// nearest returns the most similar name, or "" if all of them differ in more than a third of their characters. Names in
// which only words are missing are similar, too: cpu_usage is near falcosecurity_falco_cpu_usage_ratio.
func nearest(name string, names []string) string {
	best, least := "", len(name)/3+1
	for _, other := range slices.Sorted(slices.Values(names)) {
		if d := distance(name, other); d < least && d > 0 {
			best, least = other, d
		}
	}
	if best != "" || len(name) < 5 {
		return best
	}
	i := slices.IndexFunc(names, func(other string) bool { return strings.Contains(other, name) })
	if i < 0 {
		return ""
	}
	return names[i]
}

// withoutSubsystem removes the first two words of a metric's name.
func withoutSubsystem(name string) string {
	words := strings.SplitN(name, "_", 3)
	if len(words) < 3 {
		return ""
	}
	return words[2]
}

// distance returns the Levenshtein distance of two texts.
func distance(a, b string) int {
	previous := make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := range len(a) {
		current := make([]int, len(b)+1)
		current[0] = i + 1
		for j := range len(b) {
			substitution := previous[j]
			if a[i] != b[j] {
				substitution++
			}
			current[j+1] = min(substitution, previous[j+1]+1, current[j]+1)
		}
		previous = current
	}
	return previous[len(b)]
}
