package target

import "fmt"

// Failure is why a scrape or a discovery failed: what failed, why, and what to change. The message does not name the
// address, so that one line can report the same failure of many targets.
type Failure struct {
	Cause   Cause
	Message string
}

func (f *Failure) Error() string { return f.Message }

// Failf returns a Failure with a formatted message.
func Failf(c Cause, format string, values ...any) *Failure {
	return &Failure{Cause: c, Message: fmt.Sprintf(format, values...)}
}
