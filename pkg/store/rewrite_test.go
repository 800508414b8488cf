package store

import (
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// These expressions select the targets of a kind.
const (
	falcoTargets    = `(group by (job, instance) ({__name__=~"falcosecurity_falco_version_info|falcosecurity_scap_n_evts_total"}) or max_over_time((group by (job, instance) ({__name__=~"falcosecurity_falco_version_info|falcosecurity_scap_n_evts_total"}))[1d:5m]))`
	sidekickTargets = `(group by (job, instance) ({__name__=~"falcosecurity_falcosidekick_inputs_total|falcosidekick_inputs",job=~"f.*"}) or max_over_time((group by (job, instance) ({__name__=~"falcosecurity_falcosidekick_inputs_total|falcosidekick_inputs",job=~"f.*"}))[1d:5m]))`
)

func TestRewrite(t *testing.T) {
	jobs := map[string][]string{target.KindFalco: {"falco"}, target.KindFalcosidekick: {"sidekick"}}
	known := []target.Status{{Labels: labels.FromStrings("node", "a")}, {Labels: labels.FromStrings("node", "b")}}
	table := []target.Gauge{{Name: "falco_target_thread_table_size", Value: 262144}}
	tests := []struct {
		name, matchers string
		identity       Identity
		jobs           map[string][]string
		gauges         []target.Gauge
		all            []target.Status
		expr, want     string
	}{
		{name: "a node", expr: `sum by (cluster, node, cpu) (rate(x{node=~"a|b"}[1m])) / on (cluster, node) group_left (zone) y`,
			want: `sum by (instance, cpu) (rate(x{instance=~"a|b"}[1m])) / on (instance) group_left (zone) y`},
		{name: "a node and a cluster", identity: Identity{"region", "host"}, expr: `max by (cluster, node) (x{cluster="c"}) * on (cluster, hostname) group_left () y`,
			want: `max by (region, host) (x{region="c"}) * on (region, hostname) group_left () y`},
		{name: "the plugin's own names", identity: Identity{"cluster", "node"}, expr: `sum by (cluster, node) (x)`, want: `sum by (cluster, node) (x)`},
		{name: "no label for the cluster", expr: `x{cluster=~".*"} or y{cluster="c"}`, want: `x or y{cluster="c"}`},
		{name: "extra matchers, everywhere", matchers: `cluster="c", env!="test"`, expr: `absent(x) or max_over_time((rate(y{a="b"}[1m] offset 1h))[1h:1m]) > bool scalar(z)`,
			want: `absent(x{cluster="c",env!="test"}) or max_over_time((rate(y{a="b",cluster="c",env!="test"}[1m] offset 1h))[1h:1m]) > bool scalar(z{cluster="c",env!="test"})`},
		{name: "matchers that all Falcos pass", all: known, expr: `x{node=~"a|b"} or y{node=~"a|c"} or z{node!~"a|b"}`, want: `x or y{instance=~"a|c"} or z{instance!~"a|b"}`},
		{name: "durations as numbers", expr: `x / 1m`, want: `x / 60`},

		{name: "up of Falcos, recognised by their metrics", expr: `min by (cluster, node) (up{kind!="falcosidekick"})`,
			want: `min by (instance) ((up and on (job, instance) ` + falcoTargets + `))`},
		{name: "up of Falcos with a job of their own", jobs: jobs, expr: `min by (cluster, node) (up{kind!="falcosidekick",node="a"})`,
			want: `min by (instance) (up{instance="a",job="falco"})`},
		{name: "up of Falcos with a job in the extra matchers", matchers: `job=~"f.*"`, jobs: jobs, expr: `up{kind=""}`,
			want: `(up{job=~"f.*"} unless on (job, instance) ` + sidekickTargets + `)`},
		{name: "up of both", jobs: jobs, expr: `up`, want: `up{job=~"falco|sidekick"}`},
		{name: "up of both, joined by instance", expr: `x and on (cluster, node) (up offset 1m == 1)`, want: `x and on (instance) (up offset 1m == 1)`},
		{name: "up of a Falcosidekick", jobs: jobs, expr: `up{kind="falcosidekick"}`, want: `up{job="sidekick"}`},
		{name: "up of neither", expr: `up{kind="x"}`, want: `(vector(0) > 0)`},
		{name: "up of a kind without targets", jobs: map[string][]string{target.KindFalco: {"falco"}, target.KindFalcosidekick: nil}, expr: `up{kind="falcosidekick"}`, want: `(vector(0) > 0)`},
		{name: "up over a range", expr: `avg_over_time(up{kind=""}[5m] offset 1h)`,
			want: `(avg_over_time(up[5m] offset 1h) and on (job, instance) (group by (job, instance) ({__name__=~"falcosecurity_falco_version_info|falcosecurity_scap_n_evts_total"} offset 1h) or max_over_time((group by (job, instance) ({__name__=~"falcosecurity_falco_version_info|falcosecurity_scap_n_evts_total"}))[1d:5m] offset 1h)))`},
		{name: "up with @", jobs: jobs, expr: `up{kind=""} @ 100`, want: `up{job="falco"} @ 100.000`},

		{name: "a gauge from the settings", jobs: jobs, gauges: table, expr: `x / on (cluster, node) group_left () falco_target_thread_table_size{node="a"}`,
			want: `x / on (instance) group_left () (group by (instance) (up{instance="a",job="falco"}) * 262144)`},
		{name: "a gauge that is not set", gauges: table, expr: `falco_target_memory_limit_bytes{node="a"}`, want: `falco_target_memory_limit_bytes{instance="a"}`},
		{name: "a pinned baseline", jobs: jobs, gauges: []target.Gauge{
			{Name: "e", Labels: map[string]string{"sha256": "aa"}, Value: 1}, {Name: "e", Labels: map[string]string{"sha256": "$b"}, Value: 1},
		}, expr: `count by (node) (e)`,
			want: `count by (instance) ((label_replace(group by (instance) (up{job="falco"}), "sha256", "aa", "", "") or label_replace(group by (instance) (up{job="falco"}), "sha256", "$$b", "", "")))`},
		{name: "a pinned baseline with matchers", jobs: jobs, gauges: []target.Gauge{
			{Name: "e", Labels: map[string]string{"sha256": "aa"}, Value: 1}, {Name: "e", Labels: map[string]string{"sha256": "bb"}, Value: 1},
		}, expr: `e{sha256!="aa"}`, want: `(label_replace(group by (instance) (up{job="falco"}), "sha256", "bb", "", ""))`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			matchers, err := ParseMatchers(test.matchers)
			require.NoError(t, err)
			id, err := ParseIdentity(test.identity)
			require.NoError(t, err)
			w := rewriter{Config: Config{Identity: id, Matchers: matchers, Gauges: test.gauges, Catalogue: signals.Load()}, jobs: test.jobs, all: test.all}
			require.Equal(t, test.want, w.expr(parse(test.expr)).String())
			parse(test.want) // fails if the brackets do not match
		})
	}
}

