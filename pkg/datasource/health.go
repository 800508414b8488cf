package datasource

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

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

// healthPatience is how long the check waits for first scrapes; the whole check stays below five seconds.
const healthPatience = 4 * time.Second

// grace is how long a target may take to start before the check fails for it.
const grace = 2 * time.Minute

// CheckHealth tells how many targets answer and, grouped by cause, why the others do not. Grafana knows OK and ERROR
// only, and shows OK as a green tick: it is OK when every target answers, or has just begun to start. It is an error
// when any other does not, when the settings are wrong, and when there is no target. Targets that left discovery
// are not configured any more, and do not count.
func (d *Instance) CheckHealth(ctx context.Context, _ *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	if err := d.ready(ctx, healthPatience); err != nil {
		return unwell(err.Error()), nil
	}
	all := d.exec.targets()
	if len(all) == 0 {
		return unwell(d.exec.words().nobody), nil
	}
	found, err := d.exec.check(ctx)
	if err != nil {
		return unwell(err.Error()), nil
	}
	if d.exec.trimmed() {
		found.remarks = append(found.remarks, d.shortHistory(time.Time{}))
	}
	h := d.healthOf(all, found)
	details, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	result := &backend.CheckHealthResult{Status: backend.HealthStatusOk, Message: h.message, JSONDetails: details}
	if h.failed || h.Answering == 0 || h.Answering+h.beginning < h.Targets {
		result.Status = backend.HealthStatusError
	}
	return result, nil
}

// patient says of targets whose first scrape is still on its way that they have not answered so far.
func (d *Instance) patient(all []scrape.Status) []scrape.Status {
	all = slices.Clone(all)
	for i := range all {
		if all[i].State == scrape.Pending {
			all[i].State = scrape.Down
			all[i].Message = fmt.Sprintf("No answer within %s. Check network policies and firewalls between Grafana and the target; one that is only slow is waited for until scrapeTimeout (%s).",
				healthPatience, d.settings.timeout)
		}
	}
	return all
}

func unwell(message string) *backend.CheckHealthResult {
	return &backend.CheckHealthResult{Status: backend.HealthStatusError, Message: strings.ToUpper(message[:1]) + message[1:]}
}

// health is the details of the check, as JSON.
type health struct {
	// VerboseMessage is what Grafana shows under the message where that is an error: one line for what else could be better.
	VerboseMessage string         `json:"verboseMessage"`
	Targets        int            `json:"targets"`
	Answering      int            `json:"answering"`
	Versions       map[string]int `json:"versions"`
	Engines        map[string]int `json:"engines"`

	message   string
	beginning int // targets that may still be starting
	failed    bool
}

func (d *Instance) healthOf(all []scrape.Status, found checkup) health {
	h := health{failed: found.failed, Versions: map[string]int{}, Engines: map[string]int{}}
	for _, s := range all {
		if s.State != scrape.Gone {
			h.Targets++
		}
		switch {
		case s.State == scrape.Up, s.State == scrape.Duplicate:
			h.Answering++
		case s.State == scrape.Pending, s.State == scrape.Starting && d.now().Sub(s.Since) < grace:
			h.beginning++
		}
		for id, counts := range map[string]map[string]int{"version": h.Versions, "engine": h.Engines} {
			if value := s.Facts[id]; value != "" {
				counts[value]++
			}
		}
	}
	all = d.patient(all)
	parts := []string{answering(h.Answering, h.Targets)}
	if found.lead != "" {
		parts = []string{found.lead, parts[0]}
	}
	var verbose []string
	for _, n := range d.troubles(all).notices() {
		if n.Severity != data.NoticeSeverityInfo || strings.HasPrefix(n.Text, states[scrape.Starting].what) {
			parts = append(parts, n.Text)
		} else {
			verbose = append(verbose, n.Text)
		}
	}
	if len(h.Versions) > 0 {
		parts = append(parts, "Falco "+tally(h.Versions)+".")
	}
	if len(h.Engines) > 0 {
		verbose = append(verbose, "Engine "+tally(h.Engines)+".")
	}
	off, long := d.switchedOff(all)
	parts = slices.Concat(parts, found.remarks, d.remarks(all).lines(), d.garbled(newTargets(all), all).lines())
	if len(off) > 0 {
		parts = append(parts, "Switched off: "+strings.Join(off, "; ")+".")
	}
	h.message = strings.Join(parts, " ")
	h.VerboseMessage = strings.Join(append(verbose, long...), "\n")
	return h
}

func answering(up, total int) string {
	switch {
	case total == 0:
		return "No target is left: all have left discovery."
	case up == total && total == 1:
		return "The target answers."
	case up == total && total == 2:
		return "Both targets answer."
	case up == total:
		return fmt.Sprintf("All %d targets answer.", total)
	case up == 0 && total == 1:
		return "The target gives no metrics."
	case up == 0 && total == 2:
		return "Neither of the 2 targets gives metrics."
	case up == 0:
		return fmt.Sprintf("None of %d targets gives metrics.", total)
	case up == 1:
		return fmt.Sprintf("1 of %d targets answers.", total)
	}
	return fmt.Sprintf("%d of %d targets answer.", up, total)
}

// remarks are on targets that are up: series that came twice, and an answer that Prometheus would refuse.
func (d *Instance) remarks(all []scrape.Status) *groups {
	g := newGroups(newTargets(all))
	for _, s := range all {
		if s.State != scrape.Up {
			continue
		}
		if s.Duplicates > 0 { // without those that truncated program names cause
			g.add(note(count(s.Duplicates, "sample")+" came twice in the answer of", "The first of each counts."), g.of.name(s))
		}
		if s.Message != "" {
			g.add(note("Remark on", s.Message), g.of.name(s))
		}
	}
	return g
}

// tally lists values by how often they occur: "0.44.1 (2), 0.39.0 (1)".
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
	return list(values)
}

// switchedOff names the switches of falco.yaml that are off: those that Falco ships on in short, and all of them with what
// they cost.
func (d *Instance) switchedOff(all []scrape.Status) (short, long []string) {
	falcos := newTargets(slices.DeleteFunc(slices.Clone(all), func(s scrape.Status) bool {
		return s.Kind != scrape.KindFalco || s.State != scrape.Up || s.Metrics == nil
	}))
	for _, sw := range d.catalogue.Switches {
		var names []string
		for _, s := range falcos.all {
			if !has(s, sw.Metric, sw.AnyOf) && applies(sw, s) {
				names = append(names, falcos.name(s))
			}
		}
		if len(names) == 0 {
			continue
		}
		shipped := ""
		if sw.OffByDefault {
			shipped = ", as Falco ships it"
		} else {
			short = append(short, sw.Config+" on "+falcos.share(names))
		}
		long = append(long, fmt.Sprintf("%s is off on %s%s. %s", sw.Config, falcos.share(names), shipped, enable(sw.Config, sw.Host, sw.Cost)))
	}
	return short, long
}
