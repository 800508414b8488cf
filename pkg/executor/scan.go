package executor

import (
	"context"
	"iter"
	"math"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// Samples are the scraped samples of one series: unix milliseconds and values. The end of a series is a value for which
// [value.IsStaleNaN] is true.
type Samples = iter.Seq2[int64, float64]

// Scan visits the scraped samples of some metrics between two times, series by series. The engine would return them at steps
// and miss changes in between. Metrics that cannot be read together are read one by one.
func Scan(ctx context.Context, e Executor, metrics []string, s Scope, from, to time.Time, visit func(labels.Labels, Samples)) (remarks []data.Notice, err error) {
	if len(metrics) > 1 {
		visited := false
		remarks, err := scan(ctx, e, metrics, s, from, to, func(l labels.Labels, all Samples) {
			visited = true
			visit(l, all)
		})
		if err == nil || visited || ctx.Err() != nil {
			return remarks, err
		}
	}
	for _, metric := range metrics {
		more, err := scan(ctx, e, []string{metric}, s, from, to, visit)
		if err != nil {
			return nil, err
		}
		remarks = append(remarks, more...)
	}
	return remarks, nil
}

// scan is Scan for metrics that are read together.
func scan(ctx context.Context, e Executor, metrics []string, s Scope, from, to time.Time, visit func(labels.Labels, Samples)) (remarks []data.Notice, err error) {
	matchers, err := s.matchers(metrics)
	if err != nil {
		return nil, failure.User(err)
	}
	q, err := e.Querier(from.UnixMilli(), to.UnixMilli())
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
		if !s.Contains(target.NodeOf(series.Labels())) {
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
		remarks = append(remarks, data.Notice{Severity: data.NoticeSeverityWarning, Text: warningText(warning)})
	}
	return remarks, set.Err()
}

// Finite reports whether v is neither NaN nor infinite.
func Finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
