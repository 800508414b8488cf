package tests

import (
	"context"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/template"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// query is a query of the shipped dashboards and rules.
type query struct {
	QueryType string           `json:"queryType" yaml:"queryType"`
	Signals   []string         `json:"signals" yaml:"signals"`
	GroupBy   []string         `json:"groupBy" yaml:"groupBy"`
	Filters   []signals.Filter `json:"filters" yaml:"filters"`
	Window    string           `json:"window" yaml:"window"`
	Expr      string           `json:"expr" yaml:"expr"`
}

// requireKnownIDs checks that the ids in queries of types that compile no signal are in the catalogue.
func requireKnownIDs(t *testing.T, q query) {
	t.Helper()
	known := map[string][]string{"inventory": {}, "rules": {}}
	for _, f := range signals.Load().Impact.Figures {
		known["impact"] = append(known["impact"], f.Signal)
	}
	for _, c := range signals.Load().Checks {
		known["health"] = append(known["health"], c.ID)
	}
	for _, e := range signals.Load().Events {
		known["events"] = append(known["events"], e.ID)
	}
	require.Contains(t, known, q.QueryType)
	require.Subset(t, known[q.QueryType], q.Signals)
}

// requirePromQL compiles a query and parses the result with Prometheus's parser.
func requirePromQL(t *testing.T, q query) {
	t.Helper()
	if q.QueryType != "signal" && q.QueryType != "promql" {
		requireKnownIDs(t, q)
		return
	}
	exprs := []string{strings.NewReplacer("$__rate_interval", "60s", "$__range", "3600s", "$__interval", "15s").Replace(q.Expr)}
	if q.QueryType == "signal" {
		exprs = nil
		for _, id := range q.Signals {
			s, err := signals.Load().Signal(id)
			require.NoError(t, err)
			expr, _, err := signals.Load().Compile(s, q.GroupBy, q.Filters, q.Window, options)
			require.NoError(t, err)
			exprs = append(exprs, expr)
		}
	}
	require.NotEmpty(t, exprs)
	for _, expr := range exprs {
		_, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
		require.NoError(t, err, expr)
	}
}

func TestDashboardsAskValidQueries(t *testing.T) {
	files, err := filepath.Glob("../src/dashboards/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		var dashboard struct {
			Panels []struct {
				Title   string
				Targets []query
			}
		}
		require.NoError(t, json.Unmarshal(content, &dashboard))
		for _, panel := range dashboard.Panels {
			t.Run(filepath.Base(file)+"/"+panel.Title, func(t *testing.T) {
				for _, target := range panel.Targets {
					requirePromQL(t, target)
				}
			})
		}
	}
}

type alertRule struct {
	UID         string
	Condition   string
	Data        []struct{ Model query }
	Annotations map[string]string
}

func alertRules(t *testing.T) []alertRule {
	content, err := os.ReadFile("../provisioning/alerting/falco.yaml")
	require.NoError(t, err)
	var file struct {
		Groups []struct{ Rules []alertRule }
	}
	require.NoError(t, yaml.Unmarshal(content, &file))
	var rules []alertRule
	for _, group := range file.Groups {
		require.NotEmpty(t, group.Rules)
		rules = append(rules, group.Rules...)
	}
	return rules
}

func TestAlertRulesAskValidQueries(t *testing.T) {
	for _, rule := range alertRules(t) {
		t.Run(rule.UID, func(t *testing.T) {
			asked := rule.Data[0].Model
			requirePromQL(t, asked)
			for _, id := range asked.Signals {
				s, err := signals.Load().Signal(id)
				require.NoError(t, err)
				require.Equal(t, strings.Contains(s.Expr, "$window"), asked.Window != "", "a shipped rule names the window of a signal that has one")
			}
		})
	}
}

// TestAlertTexts expands the texts as Grafana does, with $labels and $values in Prometheus's templates.
func TestAlertTexts(t *testing.T) {
	type value struct{ Value float64 }
	with := func(text string, labels map[string]string, values map[string]value) string {
		data := map[string]any{"Labels": labels, "Values": values}
		text = "{{- $labels := .Labels -}}{{- $values := .Values -}}" + text
		expanded, err := template.NewTemplateExpander(context.Background(), text, "text", data, 0, nil, &url.URL{}, []string{"missingkey=invalid"}).Expand()
		require.NoError(t, err, text)
		return expanded
	}
	expand := func(text string, labels map[string]string, b float64) string {
		return with(text, labels, map[string]value{"B": {b}})
	}
	rules := map[string]map[string]string{}
	for _, rule := range alertRules(t) {
		rules[rule.UID] = rule.Annotations
	}
	node := map[string]string{"cluster": "demo", "node": "node-3"}

	for id, texts := range rules {
		labels := map[string]string{
			"cluster": "demo", "node": "node-3", "destination": "slack", "event": "Upgrade", "figure": "CPU pressure",
		}
		for name, text := range texts {
			require.NotRegexp(t, `\{\{|<no value>|<error|NaN`, expand(text, labels, 0.5), "%s of %s", name, id)
			// In the state "no data" there are no values and only the rule's own labels.
			require.NotRegexp(t, `\{\{|<error|NaN`, with(text, nil, nil), "%s of %s", name, id)
		}
	}
	require.Equal(t, "Falco on node-3 (demo) drops 12.35% of the kernel events",
		expand(rules["falco-kernel-drops-critical"]["summary"], node, 0.12345))
	require.Equal(t, "Falco on node-3 drops 2.5% of the kernel events",
		expand(rules["falco-kernel-drops-warning"]["summary"], map[string]string{"node": "node-3"}, 0.025))
	require.Equal(t, "Falco on node-3 (demo) does not respond", expand(rules["falco-node-down"]["summary"], node, 0))
	require.Equal(t, "Falco on an unknown node does not respond", expand(rules["falco-node-down"]["summary"], nil, 0))
	require.Equal(t, "The outputs queue was full: about 7 alerts were dropped within ten minutes and reached no output.",
		expand(rules["falco-outputs-queue-drops"]["description"], node, 6.9))
}
