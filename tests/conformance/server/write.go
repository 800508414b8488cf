package server

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
)

// Series holds the samples of a series in order of time. Times are Unix milliseconds. A value with the bits of
// [github.com/prometheus/prometheus/model/value.StaleNaN] ends the series.
type Series struct {
	Labels labels.Labels
	Times  []int64
	Values []float64
}

// timesAtOnce is the number of times in one request.
const timesAtOnce = 60

// RemoteWrite sends series to a remote write endpoint, in order of time over all series, so that no sample is out of order.
func RemoteWrite(url string, all []Series) error {
	var times []int64
	for _, s := range all {
		times = append(times, s.Times...)
	}
	slices.Sort(times)
	times = slices.Compact(times)
	sent := make([]int, len(all)) // number of samples sent, by series
	for moments := range slices.Chunk(times, timesAtOnce) {
		var request prompb.WriteRequest
		for i, s := range all {
			one := prompb.TimeSeries{}
			for ; sent[i] < len(s.Times) && s.Times[sent[i]] <= moments[len(moments)-1]; sent[i]++ {
				one.Samples = append(one.Samples, prompb.Sample{Timestamp: s.Times[sent[i]], Value: s.Values[sent[i]]})
			}
			if len(one.Samples) > 0 {
				s.Labels.Range(func(l labels.Label) { one.Labels = append(one.Labels, prompb.Label{Name: l.Name, Value: l.Value}) })
				request.Timeseries = append(request.Timeseries, one)
			}
		}
		if err := send(url, &request); err != nil {
			return err
		}
	}
	return nil
}

func send(url string, request *prompb.WriteRequest) error {
	raw, err := request.Marshal()
	if err != nil {
		return err
	}
	response, err := http.Post(url, "application/x-protobuf", bytes.NewReader(snappy.Encode(nil, raw)))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		why, _ := io.ReadAll(response.Body)
		return fmt.Errorf("remote write: %s: %s", response.Status, why)
	}
	return nil
}
