package datasource

import (
	"context"
	"iter"
	"math"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// samples are what was scraped of one series: unix milliseconds and values. The end of a series is a value that
// [value.IsStaleNaN] knows.
type samples = iter.Seq2[int64, float64]

// scan visits a metric's samples between two times, series by series, as they were scraped. The engine would give
// them at steps, between which changes are lost.
func scan(ctx context.Context, e executor, metric string, s scope, from, to time.Time, visit func(labels.Labels, samples)) (remarks []data.Notice, err error) {
	matchers, err := s.matchers(metric)
	if err != nil {
		return nil, userError{err}
	}
	q, err := e.querier(from.UnixMilli(), to.UnixMilli())
	if err != nil {
		return nil, err
	}
	defer q.Close()
	set := q.Select(ctx, false, &storage.SelectHints{Start: from.UnixMilli(), End: to.UnixMilli()}, matchers...)
	var it chunkenc.Iterator
	for set.Next() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		series := set.At()
		if !s.holds(nodeOf(series.Labels())) {
			continue
		}
		it = series.Iterator(it)
		visit(series.Labels(), func(yield func(int64, float64) bool) {
			for it.Next() == chunkenc.ValFloat {
				if at, v := it.At(); !yield(at, v) {
					return
				}
			}
		})
		if err := it.Err(); err != nil {
			return nil, err
		}
	}
	for _, warning := range set.Warnings() {
		remarks = append(remarks, data.Notice{Severity: data.NoticeSeverityWarning, Text: noticeOf(warning)})
	}
	return remarks, set.Err()
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
