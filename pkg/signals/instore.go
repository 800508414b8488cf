package signals

import "slices"

// InStore is the catalogue for a store that holds some metrics of others than Falco: signals that read them do. What they
// are worked out of then lacks nothing that Falco's own answer might.
func (c *Catalogue) InStore(holds func(metric string) bool) *Catalogue {
	out := *c
	out.Signals = slices.Clone(c.Signals)
	for i := range out.Signals {
		s := &out.Signals[i]
		if s.InStore == nil || slices.ContainsFunc(s.InStore.Metrics, func(m string) bool { return !holds(m) }) {
			continue
		}
		s.Expr, s.NoValueReason = s.InStore.Expr, ""
		s.Description += " " + s.InStore.ExtraDescription
	}
	return &out
}
