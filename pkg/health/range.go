package health

import (
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/query"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// notKnownYet is the verdict at a step before the node's first scrape.
const notKnownYet = ""

// rangeFrames evaluates every step of the range. After its first scrape, a node without a value is unknown.
func rangeFrames(r *request.Request, qc *request.QueryContext, checks []*evaluatedCheck, by []string, notices []data.Notice) (data.Frames, error) {
	steps := int(qc.Times.End.Sub(qc.Times.Start)/qc.Times.Step) + 1
	type line struct {
		labels labels.Labels
		worst  []string // verdict at each step
	}
	lines := map[string]*line{}
	var exprs []string
	for _, j := range checks {
		exprs = append(exprs, j.expr)
		for _, t := range targetsEverSeen(j) {
			f := checkResult{evaluatedCheck: j, node: target.NodeOf(t.Labels), labels: t.Labels}
			judgements := f.verdictsOverRange(qc.Times, t, steps)
			for _, g := range grouped([]checkResult{f}, by) {
				l := lines[g.labels.String()]
				if l == nil {
					l = &line{g.labels, make([]string, steps)}
					lines[g.labels.String()] = l
				}
				for i, verdict := range judgements {
					if verdict != notKnownYet && (l.worst[i] == notKnownYet || severityRank[verdict] < severityRank[l.worst[i]]) {
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
			if verdict != notKnownYet {
				at := qc.Times.Start.UnixMilli() + int64(i)*qc.Times.Step.Milliseconds()
				series.Floats = append(series.Floats, promql.FPoint{T: at, F: verdictValues[verdict]})
			}
		}
		matrix = append(matrix, series)
	}
	return verdictFrames(r, qc, frames.Result{Signal: verdictSignal, Expr: strings.Join(exprs, "\n"), Value: matrix}, notices)
}

// targetsEverSeen returns the targets of a check and stand-ins for nodes that are no targets any more.
func targetsEverSeen(j *evaluatedCheck) []*target.Status {
	out := j.scope.TargetsByNode(j.kind)
	seen := map[target.Node]bool{}
	for _, t := range out {
		seen[target.NodeOf(t.Labels)] = true
	}
	for n := range j.values {
		if !seen[n] && j.scope.Contains(n) {
			out = append(out, &target.Status{Labels: labels.FromStrings("cluster", n.Cluster, "node", n.Name)})
		}
	}
	return out
}

// verdictsOverRange returns the verdict at every step.
func (f checkResult) verdictsOverRange(span query.Times, t *target.Status, steps int) []string {
	out := make([]string, steps)
	values, alive := f.values[f.node], f.alive[f.node]
	for i := range out {
		value, known := valueAtStep(&values, i)
		up, scraped := valueAtStep(&alive, i)
		at := span.Start.Add(time.Duration(i) * span.Step)
		met := scraped || !t.FirstScrape.IsZero() && !t.FirstScrape.After(at)
		verdict := verdictOf(f.evaluatedCheck, value, known, up == 1)
		if verdict == "ok" && !f.seenWhole(at) {
			verdict = "unknown"
		}
		switch {
		case verdict != "unknown" || met && !f.Optional:
			out[i] = verdict
		}
	}
	return out
}

// valueAtStep removes the points before a step from points, which are ordered, and returns the value of the step.
func valueAtStep(points *[]request.Point, step int) (float64, bool) {
	for len(*points) > 0 && (*points)[0].Step < step {
		*points = (*points)[1:]
	}
	if len(*points) == 0 || (*points)[0].Step > step {
		return 0, false
	}
	return (*points)[0].Value, true
}
