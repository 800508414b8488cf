package history

import (
	"context"
	"maps"
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/util/annotations"
)

type querier struct {
	histories  []*History
	hide       func(i int, l labels.Labels) bool
	part       part
	mint, maxt int64
}

// Select implements [storage.Querier]. It only uses the time range of the hints.
func (q *querier) Select(ctx context.Context, sorted bool, hints *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	mint, maxt := q.mint, q.maxt
	if hints != nil {
		mint, maxt = max(mint, hints.Start), min(maxt, hints.End)
	}
	set := seriesSet{index: -1}
	indexByLabels := map[labels.Labels]int{} // in the set
	err := q.forEach(ctx, mint, maxt, matchers, func(s *Series) {
		selected := &selection{series: s, mint: mint, maxt: maxt}
		if i, twice := indexByLabels[s.labels]; twice {
			set.series[i] = storage.ChainedSeriesMerge(set.series[i], selected)
			return
		}
		if len(q.histories) > 1 { // within one history, labels are unique
			indexByLabels[s.labels] = len(set.series)
		}
		set.series = append(set.series, selected)
	})
	if err != nil {
		return storage.ErrSeriesSet(err)
	}
	if sorted {
		slices.SortFunc(set.series, func(a, b storage.Series) int { return labels.Compare(a.Labels(), b.Labels()) })
	}
	return &set
}

// NewSeriesSet returns a set of series in their order.
func NewSeriesSet(series []storage.Series) storage.SeriesSet {
	return &seriesSet{series: series, index: -1}
}

// LabelValues implements [storage.LabelQuerier]. If the time is bounded, it only considers series with a value in it.
func (q *querier) LabelValues(ctx context.Context, name string, _ *storage.LabelHints, matchers ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	values := map[string]struct{}{}
	err := q.forEach(ctx, q.mint, q.maxt, matchers, func(s *Series) {
		value := s.labels.Get(name)
		if _, known := values[value]; value != "" && !known && q.hasValue(s) {
			values[value] = struct{}{}
		}
	})
	return slices.Sorted(maps.Keys(values)), nil, err
}

func (q *querier) hasValue(s *Series) bool {
	if q.mint <= 0 && q.maxt == math.MaxInt64 {
		return true
	}
	for it := s.iterator(nil, q.mint, q.maxt); it.Next() == chunkenc.ValFloat; {
		if _, v := it.At(); !math.IsNaN(v) && !math.IsInf(v, 0) {
			return true
		}
	}
	return false
}

// LabelNames implements [storage.LabelQuerier].
func (q *querier) LabelNames(ctx context.Context, _ *storage.LabelHints, matchers ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	names := map[string]struct{}{}
	err := q.forEach(ctx, q.mint, q.maxt, matchers, func(s *Series) {
		s.labels.Range(func(l labels.Label) { names[l.Name] = struct{}{} })
	})
	return slices.Sorted(maps.Keys(names)), nil, err
}

// Close implements [storage.LabelQuerier].
func (q *querier) Close() error { return nil }

// forEach visits the series that match, are not hidden, and may have samples in [mint, maxt].
func (q *querier) forEach(ctx context.Context, mint, maxt int64, matchers []*labels.Matcher, visit func(*Series)) error {
	for i, h := range q.histories {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, s := range h.match(q.part, matchers) {
			if (q.hide == nil || !q.hide(i, s.labels)) && s.overlaps(mint, maxt) {
				visit(s)
			}
		}
	}
	return nil
}

func (h *History) match(p part, matchers []*labels.Matcher) (found []*Series) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	h.index.forEach(p, matchers, func(s *Series) { found = append(found, s) })
	return found
}

func (h *History) mostSeries(matchers []*labels.Matcher) int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.index.mostSeries(matchers)
}

// selection is the part of a series that a query asks for.
type selection struct {
	series     *Series
	mint, maxt int64
}

func (s *selection) Labels() labels.Labels { return s.series.labels }

func (s *selection) Iterator(reuse chunkenc.Iterator) chunkenc.Iterator {
	return s.series.iterator(reuse, s.mint, s.maxt)
}

type seriesSet struct {
	series []storage.Series
	index  int
}

func (s *seriesSet) Next() bool {
	s.index++
	return s.index < len(s.series)
}

func (s *seriesSet) At() storage.Series                { return s.series[s.index] }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return nil }
