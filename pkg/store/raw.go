package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

const (
	// piece is how much of a long range is asked for at first; it grows and shrinks with what comes back.
	piece = time.Hour
	// largePiece and smallPiece are how many samples make a piece too long, or worth doubling.
	largePiece, smallPiece = 400_000, 50_000
	// mostRaw is how many samples are read as they were scraped. Where there would be more, the series are looked at in
	// steps: that loses what changed and changed back between two of them.
	mostRaw = 4_000_000
	// mostPoints is how many points Prometheus gives a series at most.
	mostPoints = 11_000
)

// Querier gives samples as they were scraped, and labels, between two times; unix milliseconds. The end of a series, which
// no store tells, is put where a sample should have followed and did not.
func (s *Store) Querier(from, to int64) storage.Querier { return querier{s, from, to} }

type querier struct {
	*Store
	from, to int64
}

func (q querier) Close() error { return nil }

// LabelNames implements [storage.LabelQuerier].
func (q querier) LabelNames(ctx context.Context, _ *storage.LabelHints, _ ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	names, err := q.labelNames(ctx, q.from, q.to)
	return names, nil, err
}

// LabelValues implements [storage.LabelQuerier].
func (q querier) LabelValues(ctx context.Context, name string, _ *storage.LabelHints, matchers ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	values, err := q.labelValues(ctx, name, q.from, q.to, matchers)
	return values, nil, err
}

// Select implements [storage.Querier]; the hints are not used. The warnings say where samples were left out.
func (q querier) Select(ctx context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	from, to := time.UnixMilli(q.from), time.UnixMilli(q.to)
	if now := q.now(); to.After(now) {
		to = now
	}
	r := reader{Store: q.Store, selector: q.selector(q.rewriter().renamed(matchers)...), from: from, to: to, points: map[labels.Labels]*promql.Series{}}
	if err := r.read(ctx); err != nil {
		return storage.ErrSeriesSet(err)
	}
	return r.set()
}

// reader collects the samples of one selector.
type reader struct {
	*Store
	selector string
	from, to time.Time
	points   map[labels.Labels]*promql.Series
	samples  int
	// step is set where the series are looked at in steps.
	step    time.Duration
	thinned Thinned
	partial bool
	told    []string
}

func (r *reader) read(ctx context.Context) error {
	length := min(piece, max(r.to.Sub(r.from), time.Second))
	for end := r.from.Add(length); ; end = end.Add(length) {
		end = minTime(end, r.to)
		before := r.samples
		if err := r.add(ctx, Query{Expr: fmt.Sprintf("%s[%s]", r.selector, milli(length)), Start: end, End: end}); err != nil {
			return err
		}
		if !end.Before(r.to) {
			return nil
		}
		got := r.samples - before
		done := end.Sub(r.from)
		if total := float64(r.samples) * float64(r.to.Sub(r.from)) / float64(done); total > mostRaw {
			return r.inSteps(ctx, total)
		}
		switch {
		case got > largePiece:
			length = max(length/2, time.Minute)
		case got < smallPiece:
			length *= 2
		}
		length = min(length, r.to.Sub(end))
	}
}

// inSteps begins anew, and looks at the series at steps; total is how many samples there are.
func (r *reader) inSteps(ctx context.Context, total float64) error {
	r.points, r.samples = map[labels.Labels]*promql.Series{}, 0
	r.step = time.Duration(math.Ceil(total/mostRaw*r.config.Interval.Seconds())) * time.Second
	for start := r.from; start.Before(r.to); {
		end := minTime(start.Add(mostPoints/10*r.step), r.to)
		if err := r.add(ctx, Query{Expr: r.selector, Start: start, End: end, Step: r.step}); err != nil {
			return err
		}
		start = end
	}
	r.thinned = Thinned{total, r.step}
	return nil
}

