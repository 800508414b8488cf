package main

import (
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"runtime"
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunks"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/history"
)

// forEachScrape visits the samples as they were scraped, by time and then by target. visit receives the samples of one
// response, with their indexes in series.
func forEachScrape(series []recorded, visit func(at int64, indexes []int, values []float64) error) error {
	times := map[int64]bool{}
	for _, s := range series {
		for _, at := range s.times {
			times[at] = true
		}
	}
	next := make([]int, len(series)) // index of the next sample of each series
	var indexes []int
	var values []float64
	for _, at := range slices.Sorted(maps.Keys(times)) {
		for i, s := range series {
			if n := next[i]; n < len(s.times) && s.times[n] == at {
				indexes, values = append(indexes, i), append(values, s.values[n])
				next[i]++
			}
			last := i+1 == len(series) || series[i+1].target != s.target
			if last && len(indexes) > 0 {
				if err := visit(at, indexes, values); err != nil {
					return err
				}
				indexes, values = indexes[:0], values[:0]
			}
		}
	}
	return nil
}

// fillHistory appends all samples to a history, with copies of the labels.
func fillHistory(series []recorded) *history.History {
	h := history.New(history.Options{})
	handles := make([]*history.Series, len(series))
	for i, s := range series {
		handles[i] = h.Series(s.labels.Copy())
	}
	var samples []history.Sample
	_ = forEachScrape(series, func(at int64, indexes []int, values []float64) error {
		samples = samples[:0]
		for k, i := range indexes {
			samples = append(samples, history.Sample{Series: handles[i], Value: values[k]})
		}
		h.Append(at, samples)
		return nil
	})
	return h
}

// openPeer opens an empty Prometheus database without a write-ahead log.
func openPeer() (db *tsdb.DB, remove func(), err error) {
	dir, err := os.MkdirTemp("", "falco-bench-tsdb")
	if err != nil {
		return nil, nil, err
	}
	options := tsdb.DefaultOptions()
	options.WALSegmentSize = -1
	options.MinBlockDuration = 24 * 3600 * 1000 // everything stays in the head
	options.MaxBlockDuration = options.MinBlockDuration
	db, err = tsdb.Open(dir, nil, nil, options, nil)
	if err != nil {
		os.RemoveAll(dir)
		return nil, nil, err
	}
	return db, func() { db.Close(); os.RemoveAll(dir) }, nil
}

// fillPeer appends all samples to a Prometheus database.
func fillPeer(db *tsdb.DB, series []recorded) error {
	references := make([]storage.SeriesRef, len(series))
	return forEachScrape(series, func(at int64, indexes []int, values []float64) (err error) {
		app := db.Appender(context.Background())
		for k, i := range indexes {
			l := series[i].labels
			if references[i] == 0 {
				l = l.Copy()
			}
			if references[i], err = app.Append(references[i], l, at, values[k]); err != nil {
				return fmt.Errorf("prometheus refused %s at %d: %w", l, at, err)
			}
		}
		return app.Commit()
	})
}

// encodedBytes measures the size of the chunks alone. The peer is Prometheus's head.
func encodedBytes(r *responses) (result, error) {
	series, err := r.load()
	if err != nil {
		return result{}, err
	}
	db, remove, err := openPeer()
	if err != nil {
		return result{}, err
	}
	defer remove()
	if err := fillPeer(db, series); err != nil {
		return result{}, err
	}
	peer, err := peerChunkBytes(db)
	stats := fillHistory(series).Stats()
	ours := float64(stats.Encoded) / float64(stats.Samples)
	note := fmt.Sprintf("%.0f %% of %d series constant, %d samples", 100*constantRatio(series), stats.Series, stats.Samples)
	return under(3, ours, peer, "B", note), err
}

func peerChunkBytes(db *tsdb.DB) (perSample float64, err error) {
	querier, err := db.ChunkQuerier(math.MinInt64, math.MaxInt64)
	if err != nil {
		return 0, err
	}
	defer querier.Close()
	set := querier.Select(context.Background(), false, nil, labels.MustNewMatcher(labels.MatchRegexp, model.MetricNameLabel, ".+"))
	var it chunks.Iterator
	bytes, samples := 0, 0
	for set.Next() {
		it = set.At().Iterator(it)
		for it.Next() {
			bytes += len(it.At().Chunk.Bytes())
			samples += it.At().Chunk.NumSamples()
		}
	}
	return float64(bytes) / float64(samples), set.Err()
}

// copies of the fleet make a hundred thousand series, so that the fixed cost is negligible.
const copies = 20

// heapPerSeries measures everything that a series with an hour of samples takes: labels, index, references and chunks. The
// peer is Prometheus's head with its chunks in memory. The note has its size with full chunks on disk, which a plugin must
// not use.
func heapPerSeries(r *responses) (result, error) {
	fleet, err := r.load()
	if err != nil {
		return result{}, err
	}
	series := make([]recorded, 0, copies*len(fleet))
	for i := range copies {
		for _, s := range fleet {
			l := labels.NewBuilder(s.labels).Set("node", fmt.Sprintf("%s-%02d", s.labels.Get("node"), i)).Labels()
			series = append(series, recorded{l, l.Get("node"), s.times, s.values})
		}
	}
	count := float64(len(series))
	before := heap()
	h := fillHistory(series)
	ours := (heap() - before) / count
	runtime.KeepAlive(h)

	db, remove, err := openPeer()
	if err != nil {
		return result{}, err
	}
	defer remove()
	before = heap()
	if err := fillPeer(db, series); err != nil {
		return result{}, err
	}
	peer := (heap() - before) / count
	db.ForceHeadMMap()
	mapped := (heap() - before) / count
	runtime.KeepAlive(series)
	note := fmt.Sprintf("%d series; the peer with its full chunks on disk: %.0f B", len(series), mapped)
	return atMost(1, ours, peer, "B", note), nil
}
