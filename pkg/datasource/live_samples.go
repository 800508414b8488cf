package datasource

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
)

// mostSamples bounds what live/samples sends: some megabytes.
const mostSamples = 500_000

// liveSeries are samples of one series as they were scraped, in order of time. Times are unix milliseconds.
type liveSeries struct {
	Labels map[string]string `json:"labels"`
	Times  []int64           `json:"times"`
	Values []liveValue       `json:"values"`
}

// liveValue is a number; what JSON has no number for is a word: NaN, +Inf, -Inf, and stale for the end of a series.
type liveValue float64

func (v liveValue) MarshalJSON() ([]byte, error) {
	f := float64(v)
	switch {
	case value.IsStaleNaN(f):
		return []byte(`"stale"`), nil
	case math.IsNaN(f) || math.IsInf(f, 0):
		return strconv.AppendQuote(nil, strconv.FormatFloat(f, 'g', -1, 64)), nil
	}
	return strconv.AppendFloat(nil, f, 'g', -1, 64), nil
}

// liveSamples answers live/samples: what the history holds of some targets between two times.
//
//	?ids=<id>,<id>&metrics=<name>,<name>&from=<ms>&to=<ms>; without metrics, all of them
//
// It gives one list of series for each target, in the order of the ids; none for an id that no target has, or whose node
// another target has.
func (d *Instance) liveSamples(r *http.Request) (any, error) {
	fleet, err := d.watched(r.Context())
	if err != nil {
		return nil, err
	}
	ids, err := idsOf(r)
	if err != nil {
		return nil, err
	}
	from, to, err := between(r)
	if err != nil {
		return nil, err
	}
	q, err := fleet.Queryable().Querier(from, to)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	names := []string{""}
	if text := r.URL.Query().Get("metrics"); text != "" {
		names = strings.Split(text, ",")
	}
	statuses := fleet.Targets()
	out := make([][]liveSeries, len(ids))
	room := mostSamples
	for i, id := range ids {
		out[i] = []liveSeries{}
		at := slices.IndexFunc(statuses, func(s scrape.Status) bool { return s.ID == id })
		if at < 0 || statuses[at].State == scrape.Duplicate {
			continue
		}
		for _, name := range names {
			set := q.Select(r.Context(), false, &storage.SelectHints{Start: from, End: to}, ofTarget(statuses[at], name)...)
			for set.Next() {
				s := samplesOf(set.At())
				if room -= len(s.Times); room < 0 {
					return nil, userError{fmt.Errorf("there are more than %d samples in this range: ask for a shorter one, or for fewer nodes", mostSamples)}
				}
				if len(s.Times) > 0 {
					out[i] = append(out[i], s)
				}
			}
			if err := set.Err(); err != nil {
				return nil, err
			}
		}
	}
	return map[string]any{"now": d.now().UnixMilli(), "targets": out}, nil
}

// ofTarget are the matchers of what a target writes under its labels; an empty name stands for every metric.
func ofTarget(s scrape.Status, name string) []*labels.Matcher {
	out := []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, name)}
	if name == "" {
		out[0] = labels.MustNewMatcher(labels.MatchNotEqual, model.MetricNameLabel, "")
	}
	s.Labels.Range(func(l labels.Label) { out = append(out, labels.MustNewMatcher(labels.MatchEqual, l.Name, l.Value)) })
	for _, name := range append(slices.Clone(identity), "kind") {
		if !s.Labels.Has(name) { // those of another target may be the same besides
			out = append(out, labels.MustNewMatcher(labels.MatchEqual, name, ""))
		}
	}
	return out
}

func samplesOf(series storage.Series) liveSeries {
	out := liveSeries{Labels: series.Labels().Map()}
	for it := series.Iterator(nil); it.Next() == chunkenc.ValFloat; {
		at, v := it.At()
		out.Times, out.Values = append(out.Times, at), append(out.Values, liveValue(v))
	}
	return out
}