func (r *reader) add(ctx context.Context, q Query) error {
	answer, err := r.send(ctx, q)
	if err != nil {
		return err
	}
	r.partial = r.partial || answer.Partial
	for _, w := range answer.Warnings {
		if !slices.Contains(r.told, w) {
			r.told = append(r.told, w)
		}
	}
	matrix, _ := answer.Value.(promql.Matrix)
	for _, series := range matrix {
		known := r.points[series.Metric]
		if known == nil {
			known = &promql.Series{Metric: series.Metric}
			r.points[series.Metric] = known
		}
		for _, p := range series.Floats {
			// Prometheus before 3.0 gives the sample at the very begin of a window again.
			if n := len(known.Floats); n == 0 || p.T > known.Floats[n-1].T {
				known.Floats = append(known.Floats, p)
				r.samples++
			}
		}
	}
	if r.samples > r.config.MaxSamples {
		return tooManySamples(r.config.MaxSamples)
	}
	return nil
}

func (r *reader) set() storage.SeriesSet {
	all := make([]storage.Series, 0, len(r.points))
	for _, metric := range slices.SortedFunc(maps.Keys(r.points), labels.Compare) {
		one := r.points[metric]
		all = append(all, promql.NewStorageSeries(promql.Series{Metric: one.Metric, Floats: r.withEnds(one.Floats)}))
	}
	notes := annotations.New()
	for _, text := range r.told {
		notes.Add(errors.New(text))
	}
	if r.step > 0 {
		notes.Add(r.thinned)
	}
	if r.partial {
		notes.Add(ErrPartial)
	}
	return &seriesSet{all: all, at: -1, notes: *notes}
}

// withEnds puts the mark of an end into a series wherever the next sample is missing: half a scrape later than it was due.
func (r *reader) withEnds(points []promql.FPoint) []promql.FPoint {
	due := r.usual(points)
	end := func(after promql.FPoint) promql.FPoint {
		return promql.FPoint{T: after.T + due, F: math.Float64frombits(value.StaleNaN)}
	}
	out := make([]promql.FPoint, 0, len(points)+1)
	for i, p := range points {
		if i > 0 && p.T-points[i-1].T > due*3/2 {
			out = append(out, end(points[i-1]))
		}
		out = append(out, p)
	}
	if last := points[len(points)-1]; r.to.UnixMilli()-last.T > 2*due {
		out = append(out, end(last))
	}
	return out
}

// usual is the time from one sample to the next that most have; unix milliseconds.
func (r *reader) usual(points []promql.FPoint) int64 {
	if r.step > 0 {
		return r.step.Milliseconds()
	}
	if len(points) < 4 {
		return r.config.Interval.Milliseconds()
	}
	gaps := make([]int64, 0, len(points)-1)
	for i := range points[1:] {
		gaps = append(gaps, points[i+1].T-points[i].T)
	}
	slices.Sort(gaps)
	return gaps[len(gaps)/2]
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// milli writes a duration to the millisecond, as PromQL reads it.
func milli(d time.Duration) string { return fmt.Sprintf("%dms", max(1, d.Milliseconds())) }

// ErrPartial is a warning of a [storage.SeriesSet] that samples may be missing.
var ErrPartial = errors.New("the store's answer is partial")

// Thinned is a warning that series were looked at in steps.
type Thinned struct {
	Samples float64 // that there are, about
	Step    time.Duration
}

func (t Thinned) Error() string {
	return fmt.Sprintf("The range holds about %.0f million samples: it was looked at every %s, and what changed and changed back in between is not seen. Narrow the range or the filters to see all.",
		t.Samples/1e6, signals.FormatDuration(t.Step))
}

type seriesSet struct {
	all   []storage.Series
	at    int
	notes annotations.Annotations
}

func (s *seriesSet) Next() bool                        { s.at++; return s.at < len(s.all) }
func (s *seriesSet) At() storage.Series                { return s.all[s.at] }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return s.notes }
