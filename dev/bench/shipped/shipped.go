// Package shipped makes the requests that Grafana sends for the shipped dashboards and alert rules.
package shipped

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"
)

// AlertQuery is a query of an alert rule to the data source.
type AlertQuery struct {
	Model             map[string]any `yaml:"model"`
	DatasourceUID     string         `yaml:"datasourceUid"`
	RelativeTimeRange struct {
		From int64 `yaml:"from"` // seconds before the time of the evaluation
	} `yaml:"relativeTimeRange"`
}

// AlertQueries reads the queries of a file of provisioned alert rules, without expressions, which Grafana evaluates itself.
func AlertQueries(file string) (out []AlertQuery, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var provisioned struct {
		Groups []struct {
			Rules []struct {
				Data []AlertQuery `yaml:"data"`
			} `yaml:"rules"`
		} `yaml:"groups"`
	}
	if err := yaml.Unmarshal(text, &provisioned); err != nil {
		return nil, err
	}
	for _, group := range provisioned.Groups {
		for _, rule := range group.Rules {
			for _, q := range rule.Data {
				if q.DatasourceUID != "__expr__" {
					out = append(out, q)
				}
			}
		}
	}
	if len(out) == 0 {
		return nil, errors.New("no alert rules in " + file)
	}
	return out, nil
}

// AlertRequests returns one request for each query of an alert rule, evaluated at a time.
func AlertRequests(rules []AlertQuery, now time.Time) (out []*backend.QueryDataRequest) {
	for _, rule := range rules {
		text, _ := json.Marshal(rule.Model)
		from := now.Add(-time.Duration(rule.RelativeTimeRange.From) * time.Second)
		out = append(out, &backend.QueryDataRequest{
			Headers: map[string]string{backend.FromAlertHeaderName: "true"},
			Queries: []backend.DataQuery{{RefID: "A", JSON: text, MaxDataPoints: 43200, Interval: time.Second, TimeRange: backend.TimeRange{From: from, To: now}}},
		})
	}
	return out
}

// Refresh returns one request for each panel of a dashboard, and one for each of its annotations, at the time range that it
// opens with. All nodes of a fleet of mix.Node are selected, or, on the dashboard of one node, a node that loses events.
func Refresh(file string, nodes int, now time.Time) (out []*backend.QueryDataRequest, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var names []string
	for i := range nodes {
		names = append(names, fmt.Sprintf("node-%d", i))
	}
	every := "(" + strings.Join(names, "|") + ")"
	if strings.HasSuffix(file, "node.json") {
		every = names[9] // which loses events
	}
	filled := strings.NewReplacer("${cluster:regex}", "bench", "${node:regex}", every, "${destination:regex}", ".*", "${rule:regex}", ".*").Replace(string(text))
	var dashboard struct {
		Time   struct{ From string }
		Panels []struct {
			Interval      string
			MaxDataPoints int64
			Targets       []json.RawMessage
		}
		Annotations struct {
			List []struct{ Target json.RawMessage }
		}
	}
	if err := json.Unmarshal([]byte(filled), &dashboard); err != nil {
		return nil, err
	}
	length, err := model.ParseDuration(strings.TrimPrefix(dashboard.Time.From, "now-"))
	if err != nil {
		return nil, err
	}
	ask := func(points int64, least string, targets ...json.RawMessage) {
		request := &backend.QueryDataRequest{}
		interval, _ := model.ParseDuration(least)
		for i, target := range targets {
			request.Queries = append(request.Queries, backend.DataQuery{
				RefID: string(rune('A' + i)), JSON: target, MaxDataPoints: points,
				Interval:  max(time.Duration(interval), time.Duration(length)/time.Duration(points)),
				TimeRange: backend.TimeRange{From: now.Add(-time.Duration(length)), To: now},
			})
		}
		out = append(out, request)
	}
	for _, panel := range dashboard.Panels {
		if len(panel.Targets) > 0 {
			ask(max(panel.MaxDataPoints, 1), panel.Interval, panel.Targets...)
		}
	}
	for _, annotation := range dashboard.Annotations.List {
		ask(100, "", annotation.Target)
	}
	return out, nil
}
