package datasource

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// The verdicts as numbers: what panels map and alert rules compare.
var verdicts = map[string]float64{"ok": 0, "warning": 1, "critical": 2, "unknown": -1}

// badness orders verdicts, the worst first.
var badness = map[string]int{"critical": 0, "warning": 1, "unknown": 2, "ok": 3}

// finding is one check on one node, at an instant.
type finding struct {
	judged
	node    node
	labels  map[string]string // the target's
	value   *float64
	verdict string
	why     string // it is unknown
	said    string // by the target, where it does not simply answer now
	cause   string // the same in a word or two
	change  string
}

// findings judges every node by every check, the worst first.
func (r *request) findings(ctx context.Context, a *asked, checks []judged) []finding {
	var out []finding
	for _, j := range checks {
		seen := map[node]bool{}
		for _, t := range j.scope.nodes(j.kind) {
			f := finding{judged: j, node: nodeOf(t.Labels), labels: t.Labels.Map()}
			if _, off := states[t.State]; off {
				f.said, f.cause = t.Message, strings.ReplaceAll(string(t.Cause), "-", " ")
			}
			seen[f.node] = true
			if r.judge(&f); f.verdict == "unknown" {
				if j.Optional {
					continue
				}
				f.why = r.why(ctx, a, &f, t)
			}
			out = append(out, f)
		}
		// Nodes that are no targets any more, and figures of the whole fleet.
		for n := range j.values {
			f := finding{judged: j, node: n}
			if r.judge(&f); !seen[n] && j.scope.holds(n) && f.verdict != "unknown" {
				out = append(out, f)
			}
		}
	}
	slices.SortStableFunc(out, func(x, y finding) int {
		return cmp.Or(cmp.Compare(badness[x.verdict], badness[y.verdict]), cmp.Compare(x.order, y.order),
			strings.Compare(x.node.cluster, y.node.cluster), strings.Compare(x.node.name, y.node.name))
	})
	return out
}

// judge fills in value and verdict.
func (r *request) judge(f *finding) {
	f.verdict = "unknown"
	value, known := last(f.values[f.node])
	up, _ := last(f.alive[f.node])
	if level := verdictOf(f.judged, value, known, up == 1); level != "unknown" {
		f.value, f.verdict = &value, level
	}
}

// verdictOf judges a value. A node that does not answer is not ok by what its window still holds from before; what
// is bad in that window stays bad.
func verdictOf(j judged, value float64, known, alive bool) string {
	if !known {
		return "unknown"
	}
	level := cmp.Or(frames.Level(j.signal, value), "unknown")
	if level == "ok" && !alive && len(j.signal.Needs) > 0 {
		return "unknown"
	}
	return level
}

// why is the reason of an unknown verdict, in terms of what can be changed.
func (r *request) why(ctx context.Context, a *asked, f *finding, t scrape.Status) string {
	one := newGroups(newTargets([]scrape.Status{t}))
	name := one.of.name(t)
	said := func(c cause, detail string) string {
		one.add(c, name+detail)
		return one.sentence()
	}
	if c, known := states[t.State]; known {
		return said(stated(c, t), "")
	}
	if c, detail, lacks := r.lacks(ctx, f.signal, t, a.times.end); lacks {
		return said(c, detail)
	}
	if up, _ := last(f.alive[f.node]); up != 1 {
		return said(note("No metrics at "+r.clock(a.times.end)+" from", "The node was not scraped then, or did not answer."), "")
	}
	if c, few := r.tooFewScrapes(f.signal, t); few {
		return said(c, "")
	}
	return said(noValue(f.signal), "")
}

// advise fills in what to change where a verdict is bad: the advice whose condition holds on that node, worst first.
func (r *request) advise(ctx context.Context, a *asked, findings []finding) error {
	held := map[*signals.CheckAdvice]map[node][]point{}
	for i := range findings {
		f := &findings[i]
		if f.verdict != "warning" && f.verdict != "critical" {
			continue
		}
		if f.said != "" && f.isAboutUp() {
			f.change = f.said // that is more than what is generally advised where nobody answers
			continue
		}
		var texts []string
		for j := range f.Advice {
			advice := &f.Advice[j]
			if advice.When != "" && held[advice] == nil {
				expr, _, err := r.template(f.ID, advice.When, cmp.Or(f.Window, a.query.Window), f.scope, a)
				if err != nil {
					return userError{err}
				}
				if held[advice], _, err = r.points(ctx, expr, a); err != nil {
					return err
				}
			}
			if advice.When != "" && len(held[advice][f.node]) == 0 {
				continue
			}
			texts = append(texts, advised(advice.Why, advice.Change, advice.Cost))
		}
		if len(texts) == 0 { // no figure points to any of it: then what the signal advises in general
			for _, advice := range f.signal.Advice {
				texts = append(texts, advised(advice.When, advice.Change, advice.Cost))
			}
		}
		if len(texts) > 1 {
			for i := range texts {
				texts[i] = fmt.Sprintf("%d. %s", i+1, texts[i])
			}
		}
		f.change = strings.Join(texts, "\n")
	}
	return nil
}

// isAboutUp is whether the check asks for nothing but an answer.
func (f finding) isAboutUp() bool { return slices.Equal(metrics(f.expr), []string{"up"}) }

func advised(why, change, cost string) string {
	text := sentence(why) + " " + sentence(change)
	if cost != "" {
		text += " Cost: " + sentence(cost)
	}
	return text
}
