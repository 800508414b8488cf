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

// events answers queries of kind events: what changed in the range, the latest first, with the fields that Grafana's
// annotations read (time, timeEnd, title, text, tags) and cluster, node, kind, level. `signals` restricts the kinds of
// event, by id.
func (r *request) events(ctx context.Context, a *asked) (data.Frames, error) {
	s, err := r.scope(a)
	if err != nil {
		return nil, err
	}
	for _, id := range a.query.Signals {
		if !slices.ContainsFunc(r.catalogue.Events, func(k signals.EventKind) bool { return k.ID == id }) {
			return nil, userError{fmt.Errorf("there is no kind of event with the id %q", id)}
		}
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
	found = limited(found, a.query.Limit)
	notices := r.wholeRange(a)
	if len(found) > mostEvents {
		notices = append(notices, data.Notice{Severity: data.NoticeSeverityInfo,
			Text: fmt.Sprintf("These are the latest %d of %d events: narrow the time range or the filters to see the others.", mostEvents, len(found))})
		found = found[:mostEvents]
	}
	return eventFrames(found, notices), nil
}

func eventFrames(found []event, notices []data.Notice) data.Frames {
	words := func(name string, cell func(event) string) *data.Field {
		return frames.Words(name, "", column(found, cell)) // annotations find their fields by name
	}
	return frames.Table(notices,
		data.NewField("time", nil, column(found, func(e event) time.Time { return time.UnixMilli(e.at).UTC() })),
		data.NewField("timeEnd", nil, column(found, func(e event) *time.Time {
			if e.end == 0 || e.Level == "info" { // good news is a moment: its end would shade all that is well
				return nil
			}
			end := time.UnixMilli(e.end).UTC()
			return &end
		})),
		words("title", func(e event) string { return e.Title }),
		words("text", event.said),
		words("tags", func(e event) string { return strings.Join([]string{e.ID, e.Level, e.node.name}, ",") }),
		words("cluster", func(e event) string { return e.node.cluster }),
		words("node", func(e event) string { return e.node.name }),
		words("kind", func(e event) string { return e.ID }),
		frames.Levels("level", "", map[string]string{"info": "info", "warning": "warning", "critical": "critical"}, column(found, func(e event) string { return e.Level })),
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
