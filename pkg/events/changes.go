package events

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// Change is an event as other query types use it.
type Change struct {
	Kind     *signals.EventKind
	Node     target.Node
	At       time.Time
	From, To string // what changed, such as versions; digests are shortened
}

// Changes returns the events of some kinds in a range, the earliest first. It adds the executor's notices to the query.
func Changes(ctx context.Context, r *request.Request, qc *request.QueryContext, s executor.Scope, kinds []string, from, to time.Time) ([]Change, error) {
	over := *qc
	over.Times.Start, over.Times.End, over.Times.Length = from, to, to.Sub(from)
	found, err := find(ctx, r, &over, s, func(id string) bool { return slices.Contains(kinds, id) })
	if err != nil {
		return nil, err
	}
	qc.Notices = over.Notices
	var out []Change
	for _, e := range within(found, &over) {
		out = append(out, Change{e.EventKind, e.node, time.UnixMilli(e.At).UTC(), short(e.from), short(e.to)})
	}
	slices.SortStableFunc(out, func(x, y Change) int {
		return cmp.Or(x.At.Compare(y.At), frames.CompareNatural(x.Node.Cluster, y.Node.Cluster), frames.CompareNatural(x.Node.Name, y.Node.Name))
	})
	return out, nil
}
