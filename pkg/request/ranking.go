package request

import (
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// Ranking holds the series that remain under a limit.
type Ranking struct {
	names []string       // names of the labels that distinguish the series of the first signal
	rank  map[string]int // by those labels' values; 0 is the worst
	// nodes are the nodes with a value of the first signal; true if any of their series remain.
	Nodes map[target.Node]bool
}

// NewRanking ranks series that are ordered, the worst first.
func NewRanking(series promql.Vector) *Ranking {
	w := &Ranking{rank: map[string]int{}, Nodes: map[target.Node]bool{}}
	for _, s := range series {
		s.Metric.Range(func(l labels.Label) {
			if !slices.Contains(w.names, l.Name) {
				w.names = append(w.names, l.Name)
			}
		})
	}
	for i, s := range series {
		w.rank[w.key(s.Metric)] = i
	}
	return w
}

// Keep returns the series of a value that remain, in the order of their rank if it is an instant. The value itself is
// shared and stays unchanged. A nil Ranking keeps all series.
func (w *Ranking) Keep(value parser.Value) parser.Value {
	if w == nil {
		return value
	}
	left := func(l labels.Labels) bool { _, ok := w.rank[w.key(l)]; return ok }
	switch v := value.(type) {
	case promql.Matrix:
		return slices.DeleteFunc(slices.Clone(v), func(s promql.Series) bool { return !left(s.Metric) })
	case promql.Vector:
		out := slices.DeleteFunc(slices.Clone(v), func(s promql.Sample) bool { return !left(s.Metric) })
		slices.SortStableFunc(out, func(x, y promql.Sample) int { return w.rank[w.key(x.Metric)] - w.rank[w.key(y.Metric)] })
		return out
	}
	return value
}

// Hides reports whether a node is only missing because of the limit. first says whether the result is that of the first
// signal.
func (w *Ranking) Hides(n target.Node, first bool) bool {
	if w == nil {
		return false
	}
	left, known := w.Nodes[n]
	return first && known || !first && !left
}

func (w *Ranking) key(l labels.Labels) string {
	var b strings.Builder
	for _, name := range w.names {
		b.WriteString(l.Get(name) + "\xff")
	}
	return b.String()
}
