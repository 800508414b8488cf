package executor

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/store"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

// resultNotices returns the notices for a result.
func (s *Prometheus) resultNotices(r store.Result, byHand bool) (out []data.Notice) {
	if r.Partial {
		out = append(out, data.Notice{Severity: data.NoticeSeverityWarning, Text: warningText(promapi.ErrPartial)})
	}
	for _, w := range r.Warnings {
		out = append(out, data.Notice{Severity: data.NoticeSeverityWarning, Text: warningText(errors.New(w))})
	}
	for _, info := range r.Infos {
		out = append(out, data.Notice{Severity: data.NoticeSeverityInfo, Text: warningText(errors.New(info))})
	}
	if len(r.Dips) > 0 {
		out = append(out, data.Notice{Severity: data.NoticeSeverityWarning, Text: s.dipNotice(r.Dips, byHand)})
	}
	return out
}

// dipNotice lists the counters that fell without a restart.
func (s *Prometheus) dipNotice(dips []store.Dip, counted bool) string {
	latest := dips[0].To
	names := map[string]bool{}
	for _, d := range dips {
		name := d.Node
		if d.Cluster != "" {
			name = d.Cluster + "/" + d.Node
		}
		names[name] = true
		if d.To.After(latest) {
			latest = d.To
		}
	}
	effect := "The plugin left out the samples in between."
	if counted {
		effect = "rate() and increase() take that for a reset and are too high around it."
	}
	return fmt.Sprintf("Counters of %s fell without a restart and came back, most recently before %s. %s %s",
		wording.List(slices.Sorted(maps.Keys(names))), latest.UTC().Format("2006-01-02 15:04 UTC"), effect, s.Config.Catalogue.Store.CounterDips.Cause)
}

const partialResult = "The Prometheus server returned a partial result because one of its components did not answer. Figures may be missing or too low. Check the health of its components."

// warningText returns the text for a warning. Thanos warns about components that it cannot reach.
func warningText(warning error) string {
	var downsampled promapi.Downsampled
	switch {
	case errors.As(warning, &downsampled):
		return downsampled.Error()
	case errors.Is(warning, promapi.ErrPartial):
		return partialResult
	}
	text := "The Prometheus server says: " + wording.Sentence(warning.Error())
	for _, word := range []string{"partial", "No StoreAPIs matched", "fetch series", "receive series"} {
		if strings.Contains(warning.Error(), word) {
			return partialResult + " " + text
		}
	}
	return text
}
