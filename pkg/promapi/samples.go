package promapi

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
	// firstChunk is the part of a long range that the first request reads of one metric. Later chunks grow and shrink with the
	// number of samples in the responses.
	firstChunk = time.Hour
	// A chunk with more samples than largeChunk is halved, one with fewer than smallChunk doubled.
	largeChunk, smallChunk = 400_000, 50_000
	// maxRawSamples limits raw samples. Series with more of them are read in steps, which misses changes between two steps.
	maxRawSamples = 4_000_000
	// maxPoints is the number of points per series to which Prometheus limits a range query.
	maxPoints = 11_000
)

// Samples returns the raw samples of the series of a selector between two times in Unix milliseconds. metrics is how many
// metrics the selector names. If there are several with too many samples together, the error is ErrTooManyTogether.
//
// The API does not return staleness markers; Samples adds one wherever the next sample is overdue. The warnings of the result
// tell of missing samples. A range that ends now is moved back to multiples of the scrape interval, so that queries within an
// interval share the requests. release must be called when the series are no longer used.
func (c *Client) Samples(ctx context.Context, selector string, metrics int, first, last int64) (set storage.SeriesSet, release func()) {
	from, to := time.UnixMilli(first), time.UnixMilli(last)
	if now := c.config.Now(); to.After(now.Add(-c.config.Interval)) {
		from, to = from.Truncate(c.config.Interval), earlier(to, now).Truncate(c.config.Interval)
	}
	r := &sampleReader{Client: c, first: first, selector: selector, metrics: max(1, metrics), from: from, to: to, series: map[labels.Labels]*promql.Series{}}
	if err := r.read(ctx); err != nil {
		r.release()
		return storage.ErrSeriesSet(err), func() {}
	}
	return r.seriesSet(), r.release
}

// sampleReader collects the samples of one selector.
type sampleReader struct {
	*Client
	selector string
	metrics  int // that the selector names
	from, to time.Time
	first    int64 // samples before this time are dropped
	series   map[labels.Labels]*promql.Series
	samples  int
	held     []func() // give back the memory of the series
	// step is not 0 if the series were read in steps.
	step        time.Duration
	downsampled Downsampled
	partial     bool
	warnings    []string
}

func (r *sampleReader) read(ctx context.Context) error {
	length := min(firstChunk/time.Duration(r.metrics), max(r.to.Sub(r.from), time.Second))
	for end := r.from.Add(length); ; end = end.Add(length) {
		end = earlier(end, r.to)
		before := r.samples
		if err := r.add(ctx, Query{Expr: fmt.Sprintf("%s[%s]", r.selector, formatMillis(length)), Start: end, End: end}); err != nil {
			return err
		}
		if !end.Before(r.to) {
			return nil
		}
		got := r.samples - before
		done := end.Sub(r.from)
		if total := float64(r.samples) * float64(r.to.Sub(r.from)) / float64(done); total > maxRawSamples {
			if r.metrics > 1 {
				return ErrTooManyTogether
			}
			return r.readInSteps(ctx, total)
		}
		switch {
		case got > largeChunk:
			length = max(length/2, time.Minute)
		case got < smallChunk:
			length *= 2
		}
		length = min(length, r.to.Sub(end))
	}
}

// readInSteps starts over with range queries. total is the estimated number of raw samples.
func (r *sampleReader) readInSteps(ctx context.Context, total float64) error {
	r.release()
	r.series, r.samples = map[labels.Labels]*promql.Series{}, 0
	r.step = time.Duration(math.Ceil(total/maxRawSamples*r.config.Interval.Seconds())) * time.Second
	for start := r.from; start.Before(r.to); {
		end := earlier(start.Add(maxPoints/10*r.step), r.to)
		if err := r.add(ctx, Query{Expr: r.selector, Start: start, End: end, Step: r.step}); err != nil {
			return err
		}
		start = end
	}
	r.downsampled = Downsampled{Samples: total, Step: r.step}
	return nil
}

