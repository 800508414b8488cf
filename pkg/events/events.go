// Package events answers queries of type events: what changed on the nodes.
package events

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/notices"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/query"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// mostEvents is the maximum number of rows. The latest are kept.
const mostEvents = 1000

// event is something that happened on a node.
type event struct {
	*signals.EventKind
	node     target.Node
	At, End  int64 // unix milliseconds; 0 if there is no end
	from, to string
	value    float64
	// misdated means that the node reports a time at which the event cannot have happened.
	misdated bool
}

// Answer answers queries of type events: what changed in the range, the latest first, with the fields that Grafana's
// annotations read (time, timeEnd, title, text, tags) and cluster, node, kind, level.
//
//	signals   restricts the kinds of event, by id
//	groupBy   cluster, node: events of one kind that share these labels and are close together are one row, so that the
//	          restarts of a roll-out are one annotation. Without it, every event has its own row
func Answer(ctx context.Context, r *request.Request, qc *request.QueryContext) (data.Frames, error) {
	s, err := r.ReadScope(qc)
	if err != nil {
		return nil, err
	}
	ids := frames.Column(r.Catalogue.Events, func(k signals.EventKind) string { return k.ID })
	for _, id := range qc.Query.Signals {
		if !slices.Contains(ids, id) {
			return nil, failure.User(fmt.Errorf("there is no kind of event with the id %q; allowed: %s", id, strings.Join(ids, ", ")))
		}
	}
	by, err := eventsBy(qc.Query.GroupBy)
	if err != nil {
		return nil, failure.User(err)
	}
	found, err := find(ctx, r, qc, s, func(id string) bool {
		return len(qc.Query.Signals) == 0 || slices.Contains(qc.Query.Signals, id)
	})
	if err != nil {
		return nil, err
	}
	found = within(found, qc)
	slices.SortStableFunc(found, func(x, y event) int {
		return cmp.Or(cmp.Compare(y.At, x.At), frames.CompareNatural(x.node.Cluster, y.node.Cluster), frames.CompareNatural(x.node.Name, y.node.Name))
	})
	rows := query.First(bundled(found, by, max(qc.Times.Scrape, qc.Times.Length/eventGaps)), qc.Query.Limit)
	told := notices.ForTargets(r, qc)
	if len(rows) == 0 {
		told = notices.ForRange(r, qc)
	}
	misdated, err := misdatedNotice(ctx, r, qc, found)
	if err != nil {
		return nil, err
	}
	told = append(told, misdated...)
	if len(rows) > mostEvents {
		told = append(told, data.Notice{Severity: data.NoticeSeverityInfo,
			Text: fmt.Sprintf("These are the latest %d of %d events: narrow the time range or the filters to see the others.", mostEvents, len(rows))})
		rows = rows[:mostEvents]
	}
	return eventFrames(rows, told), nil
}

// misdatedNotice names the nodes whose reported times are wrong, and how wrong their clocks are at the end of the range.
func misdatedNotice(ctx context.Context, r *request.Request, qc *request.QueryContext, found []event) ([]data.Notice, error) {
	wrong := target.Set{}
	for _, t := range qc.Targets.All {
		if slices.ContainsFunc(found, func(e event) bool { return e.misdated && e.node == target.NodeOf(t.Labels) }) {
			wrong.All = append(wrong.All, t)
		}
	}
	if len(wrong.All) == 0 {
		return nil, nil
	}
	g := notices.NewGroups(qc.Targets)
	clocks, err := notices.WrongClocks(ctx, r, qc.Targets, qc.Times.End)
	if err != nil {
		return nil, err
	}
	for _, t := range wrong.All {
		g.Add(notices.Warning("Falco reports wrong times of restarts and reloads on", strings.TrimSpace("They are shown at the first scrape after them. "+clocks)), qc.Targets.Name(t))
	}
	return g.Notices(), nil
}

// within returns the events in the range of a query.
func within(found []event, qc *request.QueryContext) []event {
	from, to := qc.Begin().UnixMilli(), qc.Times.End.UnixMilli()
	return slices.DeleteFunc(found, func(e event) bool { return e.At < from || e.At > to })
}

// eventGaps is the number of gaps in a range. Events that are closer together than one gap are bundled.
const eventGaps = 50

