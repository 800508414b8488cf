package datasource

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// mostEvents bounds the answer: the latest are kept.
const mostEvents = 1000

// event is something that happened on a node.
type event struct {
	*signals.EventKind
	node     node
	at, end  int64 // unix milliseconds; end is 0 where it has none
	from, to string
	value    float64
}

// events answers queries of type events: what changed in the range, the latest first, with the fields that Grafana's
// annotations read (time, timeEnd, title, text, tags) and cluster, node, kind, level.
//
//	signals   restricts the kinds of event, by id
//	by        what is kept apart: cluster, node. Events of one kind that share them and come soon after each other are one
//	          row, so that the restarts of a roll-out are one annotation. Without it every event has a row
func (r *request) events(ctx context.Context, a *asked) (data.Frames, error) {
	s, err := r.scope(a)
	if err != nil {
		return nil, err
	}
	ids := column(r.catalogue.Events, func(k signals.EventKind) string { return k.ID })
	for _, id := range a.query.Signals {
		if !slices.Contains(ids, id) {
			return nil, userError{fmt.Errorf("there is no kind of event with the id %q; allowed: %s", id, strings.Join(ids, ", "))}
		}
	}
	by, err := eventsBy(a.query.GroupBy)
	if err != nil {
		return nil, userError{err}
	}
	found, err := r.find(ctx, a, s)
	if err != nil {
		return nil, err
	}
	from, to := a.begin().UnixMilli(), a.times.end.UnixMilli()
	found = slices.DeleteFunc(found, func(e event) bool {
		wanted := len(a.query.Signals) == 0 || slices.Contains(a.query.Signals, e.ID)
		return !wanted || e.at < from || e.at > to
	})
	slices.SortStableFunc(found, func(x, y event) int {
		return cmp.Or(cmp.Compare(y.at, x.at), strings.Compare(x.node.cluster, y.node.cluster), strings.Compare(x.node.name, y.node.name))
	})
	rows := limited(bundled(found, by, max(a.times.scrape, a.times.length/eventGaps)), a.query.Limit)
	notices := r.wholeRange(a)
	if len(rows) > mostEvents {
		notices = append(notices, data.Notice{Severity: data.NoticeSeverityInfo,
			Text: fmt.Sprintf("These are the latest %d of %d events: narrow the time range or the filters to see the others.", mostEvents, len(rows))})
		rows = rows[:mostEvents]
	}
	return eventFrames(rows, notices), nil
}

// eventGaps is how many gaps of a range events lie apart that are not bundled, at least: some pixels of a graph.
const eventGaps = 50

// eventsBy are the labels that keep events apart; nil keeps all apart.
func eventsBy(by []string) (func(event) string, error) {
	if by == nil {
		return nil, nil
	}
	var kept []string
	for _, name := range by {
		switch {
		case name == "$identity":
			kept = append(kept, identity...)
		case slices.Contains(identity, name):
			kept = append(kept, name)
		default:
			return nil, fmt.Errorf("events cannot be grouped by %q; allowed: %s", name, strings.Join(identity, ", "))
		}
	}
	return func(e event) string {
		key := e.ID
		for _, name := range kept {
			key += "\xff" + map[string]string{"cluster": e.node.cluster, "node": e.node.name}[name]
		}
		return key
	}, nil
}

// bundle are events of one kind that are told as one, the latest first.
type bundle []event

// bundled makes one of events that have the same key and lie no further apart than gap, one after the other; without a
// key each is a bundle of its own. The events are ordered, the latest first, and so are the bundles, by their latest.
func bundled(found []event, by func(event) string, gap time.Duration) []bundle {
	var out []bundle
	place := map[string]int{}
	for _, e := range found {
		if by != nil {
			at, known := place[by(e)]
			if known && out[at][len(out[at])-1].at-e.at <= gap.Milliseconds() {
				out[at] = append(out[at], e)
				continue
			}
			place[by(e)] = len(out)
		}
		out = append(out, bundle{e})
	}
	return out
}

// first is when it began.
func (b bundle) first() time.Time { return time.UnixMilli(b[len(b)-1].at).UTC() }

// end is when it began where it has none: Grafana takes what a mark has from the first of them, and fails on a later one
// that has more. Good news is a moment: its end would shade all that is well.
func (b bundle) end() time.Time {
	if len(b) > 1 || b[0].end == 0 || b[0].Level == "info" {
		return b.first()
	}
	return time.UnixMilli(b[0].end).UTC()
}

// shared is what all events of a bundle have in common; else it is empty.
func (b bundle) shared(of func(event) string) string {
	if slices.ContainsFunc(b, func(e event) bool { return of(e) != of(b[0]) }) {
		return ""
	}
	return of(b[0])
}

// mostSaid is how many events of a bundle are told one by one.
const mostSaid = 5

func (b bundle) said() string {
	lines := column(limited(b, mostSaid), event.said)
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
		return frames.Words(name, "", column(rows, cell)) // annotations find their fields by name
	}
	cluster := func(b bundle) string { return b.shared(func(e event) string { return e.node.cluster }) }
	node := func(b bundle) string { return b.shared(func(e event) string { return e.node.name }) }
	return frames.Table(notices,
		data.NewField("time", nil, column(rows, bundle.first)),
		data.NewField("timeEnd", nil, column(rows, bundle.end)),
		words("title", bundle.title),
		words("text", bundle.said),
		words("tags", func(b bundle) string {
			return strings.TrimSuffix(strings.Join([]string{b[0].ID, b[0].Level, node(b)}, ","), ",")
		}),
		words("cluster", cluster),
		words("node", node),
		words("kind", func(b bundle) string { return b[0].ID }),
		frames.Levels("level", "", map[string]string{"info": "info", "warning": "warning", "critical": "critical"}, column(rows, func(b bundle) string { return b[0].Level })),
	)
}

// short cuts what nobody reads to its end, such as digests.
func short(text string) string {
	if runes := []rune(text); len(runes) > 40 {
		return string(runes[:12]) + "…"
	}
	return text
}

// said is the kind's text with what happened put in.
func (e event) said() string {
	return strings.NewReplacer("{{node}}", e.node.name, "{{from}}", short(e.from), "{{to}}", short(e.to), "{{value}}", frames.WithUnit(e.Unit, e.value)).Replace(e.Text)
}
