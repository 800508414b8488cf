package executor

import (
	"fmt"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

func TestRepeatedSubExpressions(t *testing.T) {
	for _, c := range []struct {
		expressions []string // the last one is judged
		want        []string
	}{
		{[]string{`rate(a[1m]) < 5 or 0 * rate(a[1m])`}, []string{`rate(a[1m])`, `rate(a[1m])`}},
		{[]string{`sum by (x) (rate(a[1m])) < 5 or 0 * sum by (x) (rate(a[1m]))`}, []string{`sum by (x) (rate(a[1m]))`, `sum by (x) (rate(a[1m]))`}},
		{[]string{`sum(rate(a[1m])) < 5 or 0 * sum(rate(a[1m]))`, `rate(a[1m])`, `max(rate(a[1m])) + sum(rate(a[1m]))`}, []string{`rate(a[1m])`, `sum(rate(a[1m]))`}},
		{[]string{`a < 5 or 0 * a`}, nil},
		{[]string{`max(a) < 5 or 0 * max(a)`}, nil},
		{[]string{`a / b < 5 or 0 * (a / b)`}, []string{`a / b`, `a / b`}},
		{[]string{`sum(rate(a[1m]))`, `sum(rate(a[1m]))`}, nil}, // the whole is kept anyway
		{[]string{`sum(rate(a[1m]))`, `1 + sum(rate(a[1m]))`}, []string{`sum(rate(a[1m]))`}},
		{[]string{`sum(rate(a[1m]))`, `max(rate(a[1m]))`}, []string{`rate(a[1m])`}},
		{[]string{`sum(rate(a[1m]))`, `max(rate(a[2m]))`}, nil},
		{[]string{`max_over_time(rate(a[1m])[5m:1m]) + rate(a[1m])`}, []string{`rate(a[1m])[5m:1m]`}},
		{[]string{`max_over_time(rate(a[1m])[5m:1m]) + rate(a[1m]) - sum(max_over_time(rate(a[1m])[5m:1m]))`}, []string{`max_over_time(rate(a[1m])[5m:1m])`, `max_over_time(rate(a[1m])[5m:1m])`}},
		{[]string{`absent(rate(a[1m])) or timestamp(rate(a[1m])) or rate(a[1m])`}, nil},
		{[]string{`vector(scalar(sum(rate(a[1m])))) + scalar(sum(rate(a[1m])))`}, []string{`sum(rate(a[1m]))`, `sum(rate(a[1m]))`}},
		{[]string{`(rate(a[1m])) + (rate(a[1m]))`}, []string{`rate(a[1m])`, `rate(a[1m])`}},
	} {
		o := newOccurrences()
		var got []string
		for _, text := range c.expressions {
			expr := parse(t, text)
			got = nil
			for _, one := range o.note(o.list(text, &expr)) {
				require.Equal(t, one.text, (*one.slot).String())
				got = append(got, one.text)
			}
		}
		require.Equal(t, c.want, got, c.expressions)
	}
}

// What is remembered is bounded, and the places of the last thousands of sub-expressions are known.
func TestOccurrencesAreBounded(t *testing.T) {
	o := newOccurrences()
	note := func(text string) []occurrence {
		expr := parse(t, text)
		return o.note(o.list(text, &expr))
	}
	for i := range 3 * mostOccurrences {
		note(fmt.Sprintf("sum(rate(a[%dm]))", i+1))
		require.LessOrEqual(t, len(o.latest), mostOccurrences)
	}
	require.Len(t, note(fmt.Sprintf("max(rate(a[%dm]))", 3*mostOccurrences-100)), 1)
	require.Empty(t, note("max(rate(a[1m]))"))
}

// The text of a sub-expression is what its position says.
func TestPositionsOfSubExpressions(t *testing.T) {
	c := signals.Load()
	o := newOccurrences()
	seen := 0
	for _, s := range c.Signals {
		text, _, err := c.Compile(&s, nil, nil, "", signals.CompileOptions{Identity: []string{"cluster", "node"}, ScrapeInterval: 15e9, Step: 60e9, Range: 600e9})
		require.NoError(t, err, s.ID)
		expr := parse(t, text)
		for _, one := range o.list(text, &expr) {
			require.Equal(t, (*one.slot).String(), parse(t, one.text).String(), s.ID)
			seen++
		}
	}
	require.Greater(t, seen, 500)
}

// A kept sub-expression is not evaluated again, and a series that has the name of one is none.
func TestSubExpressionsAreKept(t *testing.T) {
	h := history.New(history.Options{})
	up := h.Series(labels.FromStrings("__name__", "up", "node", "a"))
	other := h.Series(labels.FromStrings("__name__", "other", "node", "value of count(up) / count(up)"))
	h.Append(1000, []history.Sample{{Series: up, Value: 1}, {Series: other, Value: 7}})
	reads := 0
	view := history.NewView([]*history.History{h}, func(_ int, l labels.Labels) bool {
		if l.Get("__name__") == "up" {
			reads++
		}
		return false
	}, "")
	e := newCached(1<<20, func() storage.Queryable { return view })
	evaluate := func(expr string) promql.Vector {
		v, err := e.Evaluate(t.Context(), Evaluation{Expr: expr, Start: 2000, End: 2000})
		require.NoError(t, err)
		return v.Value.(promql.Vector)
	}
	require.Equal(t, 11., evaluate(`10 * (count(up) / count(up)) + (count(up) / count(up))`)[0].F)
	require.Equal(t, 2, reads)
	require.Equal(t, 3., evaluate(`3 * (count(up) / count(up))`)[0].F)
	require.Equal(t, 2, reads)
	require.Equal(t, 8., evaluate(`(count(up) / count(up)) + on () other{node="value of count(up) / count(up)"}`)[0].F)
	require.Equal(t, 2, reads)
}