func (r *sampleReader) add(ctx context.Context, q Query) error {
	result, err := r.Evaluate(ctx, q)
	if err != nil {
		return err
	}
	defer result.Release()
	before := r.samples
	r.partial = r.partial || result.Partial
	for _, w := range result.Warnings {
		if !slices.Contains(r.warnings, w) {
			r.warnings = append(r.warnings, w)
		}
	}
	matrix, _ := result.Value.(promql.Matrix)
	for _, series := range matrix {
		known := r.series[series.Metric]
		if known == nil {
			known = &promql.Series{Metric: series.Metric}
			r.series[series.Metric] = known
		}
		for _, p := range series.Floats {
			// Prometheus before 3.0 includes the sample at the start of a range, which the chunk before contains as well.
			if n := len(known.Floats); p.T >= r.first && (n == 0 || p.T > known.Floats[n-1].T) {
				known.Floats = append(known.Floats, p)
				r.samples++
			}
		}
	}
	held, err := r.config.Shared.budget.Hold(ctx, r.samples-before, r.config.MaxSamples)
	if err == nil {
		r.held = append(r.held, held)
	}
	return err
}

// release gives back the memory of the series.
func (r *sampleReader) release() {
	for _, give := range r.held {
		give()
	}
	r.held = nil
}

func (r *sampleReader) seriesSet() storage.SeriesSet {
	all := make([]storage.Series, 0, len(r.series))
	for _, metric := range slices.SortedFunc(maps.Keys(r.series), labels.Compare) {
		one := r.series[metric]
		if len(one.Floats) == 0 {
			continue
		}
		all = append(all, promql.NewStorageSeries(promql.Series{Metric: one.Metric, Floats: r.withStaleness(one.Floats)}))
	}
	warnings := annotations.New()
	for _, text := range r.warnings {
		warnings.Add(errors.New(text))
	}
	if r.step > 0 {
		warnings.Add(r.downsampled)
	}
	if r.partial {
		warnings.Add(ErrPartial)
	}
	return &seriesSet{all: all, index: -1, warnings: *warnings}
}

// withStaleness adds a staleness marker after every sample whose successor is overdue by half an interval.
func (r *sampleReader) withStaleness(points []promql.FPoint) []promql.FPoint {
	interval := r.usualInterval(points)
	staleAfter := func(p promql.FPoint) promql.FPoint {
		return promql.FPoint{T: p.T + interval, F: math.Float64frombits(value.StaleNaN)}
	}
	out := make([]promql.FPoint, 0, len(points)+1)
	for i, p := range points {
		if i > 0 && p.T-points[i-1].T > interval*3/2 {
			out = append(out, staleAfter(points[i-1]))
		}
		out = append(out, p)
	}
	if last := points[len(points)-1]; r.to.UnixMilli()-last.T > 2*interval {
		out = append(out, staleAfter(last))
	}
	return out
}

// usualInterval returns the median time between two samples in milliseconds.
func (r *sampleReader) usualInterval(points []promql.FPoint) int64 {
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

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// formatMillis formats a duration for PromQL to the millisecond.
func formatMillis(d time.Duration) string { return fmt.Sprintf("%dms", max(1, d.Milliseconds())) }

// ErrTooManyTogether means that metrics must be read one by one.
var ErrTooManyTogether = errors.New("several metrics have too many samples to be read together")

// ErrPartial is a warning of a [storage.SeriesSet] that samples may be missing.
var ErrPartial = errors.New("the response is partial")

// Downsampled is a warning of a [storage.SeriesSet] that the series were read in steps.
type Downsampled struct {
	Samples float64 // the estimated number of raw samples
	Step    time.Duration
}

func (d Downsampled) Error() string {
	return fmt.Sprintf("The range contains about %.0f million samples, so the plugin read one value every %s. Changes between two of these values are not visible. Narrow the range or the filters to see all of them.",
		d.Samples/1e6, signals.FormatDuration(d.Step))
}

type seriesSet struct {
	all      []storage.Series
	index    int
	warnings annotations.Annotations
}

func (s *seriesSet) Next() bool                        { s.index++; return s.index < len(s.all) }
func (s *seriesSet) At() storage.Series                { return s.all[s.index] }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return s.warnings }