// eventsBy returns the key that bundles events, nil if they are not bundled.
func eventsBy(by []string) (func(event) string, error) {
	if by == nil {
		return nil, nil
	}
	var kept []string
	for _, name := range by {
		switch {
		case name == "$identity":
			kept = append(kept, target.IdentityLabels...)
		case slices.Contains(target.IdentityLabels, name):
			kept = append(kept, name)
		default:
			return nil, fmt.Errorf("events cannot be grouped by %q; allowed: %s", name, strings.Join(target.IdentityLabels, ", "))
		}
	}
	return func(e event) string {
		key := e.ID
		for _, name := range kept {
			key += "\xff" + map[string]string{"cluster": e.node.Cluster, "node": e.node.Name}[name]
		}
		return key
	}, nil
}

// bundle holds events of one kind that share a row, the latest first.
type bundle []event

// bundled bundles events that have the same key and are at most gap apart. Without a key, each event is a bundle. Events
// and bundles are ordered, the latest first.
func bundled(found []event, by func(event) string, gap time.Duration) []bundle {
	var out []bundle
	place := map[string]int{}
	for _, e := range found {
		if by != nil {
			at, known := place[by(e)]
			if known && out[at][len(out[at])-1].At-e.At <= gap.Milliseconds() {
				out[at] = append(out[at], e)
				continue
			}
			place[by(e)] = len(out)
		}
		out = append(out, bundle{e})
	}
	return out
}

// first returns when the bundle began.
func (b bundle) first() time.Time { return time.UnixMilli(b[len(b)-1].At).UTC() }

// end returns the begin if there is no end: Grafana takes the fields of all annotations from the first one and fails if a
// later one has more. Events of the level info have no end, because it would shade the time in which all is well.
func (b bundle) end() time.Time {
	if len(b) > 1 || b[0].End == 0 || b[0].Level == "info" {
		return b.first()
	}
	return time.UnixMilli(b[0].End).UTC()
}

// shared returns the value that all events of a bundle have in common, or an empty string.
func (b bundle) shared(of func(event) string) string {
	if slices.ContainsFunc(b, func(e event) bool { return of(e) != of(b[0]) }) {
		return ""
	}
	return of(b[0])
}

// mostSaid is the number of events of a bundle that its text lists.
const mostSaid = 5

func (b bundle) said() string {
	lines := frames.Column(query.First(b, mostSaid), event.said)
	if more := len(b) - mostSaid; more > 0 {
		lines = append(lines, fmt.Sprintf("And %d more.", more))
	}
	return strings.Join(lines, "\n")
}

func (b bundle) title() string {
	if len(b) == 1 {
		return b[0].Title
	}
	return fmt.Sprintf("%s (%d)", b[0].Title, len(b))
}

func eventFrames(rows []bundle, notices []data.Notice) data.Frames {
	words := func(name string, cell func(bundle) string) *data.Field {
		return frames.Words(name, "", frames.Column(rows, cell)) // annotations find their fields by name
	}
	cluster := func(b bundle) string { return b.shared(func(e event) string { return e.node.Cluster }) }
	node := func(b bundle) string { return b.shared(func(e event) string { return e.node.Name }) }
	end := func(b bundle) *time.Time {
		at := b.end()
		return &at
	}
	return frames.Table(notices,
		data.NewField("time", nil, frames.Column(rows, bundle.first)),
		frames.Hide(frames.Times("timeEnd", "", "", frames.Column(rows, end))),
		frames.Hide(words("title", bundle.title)),
		frames.MinWidth(240, words("text", bundle.said)),
		frames.Hide(words("tags", func(b bundle) string {
			return strings.TrimSuffix(strings.Join([]string{b[0].ID, b[0].Level, node(b)}, ","), ",")
		})),
		words("cluster", cluster),
		words("node", node),
		frames.Hide(words("kind", func(b bundle) string { return b[0].ID })),
		frames.Levels("level", "", map[string]string{"info": "info", "warning": "warning", "critical": "critical"}, frames.Column(rows, func(b bundle) string { return b[0].Level })),
	)
}

// short shortens long values such as digests.
func short(text string) string {
	if runes := []rune(text); len(runes) > 40 {
		return string(runes[:12]) + "…"
	}
	return text
}

// said returns the text of the event.
func (e event) said() string {
	return strings.NewReplacer("{{node}}", e.node.Name, "{{from}}", short(e.from), "{{to}}", short(e.to), "{{value}}", frames.WithUnit(e.Unit, e.value)).Replace(e.Text)
}
