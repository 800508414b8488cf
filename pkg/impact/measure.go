package impact

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"golang.org/x/sync/errgroup"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

const (
	// earlierWindows is the number of windows before the window before the change, which a comparison without other nodes
	// uses.
	earlierWindows = 6
	// mostNodes is the number of nodes of a group that are compared. More make an interval hardly narrower.
	mostNodes = 250
)

// measurement holds the blocks of figures around a roll-out.
type measurement struct {
	changed, others []target.Node
	figures         []figure // that could be evaluated
	trial           trial
}

// measure evaluates figures around a roll-out. A figure of the settings that cannot be evaluated is left out, with a notice.
func measure(ctx context.Context, r *request.Request, qc *request.QueryContext, roll rollout, s spans, changed, others []target.Node, figures []figure, load *figure) (measurement, error) {
	m := measurement{changed: sample(changed), others: sample(others)}
	all := figures
	if load != nil {
		all = append(slices.Clone(figures), *load)
	}
	panels := make([]panel, len(all))
	failures := make([]error, len(all))
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(request.MaxConcurrentExpressions)
	for i, f := range all {
		group.Go(func() error {
			panels[i], failures[i] = m.panel(inner, r, roll, s, f)
			if failures[i] != nil && f.subject != "own" {
				return failures[i]
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return m, err
	}
	for i, f := range figures {
		if failures[i] != nil {
			if err := ctx.Err(); err != nil {
				return m, r.Explain(err)
			}
			qc.Notices = append(qc.Notices, data.Notice{Severity: data.NoticeSeverityWarning,
				Text: fmt.Sprintf("The figure %q of impact.expressions is left out: %v.", f.title, failures[i])})
			continue
		}
		panels[i].absolute, panels[i].raw = f.absolute, load != nil && f.id == load.id
		m.figures, m.trial.figures = append(m.figures, f), append(m.trial.figures, panels[i])
	}
	if load != nil {
		m.trial.load = panels[len(all)-1]
	}
	return m, nil
}

// sample returns the nodes in order, or as many of them as are compared, always the same.
func sample(nodes []target.Node) []target.Node {
	nodes = slices.Clone(nodes)
	slices.SortFunc(nodes, func(a, b target.Node) int { return strings.Compare(a.Name, b.Name) })
	if len(nodes) > mostNodes {
		random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // G404: the same nodes have to be drawn each time
		random.Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
	}
	return nodes[:min(len(nodes), mostNodes)]
}

// panel evaluates a figure in the blocks of all windows. The error is for users.
func (m measurement) panel(ctx context.Context, r *request.Request, roll rollout, s spans, f figure) (panel, error) {
	before, err := m.blocks(ctx, r, roll, s, f, s.before, s.length)
	if err != nil {
		return panel{}, err
	}
	after, err := m.blocks(ctx, r, roll, s, f, s.after, s.length)
	if err != nil {
		return panel{}, err
	}
	var earlier map[target.Node][]float64
	if len(m.others) < fewestNodes {
		n := earlierWindows * s.length
		if earlier, err = m.blocks(ctx, r, roll, s, f, s.before.Add(-earlierWindows*s.window()), n); err != nil {
			return panel{}, err
		}
	}
	of := func(nodes []target.Node) (out []blocks) {
		for _, n := range nodes {
			b := blocks{before: orNone(before[n], s.length), after: orNone(after[n], s.length)}
			if earlier != nil {
				b.earlier = orNone(earlier[n], earlierWindows*s.length)
			}
			out = append(out, b)
		}
		return out
	}
	return panel{changed: of(m.changed), others: of(m.others)}, nil
}

// orNone returns values, or as many NaN.
func orNone(values []float64, n int) []float64 {
	if values != nil {
		return values
	}
	return slices.Repeat([]float64{math.NaN()}, n)
}

// blocks evaluates a figure in n blocks from a time on. Blocks that are not over yet have no value.
func (m measurement) blocks(ctx context.Context, r *request.Request, roll rollout, s spans, f figure, from time.Time, n int) (map[target.Node][]float64, error) {
	over := min(n, int(r.Now().Sub(from)/s.block))
	out := map[target.Node][]float64{}
	if over < 1 {
		return out, nil
	}
	first := from.Add(s.block)
	found, err := r.Evaluate(ctx, executor.Evaluation{
		Expr: f.expr, Start: first.UnixMilli(), End: first.Add(time.Duration(over-1) * s.block).UnixMilli(), Step: s.block, UserWritten: f.signal == nil,
	})
	if err != nil {
		return nil, err
	}
	matrix, _ := found.Value.(promql.Matrix)
	for _, series := range matrix {
		node := target.NodeOf(series.Metric)
		if f.signal == nil {
			node = nodeOfSample(r, series.Metric, roll.cluster)
		}
		if _, twice := out[node]; twice {
			return nil, fmt.Errorf("it has several series for the node %q: aggregate them, for example with avg by (%s, %s)", node.Name,
				r.Executor.SampleLabel(target.ClusterLabel), r.Executor.SampleLabel(target.NodeLabel))
		}
		values := orNone(nil, n)
		for _, p := range series.Floats {
			if executor.Finite(p.F) {
				values[(p.T-first.UnixMilli())/s.block.Milliseconds()] = p.F
			}
		}
		out[node] = values
	}
	return out, nil
}

// nodeOfSample returns the node that labels of the user's own expression mean. A series without a cluster is of the cluster
// of the roll-out.
func nodeOfSample(r *request.Request, l labels.Labels, cluster string) target.Node {
	node := target.Node{Cluster: cluster, Name: l.Get(r.Executor.SampleLabel(target.NodeLabel))}
	if own := l.Get(r.Executor.SampleLabel(target.ClusterLabel)); own != "" && cluster != "" {
		node.Cluster = own
	}
	return node
}
