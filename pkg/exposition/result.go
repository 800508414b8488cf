package exposition

import (
	"cmp"
	"slices"
	"strings"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// ProcessIdentity tells one process from another behind the same address.
type ProcessIdentity struct {
	Host  string
	Start int64 // unix ms; 0 if the process does not export it
}

// Process returns the identity of the process that was scraped.
func (r *Result) Process(reading signals.Reading) (p ProcessIdentity) {
	for _, s := range r.Samples {
		switch s.Series.Name {
		case reading.Host.Metric:
			p.Host = s.Series.Labels.Get(reading.Host.Label)
		case reading.NodeExporterHost.Metric:
			p.Host = s.Series.Labels.Get(reading.NodeExporterHost.Label)
		case reading.Start.Metric:
			p.Start = int64(s.Value / 1e6)
		case reading.Scraping.ProcessStartMetric:
			p.Start = cmp.Or(p.Start, int64(s.Value*1e3))
		}
	}
	return p
}

// Facts returns the catalogue's facts about a target, by id.
func (r *Result) Facts(reading signals.Reading) map[string]string {
	facts := map[string]string{}
	for _, f := range reading.Facts {
		for _, s := range r.Samples {
			if s.Series.Name != f.Metric {
				continue
			}
			value := s.Series.Labels.Get(f.Label)
			if value == "" {
				continue
			}
			if !slices.Contains(f.Last, value) {
				facts[f.ID] = value
				break
			}
			facts[f.ID] = cmp.Or(facts[f.ID], value)
		}
	}
	return facts
}

// checkKind fails for metrics of another kind than expected. A Falcosidekick without metrics of its own is accepted,
// because its counters only appear with the first event.
func (r *Result) checkKind(want signals.Endpoint, reading signals.Reading) *target.Failure {
	other := ""
	for _, mark := range reading.IdentifyingMetrics {
		for name := range r.Names {
			if strings.HasPrefix(name, mark.Prefix) {
				if mark.Kind == want.Kind {
					return nil
				}
				other = mark.Kind
			}
		}
	}
	switch {
	case other != "":
		return wrongKind(want, reading.Scraping.Endpoint(other))
	case want.Kind != target.KindFalcosidekick && len(reading.IdentifyingMetrics) > 0:
		return notMetricsOf(want)
	}
	return nil
}

// ProcessTimes are the start and reload times of a process as it exports them. The zero value means unknown.
type ProcessTimes struct{ Start, Reload float64 }

// ProcessTimes returns the times of the process that was scraped.
func (r *Result) ProcessTimes(reading signals.Reading) (p ProcessTimes) {
	fallback := 0.0
	for _, s := range r.Samples {
		switch s.Series.Name {
		case reading.Start.Metric:
			p.Start = s.Value
		case reading.Reload.Metric:
			p.Reload = s.Value
		case reading.Scraping.ProcessStartMetric:
			fallback = s.Value
		}
	}
	if p.Start == 0 {
		p.Start = fallback
	}
	return p
}
