package store

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi/promapitest"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// received are two replicas of Grafana that expose what they received of two Falcos. `instance` of Falco is its address: a
// moved from one to another at 20m. c is in another cluster. Another data source received alerts of a, too.
const received = `load 1m
  up{job="falco",instance="10.0.0.1:8765",cluster="x"} 1x30
  up{job="falco",instance="10.0.0.2:8765",cluster="x"} 1x30
  falcosecurity_evt_hostname_info{job="falco",instance="10.0.0.1:8765",cluster="x",hostname="a"} 1x20
  falcosecurity_evt_hostname_info{job="falco",instance="10.0.0.9:8765",cluster="x",hostname="a"} _x25 1x5
  falcosecurity_evt_hostname_info{job="falco",instance="10.0.0.2:8765",cluster="x",hostname="b"} 1x30
  falcosecurity_evt_hostname_info{job="falco",instance="10.0.0.3:8765",cluster="y",hostname="c"} 1x30
  falco_alerts_received_total{job="grafana",instance="grafana-0:3000",datasource_uid="own",org_id="1",node="a",path="falco",rule="r",priority="Notice",source="syscall"} 0+60x30
  falco_alerts_received_total{job="grafana",instance="grafana-1:3000",datasource_uid="own",org_id="1",node="a",path="falco",rule="r",priority="Notice",source="syscall"} 0+30x30
  falco_alerts_received_total{job="grafana",instance="grafana-0:3000",datasource_uid="own",org_id="1",node="b",path="falco",rule="r",priority="Notice",source="syscall"} 0+6x30
  falco_alerts_received_total{job="grafana",instance="grafana-0:3000",datasource_uid="own",org_id="1",node="c",path="falco",rule="r",priority="Notice",source="syscall"} 0+6x30
  falco_alerts_received_total{job="grafana",instance="grafana-0:3000",datasource_uid="other",org_id="1",node="a",path="falco",rule="r",priority="Notice",source="syscall"} 0+6000x30
  falco_alert_minimum_delay_seconds{job="grafana",instance="grafana-0:3000",datasource_uid="own",org_id="1",node="a",path="falco"} -2x30
  falco_alert_minimum_delay_seconds{job="grafana",instance="grafana-1:3000",datasource_uid="own",org_id="1",node="a",path="falco"} -3x30
  falco_alert_receiver_canary_period_seconds{job="grafana",instance="grafana-0:3000",datasource_uid="own",org_id="1",rule="r"} 300x30
  falco_alert_receiver_canary_period_seconds{job="grafana",instance="grafana-0:3000",datasource_uid="other",org_id="1",rule="r"} 3000x30
  falco_alert_receiver_refused_requests_total{job="grafana",instance="grafana-0:3000",datasource_uid="own",org_id="1",reason="secret"} 4x30
`

func TestReceivedSeriesAreJoinedByHostName(t *testing.T) {
	own := []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, "datasource_uid", "own")}
	server := newEngine(t, received, nil)
	ask := func(id Identity, matchers string, expr string) []string {
		s := server.store(t, func(c *Config) {
			var err error
			c.Identity, c.Received = id, own
			c.Matchers, err = ParseMatchers(matchers)
			require.NoError(t, err)
		})
		at := promapitest.TimeAt(20 * time.Minute)
		result, err := s.Evaluate(t.Context(), promapi.Query{Expr: expr, Start: at, End: at})
		require.NoError(t, err)
		lines := strings.Split(result.Value.String(), "\n")
		slices.Sort(lines)
		return lines
	}
	signal := func(id string, by []string, filters ...signals.Filter) string {
		one, err := signals.Load().Signal(id)
		require.NoError(t, err)
		expr, _, err := signals.Load().Compile(one, by, filters, "5m", signals.CompileOptions{
			Identity: []string{"cluster", "node"}, ScrapeInterval: time.Minute,
		})
		require.NoError(t, err)
		return expr
	}
	const at = " @[1200000]"

	// The replicas add up, under the address of the Falco.
	rate := signal("alerts-received-rate", nil)
	require.Equal(t, []string{`{node="10.0.0.1:8765", path="falco"} => 5400` + at, `{node="10.0.0.2:8765", path="falco"} => 360` + at, `{node="10.0.0.3:8765", path="falco"} => 360` + at},
		ask(Identity{"instance"}, "", rate))
	require.Equal(t, []string{`{cluster="x", node="a", path="falco"} => 5400` + at, `{cluster="x", node="b", path="falco"} => 360` + at, `{cluster="y", node="c", path="falco"} => 360` + at},
		ask(Identity{"cluster", "hostname"}, "", rate), "any labels of Falco's series")

	// Filters and prometheus.matchers select Falcos.
	require.Equal(t, []string{`{node="10.0.0.2:8765", path="falco"} => 360` + at},
		ask(Identity{"instance"}, `job="falco", cluster="x"`, signal("alerts-received-rate", nil, signals.Filter{Key: "node", Operator: "=~", Value: "10.0.0.[23].*"})))
	require.Equal(t, []string{`{node="10.0.0.1:8765"} => 3` + at}, ask(Identity{"instance"}, `job="falco"`, signal("clock-ahead", nil)))

	// Series without a node are those of the own receiver, whatever the job of Falco.
	require.Equal(t, []string{`{reason="secret"} => 4` + at}, ask(Identity{"instance"}, `job="falco"`, `sum by (reason) (falco_alert_receiver_refused_requests_total)`))
	require.Equal(t, []string{`{} => 300` + at}, ask(Identity{"instance"}, `job="falco"`, `max(falco_alert_receiver_canary_period_seconds)`))
}

func TestReceivedSeriesFollowAFalco(t *testing.T) {
	s := newEngine(t, received, nil).store(t)
	ask := func(minute time.Duration) string {
		at := promapitest.TimeAt(minute * time.Minute)
		result, err := s.Evaluate(t.Context(), promapi.Query{Expr: `sum by (node) (falco_alerts_received_total{node!="x",datasource_uid="own"} * 0) and on (node) falco_alert_minimum_delay_seconds`, Start: at, End: at})
		require.NoError(t, err)
		return result.Value.String()
	}
	require.Equal(t, `{node="10.0.0.1:8765"} => 0 @[1380000]`, ask(23))
	require.Equal(t, `{node="10.0.0.9:8765"} => 0 @[1800000]`, ask(30), "one of its two addresses at a time")
}
