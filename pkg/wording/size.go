package wording

import "fmt"

// Size formats a number of bytes for people.
func Size(bytes int64) string {
	switch {
	case bytes < 1024:
		return fmt.Sprintf("%d bytes", bytes)
	case bytes < 1024*1024:
		return fmt.Sprintf("%.4g KiB", float64(bytes)/1024)
	}
	return fmt.Sprintf("%.4g MiB", float64(bytes)/(1024*1024))
}
