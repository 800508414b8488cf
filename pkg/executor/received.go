package executor

import (
	"github.com/prometheus/prometheus/storage"
)

// queryable returns the scraped samples and, where the alert receiver is on, what it counted.
func (e *Embedded) queryable() storage.Queryable {
	if e.received == nil {
		return e.Fleet.Queryable()
	}
	return mergedQueryable{e.Fleet.Queryable(), e.received}
}

// mergedQueryable queries several sources whose series differ.
type mergedQueryable []storage.Queryable

func (m mergedQueryable) Querier(from, to int64) (storage.Querier, error) {
	queriers := make([]storage.Querier, 0, len(m))
	for _, one := range m {
		q, err := one.Querier(from, to)
		if err != nil {
			return nil, err
		}
		queriers = append(queriers, q)
	}
	return storage.NewMergeQuerier(queriers, nil, storage.ChainedSeriesMerge), nil
}
