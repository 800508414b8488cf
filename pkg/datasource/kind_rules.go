package datasource

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
)

// rule is one row: a rule over all nodes.
type rule struct {
	name, priority, source, tags string
	matches                      float64
	nodes                        map[node]bool // that have matches
	last                         int64         // unix milliseconds of the scrape that showed the last match; 0: silent
}

// noRules is why there may be no row: a rule's counter appears with its first match.
var noRules = data.Notice{Severity: data.NoticeSeverityInfo, Text: "No rule has matched yet, or metrics.rules_counters_enabled is off in falco.yaml."}

// rules answers queries of type rules: one row for every rule that the range holds, the noisiest first, with the
// matches counted as they were scraped. A rule's series begins with its first match, which counts where the node
// was scraped before. Rules without a match in the range are silent.
func (r *request) rules(ctx context.Context, a *asked) (data.Frames, error) {
	s, err := r.scope(a)
	if err != nil {
		return nil, err
	}
	from, to := a.begin(), a.times.end
	up, err := r.exec.firstUp(ctx, s, from, to)
	if err != nil {
		return nil, err
	}
	table := r.catalogue.Rules
	found := map[[4]string]*rule{}
	remarks, err := scan(ctx, r.exec, table.Metric, s, from, to, func(l labels.Labels, all samples) {
		key := [4]string{l.Get(table.Rule), l.Get(table.Priority), l.Get(table.Source), tags(l, table.TagPrefix)}
		one := found[key]
		if one == nil {
			one = &rule{name: key[0], priority: cmp.Or(table.Priorities[key[1]], key[1]), source: key[2], tags: key[3], nodes: map[node]bool{}}
			found[key] = one
		}
		answered, known := up[nodeOf(l)]
		one.count(nodeOf(l), all, func(first int64) bool { return known && answered < first })
	})
	if err != nil {
		return nil, err
	}
	a.remarks = append(a.remarks, remarks...)
	rows := make([]*rule, 0, len(found))
	total := 0.0
	for _, one := range found {
		rows = append(rows, one)
		total += one.matches
	}
	slices.SortFunc(rows, func(x, y *rule) int {
		return cmp.Or(cmp.Compare(y.matches, x.matches), strings.Compare(x.name, y.name), strings.Compare(x.source+x.priority+x.tags, y.source+y.priority+y.tags))
	})
	notices := r.wholeRange(a)
	if len(rows) == 0 && !a.targets.dead() {
		notices = append([]data.Notice{noRules}, notices...)
	}
	out := ruleTable(limited(rows, a.query.Limit), total, notices)
	out[0].Meta.ExecutedQueryString = table.Metric
	return out, nil
}

// count adds what one node matched: the increase of its counter, which begins again after a restart, and its first
// value where the series is new on a node that was scraped before.
func (one *rule) count(n node, all samples, scrapedBefore func(first int64) bool) {
	previous := math.NaN()
	for at, v := range all {
		if !finite(v) {
			continue
		}
		increase := v - previous
		switch {
		case math.IsNaN(previous) && !scrapedBefore(at):
			increase = 0
		case math.IsNaN(previous), v < previous:
			increase = v
		}
		previous = v
		if increase > 0 {
			one.matches += increase
			one.nodes[n] = true
			one.last = max(one.last, at)
		}
	}
}

// tags are the names behind the prefix, sorted.
func tags(l labels.Labels, prefix string) string {
	var out []string
	l.Range(func(label labels.Label) {
		if tag, is := strings.CutPrefix(label.Name, prefix); is && label.Value != "" {
			out = append(out, tag)
		}
	})
	return strings.Join(out, ", ")
}

func ruleTable(rows []*rule, total float64, notices []data.Notice) data.Frames {
	words := func(name, title string, cell func(*rule) string) *data.Field {
		return frames.Words(name, title, column(rows, cell))
	}
	numbers := func(name, title, unit string, cell func(*rule) float64) *data.Field {
		return frames.Numbers(name, title, unit, column(rows, func(one *rule) *float64 {
			value := cell(one)
			return &value
		}))
	}
	return frames.Table(notices,
		words("rule", "Rule", func(one *rule) string { return one.name }),
		words("priority", "Priority", func(one *rule) string { return one.priority }),
		words("source", "Source", func(one *rule) string { return one.source }),
		words("tags", "Tags", func(one *rule) string { return one.tags }),
		numbers("matches", "Matches", "locale", func(one *rule) float64 { return one.matches }),
		numbers("share", "Share of all matches", "percentunit", func(one *rule) float64 {
			if total == 0 {
				return 0
			}
			return one.matches / total
		}),
		numbers("nodes", "Nodes with matches", "short", func(one *rule) float64 { return float64(len(one.nodes)) }),
		frames.Times("last", "Last match", column(rows, func(one *rule) *time.Time {
			if one.last == 0 {
				return nil
			}
			at := time.UnixMilli(one.last).UTC()
			return &at
		})),
		words("silent", "Silent", func(one *rule) string {
			if one.last == 0 {
				return "in this range"
			}
			return ""
		}),
	)
}
