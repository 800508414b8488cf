package scrape

import (
	"cmp"
	"slices"
	"strings"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// processIdentity tells one process from another behind the same address.
type processIdentity struct {
	host  string
	start int64 // unix ms; 0 if the process does not export it
}

// process returns the identity of the process that was scraped.
func (r *ScrapeResult) process(reading signals.Reading) (p processIdentity) {
	for _, s := range r.Samples {
		switch s.Series.Name {
		case reading.Host.Metric:
			p.host = s.Series.Labels.Get(reading.Host.Label)
		case reading.Start.Metric:
			p.start = int64(s.Value / 1e6)
		case reading.Scraping.ProcessStartMetric:
			p.start = cmp.Or(p.start, int64(s.Value*1e3))
		}
	}
	return p
}

// facts returns the catalogue's facts about a target, by id.
func (r *ScrapeResult) facts(reading signals.Reading) map[string]string {
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
func (r *ScrapeResult) checkKind(want signals.Endpoint, reading signals.Reading) *Failure {
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
	case want.Kind == KindFalco && len(reading.IdentifyingMetrics) > 0:
		return notFalco(want)
	}
	return nil
}