func TestRewriteUserWritten(t *testing.T) {
	rewrite := func(matchers, expr string) (string, error) {
		all, err := ParseMatchers(matchers)
		require.NoError(t, err)
		s := &Store{config: Config{Identity: Identity{"instance"}, Matchers: all, Catalogue: signals.Load()}}
		expr, _, err = s.rewrite(t.Context(), promapi.Query{Expr: expr, UserWritten: true})
		return expr, err
	}
	got, err := rewrite(`job="falco"`, `sum by (node) (up{kind="x"} == 1m) / falco_target_expected`)
	require.NoError(t, err)
	require.Equal(t, `sum by (node) (up{job="falco",kind="x"} == 1m) / falco_target_expected{job="falco"}`, got)

	got, err = rewrite("", "rate(x) keep_metric_names")
	require.NoError(t, err)
	require.Equal(t, "rate(x) keep_metric_names", got, "a dialect such as MetricsQL")

	_, err = rewrite(`job="falco"`, "rate(x) keep_metric_names")
	var parse parser.ParseErrors
	require.ErrorAs(t, err, &parse, "matchers cannot be added")
}

// Every expression of the catalogue can be rewritten and parsed again, with every identity.
func TestRewriteCatalogue(t *testing.T) {
	catalogue := signals.Load()
	for _, id := range []Identity{{"instance"}, {"cluster", "node"}, {"region", "host"}} {
		matchers, err := ParseMatchers(`job="falco"`)
		require.NoError(t, err)
		w := rewriter{Config: Config{Identity: id, Matchers: matchers, Catalogue: catalogue}}
		for _, s := range catalogue.Signals {
			expr, _, err := catalogue.Compile(&s, nil, nil, "5m", signals.CompileOptions{Identity: []string{"cluster", "node"}, ScrapeInterval: 15e9})
			require.NoError(t, err)
			got := w.expr(parse(expr)).String()
			parse(got)
			require.NotContains(t, got, "kind", s.ID)
		}
	}
}
