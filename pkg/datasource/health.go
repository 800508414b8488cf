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

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

// healthPatience is how long the check waits for first scrapes; the whole check stays below five seconds.
const healthPatience = 4 * time.Second

// CheckHealth tells how many targets answer and, grouped by cause, why the others do not. As with Grafana's
// own data sources, OK means "can be queried": at least one target answers. Whatever is wrong besides stands in the
// message. It is an error when the settings are wrong, when there is no target, or when none answers.
func (d *Instance) CheckHealth(ctx context.Context, _ *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	if err := d.ready(ctx, healthPatience); err != nil {
		return unwell(err.Error()), nil
	}
	all := d.patient(d.fleet.Targets())
	if len(all) == 0 {
		return unwell("Discovery has found no target yet: " + d.configured() + ". Check the names, and that the pods are ready."), nil
	}
	h := d.healthOf(all)
	details, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	result := &backend.CheckHealthResult{Status: backend.HealthStatusOk, Message: h.message, JSONDetails: details}
	if h.Answering == 0 {
		result.Status = backend.HealthStatusError
	}
	return result, nil
}

// patient says of targets whose first scrape is still on its way that they have not answered so far.
func (d *Instance) patient(all []scrape.Status) []scrape.Status {
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

func (d *Instance) configured() string {
	var urls []string
	for _, t := range d.settings.targets {
		urls = append(urls, t.URL)
	}
	return list(urls)
}

// health is the details of the check, as JSON.
type health struct {
	// VerboseMessage is what Grafana shows under the message: one line for everything that could be better.
	VerboseMessage string         `json:"verboseMessage"`
	Targets        int            `json:"targets"`
	Answering      int            `json:"answering"`
	Versions       map[string]int `json:"versions"`
	Engines        map[string]int `json:"engines"`

	message string
}

func (d *Instance) healthOf(all []scrape.Status) health {
	h := health{Targets: len(all), Versions: map[string]int{}, Engines: map[string]int{}}
	for _, s := range all {
		if s.State == scrape.Up || s.State == scrape.Duplicate || s.State == scrape.LoadBalancer {
			h.Answering++
		}
		for id, counts := range map[string]map[string]int{"version": h.Versions, "engine": h.Engines} {
			if value := s.Facts[id]; value != "" {
				counts[value]++
			}
		}
	}
	parts := []string{answering(h.Answering, h.Targets)}
	for _, n := range d.troubles(all).notices() {
		parts = append(parts, n.Text)
	}
	verbose := slices.Clone(parts[1:])
	if len(h.Versions) > 0 {
		parts = append(parts, "Falco "+tally(h.Versions)+".")
	}
	if len(h.Engines) > 0 {
		parts = append(parts, "Engine "+tally(h.Engines)+".")
	}
	short, long := d.switchedOff(all)
	if short != "" {
		parts = append(parts, short)
	}
	h.message = strings.Join(parts, " ")
	h.VerboseMessage = strings.Join(append(verbose, long...), "\n")
	return h
}

func answering(up, total int) string {
	switch {
	case up == total && total == 1:
		return "The target answers."
	case up == total:
		return fmt.Sprintf("All %d targets answer.", total)
	case up == 0 && total == 1:
		return "The target does not answer."
	case up == 0:
		return fmt.Sprintf("None of %d targets answers.", total)
	case up == 1:
		return fmt.Sprintf("1 of %d targets answers.", total)
	}
	return fmt.Sprintf("%d of %d targets answer.", up, total)
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

// switchedOff names the switches of falco.yaml that are off, in short for the message and in full, with what they
// cost, for the details. Those that Falco's own file leaves off are only in the details.
func (d *Instance) switchedOff(all []scrape.Status) (short string, long []string) {
	falcos := newTargets(slices.DeleteFunc(slices.Clone(all), func(s scrape.Status) bool {
		return s.Kind != scrape.KindFalco || s.State != scrape.Up || s.Metrics == nil
	}))
	var off []string
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
		where := falcos.share(names)
		if sw.OffByDefault {
			long = append(long, fmt.Sprintf("%s is off on %s, as Falco ships it. %s", sw.Config, where, enable(sw.Config, sw.Host, sw.Cost)))
			continue
		}
		off = append(off, sw.Config+" on "+where)
		long = append(long, fmt.Sprintf("%s is off on %s. %s", sw.Config, where, enable(sw.Config, sw.Host, sw.Cost)))
	}
	if len(off) > 0 {
		short = "Off in falco.yaml: " + strings.Join(off, "; ") + "."
	}
	return short, long
}
