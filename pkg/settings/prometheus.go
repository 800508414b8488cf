package settings

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/httpclient"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/store"
)

// prometheusSettings say where the Prometheus server is, which labels identify Falcos, and what is known about all Falcos.
type prometheusSettings struct {
	URL            string   `json:"url"`
	IdentityLabels []string `json:"identityLabels"`
	Matchers       string   `json:"matchers"`
	// NodeExporterLabel is the label that matches node_exporter to Falco.
	NodeExporterLabel string `json:"nodeExporterLabel"`
	Method            string `json:"method"`
	// Parameters go with every request, as in an address: dedup=true&partial_response=true.
	Parameters   string `json:"parameters"`
	Tenant       string `json:"tenant"`
	TenantHeader string `json:"tenantHeader"`
	targetFacts
}

// config checks the settings and reports problems.
func (s prometheusSettings) config(p *problems, gauges []signals.TargetGauge) *store.Config {
	c := &store.Config{Config: promapi.Config{Method: strings.ToUpper(cmp.Or(s.Method, defaults().Prometheus.Method))}}
	var err error
	if c.URL, err = promapi.ParseURL(s.URL); err != nil {
		p.add("%w", err)
	}
	if c.Identity, err = store.ParseIdentity(s.IdentityLabels); err != nil {
		p.add("%w", err)
	}
	if c.Matchers, err = store.ParseMatchers(s.Matchers); err != nil {
		p.add("%w", err)
	}
	if c.NodeExporterLabel, err = store.ParseNodeExporterLabel(s.NodeExporterLabel); err != nil {
		p.add("%w", err)
	}
	if c.Method != http.MethodGet && c.Method != http.MethodPost {
		p.add("prometheus.method is %q: expected GET or POST", s.Method)
	}
	if c.Parameters, err = parameters(s.Parameters); err != nil {
		p.add("%w", err)
	}
	if s.Tenant != "" {
		if c.Header, err = promapi.ParseTenant(cmp.Or(s.TenantHeader, defaults().Prometheus.TenantHeader), s.Tenant); err != nil {
			p.add("%w", err)
		}
	}
	c.Gauges = s.gauges(p, "prometheus", true, gauges, "")
	return c
}

// reservedParameters are set by every query.
var reservedParameters = []string{"query", "time", "start", "end", "step", "match[]"}

func parameters(text string) (url.Values, error) {
	out, err := url.ParseQuery(strings.TrimPrefix(strings.TrimSpace(text), "?"))
	if err != nil {
		return nil, fmt.Errorf("prometheus.parameters cannot be read: expected them as in an address, such as dedup=true&partial_response=true")
	}
	if name := httpclient.SecretParameter(out); name != "" {
		return nil, fmt.Errorf("prometheus.parameters holds %q, which every viewer could read: remove it and send it as a header", name)
	}
	for _, name := range slices.Sorted(maps.Keys(out)) {
		if slices.Contains(reservedParameters, name) {
			return nil, fmt.Errorf("prometheus.parameters holds %q, which every query sets itself: remove it", name)
		}
	}
	return out, nil
}
