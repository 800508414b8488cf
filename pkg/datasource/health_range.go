package datasource

import (
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

// nothingYet is a step at which a node was not known.
const nothingYet = ""

// healthOver judges every step of the range. A node is unknown from its first scrape on wherever it has no value.
func (r *request) healthOver(a *asked, checks []judged, by []string, notices []data.Notice) (data.Frames, error) {
	steps := int(a.times.end.Sub(a.times.start)/a.times.step) + 1
	type line struct {
		labels labels.Labels
		worst  []string // verdict at each step
	}
	lines := map[string]*line{}
	var exprs []string
	for _, j := range checks {
		exprs = append(exprs, j.expr)
		for _, t := range everSeen(j) {
			f := finding{judged: j, node: nodeOf(t.Labels), labels: t.Labels.Map()}
			judgements := f.verdicts(a.times, t, steps)
			for _, g := range grouped([]finding{f}, by) {
				l := lines[g.labels.String()]
				if l == nil {
					l = &line{g.labels, make([]string, steps)}
					lines[g.labels.String()] = l
				}
				for i, verdict := range judgements {
					if verdict != nothingYet && (l.worst[i] == nothingYet || badness[verdict] < badness[l.worst[i]]) {
						l.worst[i] = verdict
					}
				}
			}
		}
	}
	var matrix promql.Matrix
	for _, l := range lines {
		series := promql.Series{Metric: l.labels}
		for i, verdict := range l.worst {
			if verdict != nothingYet {
				at := a.times.start.UnixMilli() + int64(i)*a.times.step.Milliseconds()
				series.Floats = append(series.Floats, promql.FPoint{T: at, F: verdicts[verdict]})
			}
		}
		matrix = append(matrix, series)
	}
	slices.SortFunc(matrix, func(x, y promql.Series) int { return labels.Compare(x.Metric, y.Metric) })
	return r.verdictFrames(a, frames.Result{Signal: verdictSignal, Expr: strings.Join(exprs, "\n"), Value: matrix}, notices)
}

// everSeen are the targets of a check, and stand-ins for nodes that are none any more.
func everSeen(j judged) []scrape.Status {
	out := j.scope.nodes(j.kind)
	seen := map[node]bool{}
	for _, t := range out {
		seen[nodeOf(t.Labels)] = true
	}
	for n := range j.values {
		if !seen[n] && j.scope.holds(n) {
			out = append(out, scrape.Status{Labels: labels.FromStrings("cluster", n.cluster, "node", n.name)})
		}
	}
	return out
}

// verdicts judges a node at every step.
func (f finding) verdicts(t times, target scrape.Status, steps int) []string {
	out := make([]string, steps)
	values, alive := f.values[f.node], f.alive[f.node]
	for i := range out {
		value, known := at(&values, i)
		up, scraped := at(&alive, i)
		met := scraped || !target.FirstScrape.IsZero() && !target.FirstScrape.After(t.start.Add(time.Duration(i)*t.step))
		switch verdict := verdictOf(f.judged, value, known, up == 1); {
		case verdict != "unknown" || met && !f.Optional:
			out[i] = verdict
		}
	}
	return out
}

// at takes the value of a step off the points, which are in the order of the steps.
func at(points *[]point, step int) (float64, bool) {
	for len(*points) > 0 && (*points)[0].step < step {
		*points = (*points)[1:]
	}
	if len(*points) == 0 || (*points)[0].step > step {
		return 0, false
	}
	return (*points)[0].value, true
}
