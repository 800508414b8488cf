package signals

import (
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"
)

var testOptions = CompileOptions{
	Identity:       []string{"cluster", "node"},
	TargetLabels:   []string{"zone"},
	Step:           30 * time.Second,
	ScrapeInterval: 15 * time.Second,
	Range:          time.Hour,
}

// testCatalogue is small and never changes, unlike the real one.
var testCatalogue = func() *Catalogue {
	c := &Catalogue{
		Groupings: []Grouping{
			{ID: "version", Label: "version", Metric: "version_info"},
			{ID: "engine", Label: "engine_name", Metric: "engine_info", Matchers: `evt_source=~"|syscall"`},
		},
		MetricLabels: map[string][]string{"drops_by": {"drop", "dir"}},
		Signals: []Signal{
			{ID: "kernel-drop-ratio", Title: "Kernel drops", Expr: `sum by ($by) (rate(drops{$filter}[$window])$join) / (sum by ($by) (rate(evts{$filter}[$window])$join) > 0)`},
			{ID: "kernel-drop-rate", Title: "Kernel drops by cause", Expr: `sum by ($by) (rate(drops_by{dir="exit",$filter}[$window]))`},
			{ID: "up", Title: "Up", Expr: `max by ($instance) (up{$filter})`},
			{ID: "kernel-broken", Expr: `x{$filters}`},
		},
	}
	c.Signals[0].By.Default = []string{"$instance"}
	c.Signals[0].By.Allowed = []string{"version", "engine"}
	c.Signals[1].By.Default = []string{"$instance", "drop"}
	c.Signals[2].By.Default = []string{"$instance"}
	return c
}()

func TestCompile(t *testing.T) {
	tests := []struct {
		name, signal string
		by           []string
		filters      []Filter
		window       string
		want         string
	}{
		{
			name: "defaults", signal: "kernel-drop-ratio",
			want: `sum by (cluster, node) (rate(drops{}[60s])) / (sum by (cluster, node) (rate(evts{}[60s])) > 0)`,
		},
		{
			name: "the total", signal: "kernel-drop-rate", by: []string{},
			want: `sum by () (rate(drops_by{dir="exit",}[60s]))`,
		},
		{
			name: "every name once", signal: "kernel-drop-rate", by: []string{"drop", "$instance", "node", "zone"},
			want: `sum by (drop, cluster, node, zone) (rate(drops_by{dir="exit",}[60s]))`,
		},
		{
			name: "filters in the order given, own labels only where they exist", signal: "kernel-drop-rate",
			filters: []Filter{{"drop", "=~", "open|close"}, {"zone", "!=", `a"b\c`}},
			want:    `sum by (cluster, node, drop) (rate(drops_by{dir="exit",drop=~"open|close",zone!="a\"b\\c"}[60s]))`,
		},
		{
			name: "a value that looks like a placeholder stays what it is", signal: "up",
			filters: []Filter{{"node", "=", "$window up{$filter}"}},
			want:    `max by (cluster, node) (up{node="$window up{$filter}"})`,
		},
		{
			name: "grouping joins the info series, filter matches there", signal: "kernel-drop-ratio",
			by: []string{"engine"}, filters: []Filter{{"version", "=", "0.44.1"}, {"node", "=", "n1"}}, window: "5m",
			want: `sum by (engine_name) (rate(drops{node="n1"}[300s])` +
				` * on (cluster, node) group_left (version) max by (cluster, node, version) (version_info{version="0.44.1"})` +
				` * on (cluster, node) group_left (engine_name) max by (cluster, node, engine_name) (engine_info{evt_source=~"|syscall"}))` +
				` / (sum by (engine_name) (rate(evts{node="n1"}[300s])` +
				` * on (cluster, node) group_left (version) max by (cluster, node, version) (version_info{version="0.44.1"})` +
				` * on (cluster, node) group_left (engine_name) max by (cluster, node, engine_name) (engine_info{evt_source=~"|syscall"})) > 0)`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := testCatalogue.Signal(test.signal)
			require.NoError(t, err)
			expr, _, err := testCatalogue.Compile(s, test.by, test.filters, test.window, testOptions)
			require.NoError(t, err)
			require.Equal(t, test.want, expr)
			_, err = parser.NewParser(parser.Options{}).ParseExpr(expr)
			require.NoError(t, err)
		})
	}
}

func TestCompileRefuses(t *testing.T) {
	tests := []struct {
		name, signal string
		by           []string
		filters      []Filter
		window       string
		want         string
	}{
		{
			name: "grouping", signal: "kernel-drop-ratio", by: []string{"drop"},
			want: `signal "kernel-drop-ratio" cannot be grouped by "drop"; allowed: cluster, engine, node, version, zone`,
		},
		{
			name: "grouping by something that is no label", signal: "up", by: []string{"node) (x"},
			want: `signal "up" cannot be grouped by "node) (x"; allowed: cluster, node, zone`,
		},
		{
			name: "filter", signal: "kernel-drop-rate", filters: []Filter{{"version", "=", "x"}},
			want: `signal "kernel-drop-rate" cannot be filtered by "version"; allowed: cluster, dir, drop, node, zone`,
		},
		{
			name: "operator", signal: "up", filters: []Filter{{"node", "==", "x"}},
			want: `signal "up": the filter on "node" has the operator "=="; allowed: = != =~ !~`,
		},
		{
			name: "expression", signal: "up", filters: []Filter{{"node", "=~", "("}},
			want: `signal "up": the filter on "node" is no valid regular expression: "("`,
		},
		{
			name: "window", signal: "up", window: "soon",
			want: `the window "soon" is no duration; expected something like 90s, 5m, $__range, $__interval or $__rate_interval`,
		},
		{
			name: "template", signal: "kernel-broken",
			want: `signal "kernel-broken": its template has the unknown placeholder $filters`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := testCatalogue.Signal(test.signal)
			require.NoError(t, err)
			_, _, err = testCatalogue.Compile(s, test.by, test.filters, test.window, testOptions)
			require.EqualError(t, err, test.want)
		})
	}
}

func TestWindow(t *testing.T) {
	tests := map[string]time.Duration{
		"":                   60 * time.Second,
		"$__rate_interval":   60 * time.Second,
		"${__rate_interval}": 60 * time.Second,
		"$__interval":        30 * time.Second,
		"${__interval}":      30 * time.Second,
		"$__range":           time.Hour,
		"${__range}":         time.Hour,
		"90s":                90 * time.Second,
		"1h30m":              90 * time.Minute,
	}
	for text, want := range tests {
		got, err := testOptions.window(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	require.Equal(t, "60s", FormatDuration(time.Minute))
	require.Equal(t, "1500ms", FormatDuration(1500*time.Millisecond))
	require.Equal(t, 315*time.Second, RateInterval(5*time.Minute, 15*time.Second))
}
