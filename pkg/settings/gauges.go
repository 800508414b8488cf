package settings

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// targetSettings is one entry of `targets`: where to scrape, and what is known about the targets.
type targetSettings struct {
	URL           string            `json:"url"`
	Kind          string            `json:"kind"`
	Discovery     string            `json:"discovery"`
	Labels        map[string]string `json:"labels"`
	AllowLoopback bool              `json:"allowLoopback"`
	targetFacts
}

// targetFacts cannot be scraped. A missing setting and 0 mean "not set", except for the capacity of the outputs queue,
// where 0 means that the queue is not bounded.
type targetFacts struct {
	ThreadTableSize float64  `json:"threadTableSize"`
	MemoryLimit     string   `json:"memoryLimit"`
	CPULimit        cpuText  `json:"cpuLimit"`
	QueueCapacity   *float64 `json:"outputsQueueCapacity"`
	Expected        float64  `json:"expectedInstances"`
}

// config checks an entry and reports problems under its name. The baseline's gauges are only added to Falcos.
func (t targetSettings) config(p *problems, name string, gauges []signals.TargetGauge, pinned []target.Gauge) scrape.TargetConfig {
	c := scrape.TargetConfig{URL: t.URL, Kind: t.Kind, Discovery: t.Discovery, Labels: t.Labels, AllowLoopback: t.AllowLoopback}
	if err := c.Check(); err != nil {
		p.add("%s: %w", name, err)
	}
	falco := c.Kind == "" || c.Kind == target.KindFalco
	c.Gauges = t.gauges(p, name, falco, gauges, t.URL)
	if falco {
		c.Gauges = append(c.Gauges, pinned...)
	}
	return c
}

// gauges returns the series for the settings of an entry with this URL, or of all targets of a Prometheus server if url is
// empty. Fallbacks apply to Falcos only.
func (t targetFacts) gauges(p *problems, name string, falco bool, gauges []signals.TargetGauge, url string) (out []target.Gauge) {
	memory, ok := quantity(t.MemoryLimit)
	if !ok {
		p.add("%s.memoryLimit is %q: expected an amount of memory as Kubernetes writes it, such as 512Mi, 1.5Gi or 800M", name, t.MemoryLimit)
	}
	cpus, ok := t.CPULimit.cpus()
	if !ok {
		p.add("%s.cpuLimit is %q: expected an amount of CPU as Kubernetes writes it, such as 500m, 0.5 or 2", name, t.CPULimit)
	}
	if t.ThreadTableSize < 0 || t.ThreadTableSize != math.Trunc(t.ThreadTableSize) {
		p.add("%s.threadTableSize is %v: expected a whole number above 0, that of falco_libs.thread_table_size", name, t.ThreadTableSize)
	}
	if c := t.QueueCapacity; c != nil && (*c < 0 || *c != math.Trunc(*c)) {
		p.add("%s.outputsQueueCapacity is %v: expected a whole number, that of outputs_queue.capacity", name, *c)
	}
	if t.Expected < 0 || t.Expected != math.Trunc(t.Expected) {
		p.add("%s.expectedInstances is %v: expected a whole number of nodes above 0", name, t.Expected)
	}
	set := map[string]*float64{
		"threadTableSize": positive(t.ThreadTableSize), "memoryLimit": positive(memory), "cpuLimit": positive(cpus),
		"outputsQueueCapacity": t.QueueCapacity, "expectedInstances": positive(t.Expected),
	}
	for _, g := range gauges {
		value := set[g.Setting]
		if value == nil && falco {
			value = positive(g.Fallback)
		}
		if value == nil {
			continue
		}
		var own map[string]string
		if g.OfEntry && url != "" {
			own = map[string]string{"entry": url}
		}
		out = append(out, target.Gauge{Name: g.Metric, Labels: own, Value: *value})
	}
	return out
}

// positive returns nil for 0, which means "not set".
func positive(v float64) *float64 {
	if v == 0 {
		return nil
	}
	return &v
}

var (
	quantityForm = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)(Ki|Mi|Gi|Ti|Pi|Ei|k|M|G|T|P|E)?$`)
	factors      = map[string]float64{
		"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
		"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40, "Pi": 1 << 50, "Ei": 1 << 60,
	}
)

// quantity parses an amount of bytes in Kubernetes's notation. An empty string is 0.
func quantity(text string) (bytes float64, ok bool) {
	if text == "" {
		return 0, true
	}
	parts := quantityForm.FindStringSubmatch(text)
	if parts == nil {
		return 0, false
	}
	number, err := strconv.ParseFloat(parts[1], 64)
	return math.Round(number * factors[parts[2]]), err == nil && number > 0
}

// cpuText is an amount of CPU in Kubernetes's notation: 500m, "0.5" or 2. JSON may have a number or a string.
type cpuText string

// UnmarshalJSON keeps numbers as they are written.
func (t *cpuText) UnmarshalJSON(text []byte) error {
	var word string
	if json.Unmarshal(text, &word) != nil {
		word = string(text)
	}
	*t = cpuText(word)
	return nil
}

var cpuForm = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)(m?)$`)

// cpus returns the number of CPUs. An empty text is 0, which means "not set", as 0 does.
func (t cpuText) cpus() (number float64, ok bool) {
	if t == "" {
		return 0, true
	}
	parts := cpuForm.FindStringSubmatch(string(t))
	if parts == nil {
		return 0, false
	}
	number, err := strconv.ParseFloat(parts[1], 64)
	if parts[2] == "m" {
		number /= 1000
	}
	return number, err == nil
}
