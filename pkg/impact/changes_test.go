package impact

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/events"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

var (
	noon      = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	restarted = &signals.EventKind{ID: "restart", Title: "Restart", Find: "change"}
	versioned = &signals.EventKind{ID: "version", Title: "Version change", Find: "label", Label: "version"}
	ruled     = &signals.EventKind{ID: "rules", Title: "Rules change", Find: "label", Label: "sha256"}
	kernel    = &signals.EventKind{ID: "kernel", Title: "Kernel change", Find: "label", Label: "kernel_release"}
	about     = signals.Impact{Changes: []string{"version", "rules", "restart"}, Disturbances: []string{"kernel"}}
)

func node(n int) target.Node { return target.Node{Cluster: "demo", Name: fmt.Sprintf("node-%d", n)} }

func at(minute float64) time.Time { return noon.Add(time.Duration(minute * float64(time.Minute))) }

func TestRolloutsOfEvents(t *testing.T) {
	changes := readChanges([]events.Change{
		{Kind: restarted, Node: node(1), At: at(0)},
		{Kind: versioned, Node: node(1), At: at(0.5), From: "0.44.1", To: "0.45.0"}, // the same change
		{Kind: ruled, Node: node(7), At: at(3)},
		{Kind: restarted, Node: node(2), At: at(5)},
		{Kind: versioned, Node: node(2), At: at(5), From: "0.43.0", To: "0.45.0"},
		{Kind: kernel, Node: node(8), At: at(6), From: "6.1", To: "6.8"},
		{Kind: versioned, Node: node(3), At: at(30), From: "0.44.1", To: "0.45.0"},
		{Kind: versioned, Node: node(4), At: at(61), From: "0.44.1", To: "0.45.0"}, // too late
		{Kind: versioned, Node: node(5), At: at(62), From: "0.44.1", To: "0.43.0"}, // to another version
		{Kind: versioned, Node: target.Node{Cluster: "other", Name: "node-1"}, At: at(63), From: "0.44.1", To: "0.43.0"},
	}, about)
	var got []string
	for _, r := range rollouts(changes, about) {
		got = append(got, fmt.Sprintf("%s %s %s: %s", r.cluster, r.first.Format("15:04:05"), r.title(), r.where()))
	}
	require.Equal(t, []string{
		"other 13:03:00 Version change 0.44.1 → 0.43.0: node-1",
		"demo 13:02:00 Version change 0.44.1 → 0.43.0: node-5",
		"demo 13:01:00 Version change 0.44.1 → 0.45.0: node-4",
		"demo 12:03:00 Rules change: node-7",
		"demo 12:00:00 Version change several → 0.45.0: node-1, node-2, node-3",
	}, got)
}

// Nodes that changed in another way as well are on neither side.
func TestNodesToCompare(t *testing.T) {
	changes := readChanges([]events.Change{
		{Kind: restarted, Node: node(6), At: at(-200)}, // before the windows
		{Kind: restarted, Node: node(4), At: at(-40)},
		{Kind: versioned, Node: node(1), At: at(0), From: "1", To: "2"},
		{Kind: versioned, Node: node(2), At: at(1), From: "1", To: "2"},
		{Kind: versioned, Node: node(3), At: at(2), From: "1", To: "2"},
		{Kind: kernel, Node: node(3), At: at(2)},
		{Kind: restarted, Node: node(2), At: at(20)},
		{Kind: kernel, Node: node(7), At: at(30)},
	}, about)
	rolls := rollouts(changes, about)
	roll := rolls[1]
	require.Equal(t, "Version change 1 → 2", roll.title())
	around := roll.spans(5*time.Minute, 12)
	require.Equal(t, at(-61), around.before)
	require.Equal(t, at(7), around.after)
	falcos := []target.Node{node(1), node(2), node(3), node(4), node(5), node(6), node(7), {Cluster: "other", Name: "node-9"}}
	changed, others := roll.nodes(changes, falcos, around)
	require.Equal(t, []target.Node{node(1)}, changed)
	require.Equal(t, []target.Node{node(5), node(6)}, others)
}
