package executor

import (
	"context"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
)

// bounded makes a query fail with TooManySeries that selects more series than most; those of every selector count. The engine
// could count them too (EnableQueryCost), but then counts and asks the context at every sample, which makes it a fifth slower.
type bounded struct {
	storage.Queryable
	most int
}

// Querier implements [storage.Queryable]. The engine takes one for a query.
func (b bounded) Querier(mint, maxt int64) (storage.Querier, error) {
	q, err := b.Queryable.Querier(mint, maxt)
	return &boundedQuerier{Querier: q, most: b.most}, err
}

type boundedQuerier struct {
	storage.Querier
	most, seen int
}

// Select implements [storage.Querier].
func (q *boundedQuerier) Select(ctx context.Context, sorted bool, hints *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	return &boundedSet{SeriesSet: q.Querier.Select(ctx, sorted, hints, matchers...), querier: q}
}

type boundedSet struct {
	storage.SeriesSet
	querier *boundedQuerier
}

// Next implements [storage.SeriesSet].
func (s *boundedSet) Next() bool {
	q := s.querier
	if q.seen > q.most || !s.SeriesSet.Next() {
		return false
	}
	q.seen++
	return q.seen <= q.most
}

// Err implements [storage.SeriesSet].
func (s *boundedSet) Err() error {
	if s.querier.seen > s.querier.most {
		return TooManySeries(s.querier.most)
	}
	return s.SeriesSet.Err()
}
