package impact

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

// report is a roll-out with its results.
type report struct {
	rollout
	changed, others int // nodes that are compared
	results         []result
}

// sides says which nodes are compared.
func (p report) sides() string {
	text := fmt.Sprintf("Changed: %s (%s).", wording.Count(p.changed, "node"), p.where())
	if p.others == 0 {
		return text + " Unchanged: none."
	}
	return text + fmt.Sprintf(" Unchanged: %s.", wording.Count(p.others, "node"))
}

// method names how the results were found.
func (r result) method() string {
	if r.controlled {
		return "difference-in-differences"
	}
	return "before-after"
}

// figuresTable has a row for each change and figure.
func figuresTable(reports []report, notices []data.Notice) data.Frames {
	type row struct {
		report
		result
	}
	var rows []row
	for _, p := range reports {
		for _, r := range p.results {
			rows = append(rows, row{p, r})
		}
	}
	words := func(name, title string, cell func(row) string) *data.Field {
		return frames.Words(name, title, frames.Column(rows, cell))
	}
	// A panel shows its text for missing data in empty cells.
	figures := func(name, title string, cell func(row) string) *data.Field {
		return words(name, title, func(r row) string { return cmp.Or(cell(r), "–") })
	}
	levels := map[string]string{}
	verdicts := frames.Column(rows, func(r row) string {
		levels[r.verdict()] = r.result.level()
		return r.verdict()
	})
	return frames.Table(notices,
		frames.Times("time", "Time", "", frames.Column(rows, func(r row) *time.Time { return &r.first })),
		words("cluster", "Cluster", func(r row) string { return r.cluster }),
		words("event", "Change of Falco", func(r row) string { return r.report.title() }),
		words("subject", "Subject", func(r row) string { return subjects[r.subject] }),
		words("figure", "Figure", func(r row) string { return r.result.title }),
		figures("before", "Before", func(r row) string { return r.measured(r.before) }),
		figures("after", "After", func(r row) string { return r.measured(r.after) }),
		figures("others", "Unchanged nodes", func(r row) string { return r.signed(r.otherChange) }),
		figures("change", "Change", func(r row) string { return r.signed(r.change) }),
		figures("interval", "95 % interval", func(r row) string { return r.interval() }),
		frames.Levels("verdict", "Verdict", levels, verdicts),
		words("nodes", "Nodes", func(r row) string { return fmt.Sprintf("%d / %d", r.result.nodes, r.result.others) }),
	)
}

// changesTable has a row for each change, with the fields that Grafana's annotations read.
func changesTable(reports []report, notices []data.Notice) data.Frames {
	words := func(name, title string, cell func(report) string) *data.Field {
		return frames.Words(name, title, frames.Column(reports, cell))
	}
	prose := func(name, title string, cell func(report) string) *data.Field {
		return frames.Prose(name, title, frames.Column(reports, cell))
	}
	return frames.Table(notices,
		data.NewField("time", nil, frames.Column(reports, func(p report) time.Time { return p.first })),
		data.NewField("timeEnd", nil, frames.Column(reports, func(p report) time.Time { return p.last })),
		words("title", "Change of Falco", report.title),
		prose("text", "Impact", report.text),
		words("tags", "Tags", func(p report) string { return strings.Join([]string{"impact", p.changes[0].kind.ID, p.level()}, ",") }),
		words("cluster", "Cluster", func(p report) string { return p.cluster }),
		words("nodes", "Nodes", func(p report) string { return fmt.Sprintf("%d / %d", p.changed, p.others) }),
		frames.Levels("level", "Level", map[string]string{"ok": "ok", "warning": "warning", "info": "info", "unknown": "unknown"}, frames.Column(reports, report.level)),
	)
}

// level returns that of the worst result: warning before info before ok. It is unknown if no figure has a result.
func (p report) level() string {
	level := "unknown"
	rank := []string{"unknown", "ok", "info", "warning"}
	for _, r := range p.results {
		if slices.Index(rank, r.level()) > slices.Index(rank, level) {
			level = r.level()
		}
	}
	return level
}

// text says which figures changed, and on which nodes.
func (p report) text() string {
	var lines []string
	same, unknown := 0, map[string]int{}
	for _, r := range p.results {
		switch {
		case r.lack != lacksNothing:
			unknown[r.verdict()]++
		case r.measurable() != 0:
			lines = append(lines, fmt.Sprintf("%s: %s.", r.title, r.verdict()))
		default:
			same++
		}
	}
	if same > 0 {
		lines = append(lines, fmt.Sprintf("No measurable change of %s.", wording.Count(same, "figure")))
	}
	for _, why := range slices.Sorted(maps.Keys(unknown)) {
		lines = append(lines, fmt.Sprintf("%s: %s.", wording.Count(unknown[why], "figure"), why))
	}
	return strings.Join(append(lines, p.sides()), "\n")
}

// numbers has the certain change of every figure, with the labels cluster, change, figure, subject and method.
func numbers(qc *request.QueryContext, reports []report, notices []data.Notice) (data.Frames, error) {
	var vector promql.Vector
	for _, p := range reports {
		for _, r := range p.results {
			value := r.certain()
			if math.IsNaN(value) {
				continue
			}
			vector = append(vector, promql.Sample{T: qc.Times.End.UnixMilli(), F: value, Metric: labels.FromMap(map[string]string{
				"cluster": p.cluster, "change": p.first.Format(time.RFC3339), "event": p.title(),
				"figure": r.id, "subject": r.subject, "method": r.method(),
			})})
		}
	}
	o := qc.FrameOptions(notices)
	o.Table, o.Step = false, 0
	return frames.From([]frames.Result{{Signal: signalOfChange, Value: vector}}, o)
}
