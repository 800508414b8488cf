package datasource

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/store"
)

// notices returns what the panel has to say of a result.
func (s *stored) notices(r store.Result, byHand bool) (out []data.Notice) {
	if r.Partial {
		out = append(out, data.Notice{Severity: data.NoticeSeverityWarning, Text: noticeOf(store.ErrPartial)})
	}
	for _, w := range r.Warnings {
		out = append(out, data.Notice{Severity: data.NoticeSeverityWarning, Text: noticeOf(errors.New(w))})
	}
	for _, info := range r.Infos {
		out = append(out, data.Notice{Severity: data.NoticeSeverityInfo, Text: noticeOf(errors.New(info))})
	}
	if len(r.Dips) > 0 {
		out = append(out, data.Notice{Severity: data.NoticeSeverityWarning, Text: s.dipNotice(r.Dips, byHand)})
	}
	return out
}

// dipNotice says which counters fell without a restart.
func (s *stored) dipNotice(dips []store.Dip, counted bool) string {
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
		list(slices.Sorted(maps.Keys(names))), latest.UTC().Format("2006-01-02 15:04 UTC"), effect, s.config.Catalogue.Store.CounterDips.Cause)
}

const partialAnswer = "The Prometheus server returned a partial result because one of its components did not answer. Figures may be missing or too low. Check the health of its components."

// noticeOf returns the text of a warning. Thanos warns about components that it cannot reach.
func noticeOf(warning error) string {
	var downsampled store.Downsampled
	switch {
	case errors.As(warning, &downsampled):
		return downsampled.Error()
	case errors.Is(warning, store.ErrPartial):
		return partialAnswer
	}
	text := "The Prometheus server says: " + sentence(warning.Error())
	for _, word := range []string{"partial", "No StoreAPIs matched", "fetch series", "receive series"} {
		if strings.Contains(warning.Error(), word) {
			return partialAnswer + " " + text
		}
	}
	return text
}
