package impact

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/events"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

const (
	// together is how close the events of a node are that belong to one change of it, such as a restart and a new version.
	together = 2 * time.Minute
	// rolloutGap is the longest time between two nodes of a roll-out.
	rolloutGap = 30 * time.Minute
	// settling is how long after a change figures are left out: Falco reads /proc and fills its caches.
	settling = 5 * time.Minute
	// leading is how long before a change figures are left out: the old process ends before the new one starts.
	leading = time.Minute
)

// nodeChange is a change of Falco on a node: events that are close together.
type nodeChange struct {
	node        target.Node
	first, last time.Time
	kind        *signals.EventKind // the most significant one
	from, to    string             // of that kind
	disturbed   bool               // something besides Falco changed
}

// rollout is a change of Falco on some nodes of a cluster.
type rollout struct {
	cluster     string
	changes     []nodeChange
	first, last time.Time
}

// readChanges turns events into changes of nodes, in the order of time.
func readChanges(found []events.Change, catalogue signals.Impact) []nodeChange {
	rank := func(kind *signals.EventKind) int {
		if at := slices.Index(catalogue.Changes, kind.ID); at >= 0 {
			return at
		}
		return len(catalogue.Changes)
	}
	var out []nodeChange
	latest := map[target.Node]int{}
	for _, e := range found {
		at, known := latest[e.Node]
		if !known || e.At.Sub(out[at].last) > together {
			at = len(out)
			latest[e.Node] = at
			out = append(out, nodeChange{node: e.Node, first: e.At, kind: e.Kind, from: e.From, to: e.To})
		}
		c := &out[at]
		c.last = e.At
		c.disturbed = c.disturbed || slices.Contains(catalogue.Disturbances, e.Kind.ID)
		if rank(e.Kind) < rank(c.kind) {
			c.kind, c.from, c.to = e.Kind, e.From, e.To
		}
	}
	return out
}

// rollouts groups changes: those of one kind, to one version or engine, in one cluster, without a long gap. Changes that are
// only disturbances are none. The latest is the first.
func rollouts(changes []nodeChange, catalogue signals.Impact) []rollout {
	var out []rollout
	latest := map[string]int{}
	for _, c := range changes {
		if !slices.Contains(catalogue.Changes, c.kind.ID) {
			continue
		}
		key := c.node.Cluster + "\xff" + c.kind.ID
		if named(c.kind) {
			key += "\xff" + c.to
		}
		at, known := latest[key]
		if !known || c.first.Sub(out[at].last) > rolloutGap {
			at = len(out)
			latest[key] = at
			out = append(out, rollout{cluster: c.node.Cluster, first: c.first})
		}
		out[at].changes, out[at].last = append(out[at].changes, c), c.last
	}
	slices.SortStableFunc(out, func(x, y rollout) int {
		return cmp.Or(y.first.Compare(x.first), cmp.Compare(x.cluster, y.cluster))
	})
	return out
}

// named reports whether the value of an event is a name, such as a version. Digests and times are none.
func named(kind *signals.EventKind) bool { return kind.Label != "" && kind.Label != "sha256" }

// title describes the change in a few words, such as "Version change 0.44.1 → 0.45.0".
func (r rollout) title() string {
	c := r.changes[0]
	if !named(c.kind) {
		return c.kind.Title
	}
	from := c.from
	if slices.ContainsFunc(r.changes, func(other nodeChange) bool { return other.from != from }) {
		from = "several"
	}
	return fmt.Sprintf("%s %s → %s", c.kind.Title, from, c.to)
}

// where lists the nodes with the change.
func (r rollout) where() string {
	var names []string
	for _, c := range r.changes {
		if !slices.Contains(names, c.node.Name) {
			names = append(names, c.node.Name)
		}
	}
	return wording.List(names)
}

// spans are the windows around a roll-out that are compared, in blocks.
type spans struct {
	block         time.Duration
	length        int // blocks in a window
	before, after time.Time
}

func (r rollout) spans(block time.Duration, length int) spans {
	window := time.Duration(length) * block
	return spans{block, length, r.first.Add(-leading - window), r.last.Add(settling)}
}

func (s spans) window() time.Duration { return time.Duration(s.length) * s.block }

// nodes returns the nodes to compare: those that changed once, and those of the cluster that did not. Nodes with another
// change or a disturbance within the windows are left out.
func (r rollout) nodes(all []nodeChange, falcos []target.Node, s spans) (changed, others []target.Node) {
	times, disturbed := map[target.Node]int{}, map[target.Node]bool{}
	for _, c := range all {
		if c.last.After(s.before) && c.first.Before(s.after.Add(s.window())) {
			times[c.node]++
			disturbed[c.node] = disturbed[c.node] || c.disturbed
		}
	}
	for _, c := range r.changes {
		if times[c.node] == 1 && !disturbed[c.node] {
			changed = append(changed, c.node)
		}
	}
	for _, n := range falcos {
		if n.Cluster == r.cluster && times[n] == 0 {
			others = append(others, n)
		}
	}
	return changed, others
}
