package executor

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/dev/bench/mix"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

func TestSimplify(t *testing.T) {
	h := history.New(history.Options{})
	for i := range 2 {
		h.Append(1000, []history.Sample{
			{Series: h.Series(labels.FromStrings("__name__", "a", "node", fmt.Sprint(i))), Value: 1},
			{Series: h.Series(labels.FromStrings("__name__", "b", "node", fmt.Sprint(i))), Value: 1},
		})
	}
	view := history.NewView([]*history.History{h}, nil, "")
	for expr, want := range map[string]string{
		`a`:                                    `a`,
		`none`:                                 ``,
		`{__name__=~"none.*"}`:                 `{__name__=~"none.*"}`, // not known without a look at all series
		`a * on (node) none`:                   ``,
		`none / a`:                             ``,
		`a and none`:                           ``,
		`a unless none`:                        `a`,
		`none unless a`:                        ``,
		`a or none`:                            `a`,
		`none or b`:                            `b`,
		`none or none`:                         ``,
		`(a * none or b) + a`:                  `(b) + a`,
		`sum(none) or sum(a)`:                  `sum(a)`,
		`count(none)`:                          ``,
		`rate(none[1m]) > 0`:                   ``,
		`2 * none`:                             ``,
		`-none`:                                ``,
		`max_over_time((none or a)[1m:15s])`:   `max_over_time((a)[1m:15s])`,
		`absent(none)`:                         `absent(none)`,
		`scalar(none)`:                         `scalar(none)`,
		`vector(scalar(none))`:                 `vector(scalar(none))`,
		`a * scalar(max(none))`:                `a * scalar(max(none))`,
		`label_replace(none, "x", "", "", "")`: ``,
		`time()`:                               `time()`,
	} {
		got := ""
		if simple := simplify(view, parse(t, expr)); simple != nil {
			got = simple.String()
		}
		require.Equal(t, want, got, expr)
	}
}

// Fleets that export any of the metrics: every signal has the value that it has unsimplified.
func TestSimplifiedSignalsHaveTheSameValues(t *testing.T) {
	c := signals.Load()
	empty, simpler := 0, 0
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(seed, 3))
		h := history.New(history.Options{})
		dropped := map[string]bool{}
		const begin, scrapes = 1_700_000_000_000, 40
		for i := range 3 {
			node := mix.New(i)
			values := make([]float64, len(node.Series))
			for tick := range int64(scrapes) {
				node.Scrape(values)
				var samples []history.Sample
				for k, l := range node.Series {
					name := l.Get(model.MetricNameLabel)
					if _, known := dropped[name]; !known {
						dropped[name] = random.IntN(3) == 0
					}
					if !dropped[name] {
						samples = append(samples, history.Sample{Series: h.Series(l), Value: values[k]})
					}
				}
				h.Append(begin+tick*mix.IntervalMillis, samples)
			}
		}
		view := history.NewView([]*history.History{h}, nil, "")
		e := newCached(0, nil)
		for _, s := range c.Signals {
			expr, _, err := c.Compile(&s, nil, nil, "", signals.CompileOptions{
				Identity: []string{"cluster", "node"}, ScrapeInterval: mix.IntervalMillis * time.Millisecond, Step: time.Minute, Range: 10 * time.Minute,
			})
			require.NoError(t, err, s.ID)
			what := Evaluation{Expr: expr, Start: begin + (scrapes-1)*mix.IntervalMillis, End: begin + (scrapes-1)*mix.IntervalMillis}
			simplified, err := e.run(t.Context(), view, 50_000_000, parse(t, expr), what)
			require.NoError(t, err, s.ID)
			if simple := simplify(view, parse(t, expr)); simple == nil {
				empty++
			} else if len(simple.String()) < len(parse(t, expr).String()) {
				simpler++
			}
			what.UserWritten = true
			whole, err := e.run(t.Context(), view, 50_000_000, parse(t, expr), what)
			require.NoError(t, err, s.ID)
			require.Equal(t, sorted(whole.Value), sorted(simplified.Value), s.ID)
		}
	}
	require.Greater(t, empty, 50)
	require.Greater(t, simpler, 20)
}
