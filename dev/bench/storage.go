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

// scrapes goes through series as they were scraped: time by time, and at each time target by target. visit gets the
// samples of one answer by their place among the series.
func scrapes(series []recorded, visit func(at int64, places []int, values []float64) error) error {
	times := map[int64]bool{}
	for _, s := range series {
		for _, at := range s.times {
			times[at] = true
		}
	}
	next := make([]int, len(series)) // the sample of each series that comes next
	var places []int
	var values []float64
	for _, at := range slices.Sorted(maps.Keys(times)) {
		for i, s := range series {
			if n := next[i]; n < len(s.times) && s.times[n] == at {
				places, values = append(places, i), append(values, s.values[n])
				next[i]++
			}
			last := i+1 == len(series) || series[i+1].target != s.target
			if last && len(places) > 0 {
				if err := visit(at, places, values); err != nil {
					return err
				}
				places, values = places[:0], values[:0]
			}
		}
	}
	return nil
}

// keep appends everything to a history, with labels of its own.
func keep(series []recorded) *history.History {
	h := history.New(history.Options{})
	handles := make([]*history.Series, len(series))
	for i, s := range series {
		handles[i] = h.Series(s.labels.Copy())
	}
	var samples []history.Sample
	_ = scrapes(series, func(at int64, places []int, values []float64) error {
		samples = samples[:0]
		for k, i := range places {
			samples = append(samples, history.Sample{Series: handles[i], Value: values[k]})
		}
		h.Append(at, samples)
		return nil
	})
	return h
}

// openPeer opens an empty database of Prometheus, without its log on disk.
func openPeer() (db *tsdb.DB, remove func(), err error) {
	dir, err := os.MkdirTemp("", "falco-bench-tsdb")
	if err != nil {
		return nil, nil, err
	}
	options := tsdb.DefaultOptions()
	options.WALSegmentSize = -1
	options.MinBlockDuration = 24 * 3600 * 1000 // all stays in the head
	options.MaxBlockDuration = options.MinBlockDuration
	db, err = tsdb.Open(dir, nil, nil, options, nil)
	if err != nil {
		os.RemoveAll(dir)
		return nil, nil, err
	}
	return db, func() { db.Close(); os.RemoveAll(dir) }, nil
}

// keepInPeer does as keep does.
func keepInPeer(db *tsdb.DB, series []recorded) error {
	references := make([]storage.SeriesRef, len(series))
	return scrapes(series, func(at int64, places []int, values []float64) (err error) {
		app := db.Appender(context.Background())
		for k, i := range places {
			l := series[i].labels
			if references[i] == 0 {
				l = l.Copy()
			}
			if references[i], err = app.Append(references[i], l, at, values[k]); err != nil {
				return fmt.Errorf("prometheus refuses %s at %d: %w", l, at, err)
			}
		}
		return app.Commit()
	})
}

// encodedBytes is the size of the chunks, without anything around them. The peer is Prometheus's head.
func encodedBytes(a *answers) (result, error) {
	series, err := a.load()
	if err != nil {
		return result{}, err
	}
	db, remove, err := openPeer()
	if err != nil {
		return result{}, err
	}
	defer remove()
	if err := keepInPeer(db, series); err != nil {
		return result{}, err
	}
	peer, err := peerChunkBytes(db)
	stats := keep(series).Stats()
	ours := float64(stats.Encoded) / float64(stats.Samples)
	note := fmt.Sprintf("%.0f %% of %d series constant, %d samples", 100*constant(series), stats.Series, stats.Samples)
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

// copies of the fleet make a hundred thousand series of it, so that what an empty store takes does not show.
const copies = 20

// heapPerSeries is all that a series of an hour takes: labels, index, references, chunks. The peer is Prometheus's head
// with its chunks in memory; the note says what is left when it has written the full ones to disk, which we may not do.
func heapPerSeries(a *answers) (result, error) {
	fleet, err := a.load()
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
	h := keep(series)
	ours := (heap() - before) / count
	runtime.KeepAlive(h)

	db, remove, err := openPeer()
	if err != nil {
		return result{}, err
	}
	defer remove()
	before = heap()
	if err := keepInPeer(db, series); err != nil {
		return result{}, err
	}
	peer := (heap() - before) / count
	db.ForceHeadMMap()
	mapped := (heap() - before) / count
	runtime.KeepAlive(series)
	note := fmt.Sprintf("%d series; the peer with its full chunks on disk: %.0f B", len(series), mapped)
	return atMost(1, ours, peer, "B", note), nil
}
