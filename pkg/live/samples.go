package live

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

	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// mostSamples is the maximum number of samples in a response, which is some megabytes.
const mostSamples = 500_000

// series holds the scraped samples of one series, ordered by time. Times are unix milliseconds.
type series struct {
	Labels map[string]string `json:"labels"`
	Times  []int64           `json:"times"`
	Values []sampleValue     `json:"values"`
}

// sampleValue is a number. Values that JSON cannot represent are strings: NaN, +Inf, -Inf, and stale for the end of a
// series.
type sampleValue float64

func (v sampleValue) MarshalJSON() ([]byte, error) {
	f := float64(v)
	switch {
	case value.IsStaleNaN(f):
		return []byte(`"stale"`), nil
	case math.IsNaN(f) || math.IsInf(f, 0):
		return strconv.AppendQuote(nil, strconv.FormatFloat(f, 'g', -1, 64)), nil
	}
	return strconv.AppendFloat(nil, f, 'g', -1, 64), nil
}

// Samples answers live/samples: what the history holds for some targets between two times.
//
//	?ids=<id>,<id>&metrics=<name>,<name>&from=<ms>&to=<ms>; without metrics, all of them
//
// The response has one list of series per target, in the order of the ids. It is empty for unknown ids and for targets
// whose node belongs to another target.
func Samples(r *request.Request, req *http.Request) (any, error) {
	fleet, err := fleetFor(req.Context(), r)
	if err != nil {
		return nil, err
	}
	ids, err := targetIDs(req)
	if err != nil {
		return nil, err
	}
	from, to, err := request.TimeParameters(req)
	if err != nil {
		return nil, err
	}
	q, err := fleet.Queryable().Querier(from, to)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	names := []string{""}
	if text := req.URL.Query().Get("metrics"); text != "" {
		names = strings.Split(text, ",")
	}
	statuses := fleet.Targets()
	out := make([][]series, len(ids))
	room := mostSamples
	for i, id := range ids {
		out[i] = []series{}
		at := slices.IndexFunc(statuses, func(s target.Status) bool { return s.ID == id })
		if at < 0 || statuses[at].State == target.Duplicate {
			continue
		}
		for _, name := range names {
			set := q.Select(req.Context(), false, &storage.SelectHints{Start: from, End: to}, targetMatchers(statuses[at], name)...)
			for set.Next() {
				s := samplesOf(set.At())
				if room -= len(s.Times); room < 0 {
					return nil, failure.User(fmt.Errorf("there are more than %d samples in this range: ask for a shorter one, or for fewer nodes", mostSamples))
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
	return map[string]any{"now": r.Now().UnixMilli(), "targets": out}, nil
}

// targetMatchers returns the matchers of what a target writes under its labels. An empty name means every metric.
func targetMatchers(s target.Status, name string) []*labels.Matcher {
	out := []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, name)}
	if name == "" {
		out[0] = labels.MustNewMatcher(labels.MatchNotEqual, model.MetricNameLabel, "")
	}
	s.Labels.Range(func(l labels.Label) { out = append(out, labels.MustNewMatcher(labels.MatchEqual, l.Name, l.Value)) })
	for _, name := range append(slices.Clone(target.IdentityLabels), "kind") {
		if !s.Labels.Has(name) { // another target may have the same labels and this one
			out = append(out, labels.MustNewMatcher(labels.MatchEqual, name, ""))
		}
	}
	return out
}

func samplesOf(from storage.Series) series {
	out := series{Labels: from.Labels().Map()}
	for it := from.Iterator(nil); it.Next() == chunkenc.ValFloat; {
		at, v := it.At()
		out.Times, out.Values = append(out.Times, at), append(out.Values, sampleValue(v))
	}
	return out
}
