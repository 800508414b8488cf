package health

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/notices"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

// Patience is how long the health check waits for first scrapes. The check has to finish within five seconds.
const Patience = 4 * time.Second

// grace is how long a target may be starting before the health check fails.
const grace = 2 * time.Minute

// Check reports how many targets are up and, grouped by cause, what is wrong with the others. The status is OK only if every
// target is up or has just started. Targets that left discovery do not count. The alert receiver, nil where it is off, never
// makes the check fail. details are further suggestions.
func Check(ctx context.Context, r *request.Request, received Receiver, details ...string) (*backend.CheckHealthResult, error) {
	all := r.Executor.Targets()
	if len(all) == 0 {
		return Failed(r.Executor.Messages().NoTargets), nil
	}
	found, err := r.Executor.Check(ctx)
	if err != nil {
		return Failed(err.Error()), nil
	}
	failed := len(found.Problems) > 0
	if r.Executor.HistoryTrimmed() {
		found.Suggestions = append(found.Suggestions, notices.ShortHistory(r, time.Time{}))
	}
	// Without an answer the clocks are unknown. Panels report the error.
	if clocks, err := notices.WrongClocks(ctx, r, target.NewSet(all), r.Now()); err == nil && clocks != "" {
		found.Problems = append(found.Problems, clocks)
	}
	if received != nil {
		summary, err := received.Summary()
		if err != nil {
			return nil, err
		}
		problems, facts := receiverRemarks(summary, r.Settings.Store != nil)
		found.Problems = append(found.Problems, problems...)
		found.Suggestions = append(found.Suggestions, facts...)
	}
	found.Suggestions = append(found.Suggestions, details...)
	h := newReport(r, all, found)
	encoded, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	result := &backend.CheckHealthResult{Status: backend.HealthStatusOk, Message: h.summary, JSONDetails: encoded}
	if failed || h.Answering == 0 || h.Answering+h.beginning < h.Targets {
		result.Status = backend.HealthStatusError
	}
	return result, nil
}

// patient turns targets whose first scrape is still running into targets without a response.
func patient(r *request.Request, all []target.Status) []target.Status {
	all = slices.Clone(all)
	for i := range all {
		if all[i].State == target.Pending {
			all[i].State = target.Down
			all[i].Message = fmt.Sprintf("No response within %s. Check network policies and firewalls between Grafana and the target. A slow target has until scrapeTimeout (%s).",
				Patience, r.Settings.Timeout)
		}
	}
	return all
}

// Failed returns the result of a failed check.
func Failed(message string) *backend.CheckHealthResult {
	return &backend.CheckHealthResult{Status: backend.HealthStatusError, Message: wording.Capitalised(message)}
}

// Report is the details of the health check. Grafana shows its two texts below the summary.
type Report struct {
	// Message says what is wrong, empty if nothing is. Grafana shows it without line breaks, so several problems are numbered.
	Message string `json:"message,omitempty"`
	// VerboseMessage has one line for each suggestion or fact, behind a bullet. Grafana shows it when the user unfolds it.
	VerboseMessage string         `json:"verboseMessage"`
	Targets        int            `json:"targets"`
	Answering      int            `json:"answering"`
	Versions       map[string]int `json:"versions"`
	Engines        map[string]int `json:"engines"`

	summary   string
	beginning int // targets that may still be starting
}

// newReport describes the targets and adds what the executor and the receiver found.
func newReport(r *request.Request, all []target.Status, found executor.HealthSummary) Report {
	h := Report{Versions: map[string]int{}, Engines: map[string]int{}}
	for _, s := range all {
		if s.State != target.Gone {
			h.Targets++
		}
		switch {
		case s.State == target.Up, s.State == target.Duplicate:
			h.Answering++
		case s.State == target.Pending, s.State == target.Starting && r.Now().Sub(s.Since) < grace:
			h.beginning++
		}
		for id, counts := range map[string]map[string]int{"version": h.Versions, "engine": h.Engines} {
			if value := s.Facts[id]; value != "" {
				counts[value]++
			}
		}
	}
	all = patient(r, all)
	summary := []string{answering(h.Answering, h.Targets)}
	if found.Summary != "" {
		summary = []string{found.Summary, summary[0]}
	}
	var problems, facts []string
	if len(h.Versions) > 0 {
		summary = append(summary, "Falco "+tally(h.Versions)+".")
	}
	if len(h.Engines) > 0 {
		facts = append(facts, "Engine "+tally(h.Engines)+".")
	}
	states := notices.ForStates(r, all)
	for _, c := range states.Causes() {
		if c.Severity != data.NoticeSeverityInfo || c.State == target.Starting {
			problems = append(problems, states.Text(c))
		} else {
			facts = append(facts, states.Text(c))
		}
	}
	for _, endpoint := range r.Catalogue.Reading.Scraping.Endpoints {
		if c, missing := notices.MissingKind(r, endpoint.Kind); missing {
			facts = append(facts, states.Text(c))
		}
	}
	h.summary = strings.Join(summary, " ")
	h.Message = strings.Join(numbered(slices.Concat(problems, found.Problems)), " ")
	h.VerboseMessage = bulleted(slices.Concat(facts, remarks(r, all).Lines(),
		notices.UnreadableLines(r, target.NewSet(all), all).Lines(), switchedOff(r, all), found.Suggestions))
	return h
}

