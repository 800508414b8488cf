// Package rules answers queries of type rules: how often each of Falco's rules matched.
package rules

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/notices"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/query"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

// rule is one row: a rule on all nodes.
type rule struct {
	name, priority, source, tags string
	matches                      float64
	nodes                        map[target.Node]bool // with matches
	last                         int64                // unix milliseconds of the scrape that showed the last match; 0: silent
}

// Answer answers queries of type rules: one row per rule in the range, the noisiest first. It counts matches in the samples
// as scraped. A rule's series begins with its first match, which counts if the node was scraped before. Rules without a
// match in the range are silent.
func Answer(ctx context.Context, r *request.Request, qc *request.QueryContext) (data.Frames, error) {
	s, err := r.ReadScope(qc)
	if err != nil {
		return nil, err
	}
	from, to := qc.Begin(), qc.Times.End
	up, err := r.Executor.FirstUp(ctx, s, from, to)
	if err != nil {
		return nil, err
	}
	table := r.Catalogue.Rules
	found := map[[4]string]*rule{}
	remarks, err := executor.Scan(ctx, r.Executor, []string{table.Metric}, s, from, to, func(l labels.Labels, all executor.Samples) {
		key := [4]string{l.Get(table.Rule), l.Get(table.Priority), l.Get(table.Source), tags(l, table.TagPrefix)}
		one := found[key]
		if one == nil {
			one = &rule{name: key[0], priority: cmp.Or(table.Priorities[key[1]], key[1]), source: key[2], tags: key[3], nodes: map[target.Node]bool{}}
			found[key] = one
		}
		answered, known := up[target.NodeOf(l)]
		one.count(target.NodeOf(l), all, func(first int64) bool { return known && answered < first })
	})
	if err != nil {
		return nil, err
	}
	qc.Notices = append(qc.Notices, remarks...)
	rows := make([]*rule, 0, len(found))
	total := 0.0
	for _, one := range found {
		rows = append(rows, one)
		total += one.matches
	}
	slices.SortFunc(rows, func(x, y *rule) int {
		return cmp.Or(cmp.Compare(y.matches, x.matches), frames.CompareNatural(x.name, y.name), strings.Compare(x.source+x.priority+x.tags, y.source+y.priority+y.tags))
	})
	told := append(notices.ForRange(r, qc), notices.LostLines(r, qc.Targets, qc.Targets.All, []string{table.Metric})...)
	if len(rows) == 0 && !qc.Targets.NoneMeasured() {
		told = append([]data.Notice{{Severity: data.NoticeSeverityInfo, Text: wording.Sentence(table.NoValueReason)}}, told...)
	}
	out := ruleTable(query.First(rows, qc.Query.Limit), total, told)
	out[0].Meta.ExecutedQueryString = table.Metric
	return out, nil
}

// count adds the matches of one node: the increase of its counter, which restarts at 0 with Falco, and its first value if
// the series is new on a node that was scraped before.
func (one *rule) count(n target.Node, all executor.Samples, scrapedBefore func(first int64) bool) {
	previous := math.NaN()
	for at, v := range all {
		if !executor.Finite(v) {
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

// tags returns the sorted tags, which are the parts of label names after the prefix.
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
		return frames.Words(name, title, frames.Column(rows, cell))
	}
	numbers := func(name, title, unit string, cell func(*rule) float64) *data.Field {
		return frames.Numbers(name, title, unit, frames.Column(rows, func(one *rule) *float64 {
			value := cell(one)
			return &value
		}))
	}
	return frames.Table(notices,
		frames.MinWidth(195, words("rule", "Rule", func(one *rule) string { return one.name })),
		frames.Width(85, numbers("matches", "Matches", "locale", func(one *rule) float64 { return one.matches })),
		frames.Width(110, words("priority", "Priority", func(one *rule) string { return one.priority })), // informational
		frames.Width(85, numbers("share", "Share of all matches", "percentunit", func(one *rule) float64 {
			if total == 0 {
				return 0
			}
			return one.matches / total
		})),
		frames.Width(85, numbers("nodes", "Nodes with matches", "short", func(one *rule) float64 { return float64(len(one.nodes)) })),
		frames.Width(125, frames.Times("last", "Last match", "time:MM-DD HH:mm:ss", frames.Column(rows, func(one *rule) *time.Time {
			if one.last == 0 {
				return nil
			}
			at := time.UnixMilli(one.last).UTC()
			return &at
		}))),
		frames.Width(115, words("silent", "Silent", func(one *rule) string {
			if one.last == 0 {
				return "in this range"
			}
			return ""
		})),
		frames.Width(85, words("source", "Source", func(one *rule) string { return one.source })),
		words("tags", "Tags", func(one *rule) string { return one.tags }),
	)
}
