package query

// First returns the first rows of a table. A limit of 0 means all rows.
func First[T any](rows []T, most int) []T {
	if most == 0 {
		return rows
	}
	return rows[:min(most, len(rows))]
}