// bulleted returns texts as the lines of a list.
func bulleted(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	return "• " + strings.Join(texts, "\n• ")
}

// answering says how many targets are up.
func answering(up, total int) string {
	switch {
	case total == 0:
		return "There are no targets: all have left discovery."
	case up == total && total == 1:
		return "The target responds."
	case up == total && total == 2:
		return "Both targets respond."
	case up == total:
		return fmt.Sprintf("All %d targets respond.", total)
	case up == 0 && total == 1:
		return "The target does not respond with metrics."
	case up == 0 && total == 2:
		return "Neither of the 2 targets responds with metrics."
	case up == 0:
		return fmt.Sprintf("None of %d targets responds with metrics.", total)
	case up == 1:
		return fmt.Sprintf("1 of %d targets responds.", total)
	}
	return fmt.Sprintf("%d of %d targets respond.", up, total)
}

// toldAsState are the causes of targets that are up which the notices about states tell.
var toldAsState = []target.Cause{target.CrashedWhileScraped, target.CountersFell, target.HostRenamed}

// remarks are about targets that are up: duplicate series, and responses that Prometheus would refuse.
func remarks(r *request.Request, all []target.Status) *notices.Groups {
	g := notices.NewGroups(target.NewSet(all))
	for _, s := range all {
		if s.State != target.Up {
			continue
		}
		if s.Duplicates > 0 { // does not count those of truncated program names
			g.Add(notices.Info(wording.Count(s.Duplicates, "sample")+" are duplicates in the response of", "The first of each is used."), g.Targets.Name(s))
		}
		if r.Catalogue.Reading.OnlyLastEngine(s.Facts) {
			g.Add(notices.Info("No system calls are read by", "Only plugin sources are enabled, so checks about system calls, drops and resources do not apply."), g.Targets.Name(s))
		}
		if s.Message != "" && !slices.Contains(toldAsState, s.Cause) {
			g.Add(notices.Info("Note on", s.Message), g.Targets.Name(s))
		}
	}
	return g
}

// tally lists values by how often they occur, such as "0.44.1 (2), 0.39.0 (1)".
func tally(counts map[string]int) string {
	values := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(b, a))
	})
	if len(values) == 1 {
		return values[0]
	}
	for i, v := range values {
		values[i] = fmt.Sprintf("%s (%d)", v, counts[v])
	}
	return wording.List(values)
}

// switchedOff describes the switches in falco.yaml that are off, with their costs. Those that Falco enables by default come
// first.
func switchedOff(r *request.Request, all []target.Status) []string {
	falcos := target.NewSet(slices.DeleteFunc(slices.Clone(all), func(s target.Status) bool {
		return s.Kind != target.KindFalco || s.State != target.Up || s.Metrics == nil
	}))
	var unusual, usual []string
	for _, sw := range r.Catalogue.Switches {
		var names []string
		for _, s := range falcos.All {
			if !target.Exports(s, sw.Metric, sw.AnyOf) && notices.SwitchApplies(sw, s) {
				names = append(names, falcos.Name(s))
			}
		}
		if len(names) == 0 {
			continue
		}
		text := fmt.Sprintf("%s is off on %s", sw.Config, falcos.DescribeSome(names))
		advice := notices.EnableSwitch(sw.Config, sw.Host, sw.Cost)
		if sw.OffByDefault {
			usual = append(usual, fmt.Sprintf("%s, which is the default of Falco. %s", text, advice))
		} else {
			unusual = append(unusual, fmt.Sprintf("%s. %s", text, advice))
		}
	}
	return append(unusual, usual...)
}
