package signals

import "slices"

// InStore returns the catalogue for a Prometheus server: signals use the metrics of other exporters if the server has all of
// them. Such a signal has no reason to lack a value.
func (c *Catalogue) InStore(has func(metric string) bool) *Catalogue {
	out := *c
	out.Signals = slices.Clone(c.Signals)
	for i := range out.Signals {
		s := &out.Signals[i]
		if s.InStore == nil || slices.ContainsFunc(s.InStore.Metrics, func(m string) bool { return !has(m) }) {
			continue
		}
		s.Expr, s.NoValueReason = s.InStore.Expr, ""
		s.Description += " " + s.InStore.ExtraDescription
	}
	return &out
}
