package promapi

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"

	jsoniter "github.com/json-iterator/go"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/budget"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// decoder reads one response of the Prometheus HTTP API (https://prometheus.io/docs/prometheus/latest/querying/api/) while
// it arrives. The type of the result is only known at the end, because the keys of JSON objects have no order.
type decoder struct {
	rename func(label string) string // nil keeps the names
	// readData, if set, reads the data field of responses that are not query results.
	readData func(*jsoniter.Iterator)
	// headers, if set, receives the response headers.
	headers func(http.Header)

	body    *limitedBody
	place   *budget.Place
	waiting context.Context // of the caller, for a larger place
	bytes   int             // that the decoded values take

	status, errorType, message string
	partial                    bool
	warnings, infos            []string

	resultType string
	matrix     promql.Matrix
	vector     promql.Vector
	scalar     *promql.Scalar
	text       *promql.String
	lastLength int // points of the last series
	histograms bool
	err        error

	builder labels.ScratchBuilder
	strings map[string]string
}

// decode reads the whole response. The error is a *Failure.
func (d *decoder) decode(it *jsoniter.Iterator) error {
	d.strings = map[string]string{}
	for field := it.ReadObject(); field != ""; field = it.ReadObject() {
		d.body.endToken()
		switch field {
		case "status":
			d.status = it.ReadString()
		case "errorType":
			d.errorType = it.ReadString()
		case "error":
			d.message = it.ReadString()
		case "isPartial": // a VictoriaMetrics cluster
			d.partial = it.ReadBool()
		case "warnings":
			for it.ReadArray() {
				d.warnings = annotate(d.warnings, it.ReadString())
				d.body.endToken()
			}
		case "infos":
			for it.ReadArray() {
				d.infos = annotate(d.infos, it.ReadString())
				d.body.endToken()
			}
		case "data":
			if d.readData != nil {
				d.readData(it)
			} else {
				d.readResult(it)
			}
		default:
			d.body.skip(it)
		}
		if d.err != nil {
			return d.err
		}
	}
	if it.Error != nil {
		return notTheAPI("JSON that is truncated or has another shape")
	}
	return nil
}

// sampleBytes is the memory of a sample, the unit of limits.maxSamples.
const sampleBytes = 16

// charge counts memory that the decoded values take. It waits for a larger place if they outgrow this one.
func (d *decoder) charge(bytes int) {
	if d.bytes += bytes; d.bytes <= d.place.Samples()*sampleBytes || d.err != nil {
		return
	}
	if !d.place.IsLarge() {
		if d.err = d.place.Enlarge(d.waiting); d.err != nil || d.bytes <= d.place.Samples()*sampleBytes {
			return
		}
	}
	d.err = tooManySamples(d.place.Samples())
}

// maxAnnotations limits the warnings, and the infos, of one response.
const maxAnnotations = 10

// annotate keeps a warning or an info of the server.
func annotate(list []string, text string) []string {
	if text = target.OneLine(text); slices.Contains(list, text) || len(list) == maxAnnotations {
		return list
	}
	return append(list, text)
}

func (d *decoder) readResult(it *jsoniter.Iterator) {
	for field := it.ReadObject(); field != "" && d.err == nil; field = it.ReadObject() {
		d.body.endToken()
		switch field {
		case "resultType":
			d.resultType = it.ReadString()
		case "result":
			for it.ReadArray() && d.err == nil {
				if it.WhatIsNext() == jsoniter.NumberValue { // [time, "value"]
					d.readScalar(it)
					continue
				}
				d.readSeries(it)
			}
		default:
			d.body.skip(it)
		}
	}
}

// readScalar reads a scalar or a string after its opening bracket.
func (d *decoder) readScalar(it *jsoniter.Iterator) {
	at := Milliseconds(it.ReadFloat64())
	it.ReadArray()
	text := it.ReadString()
	v, err := strconv.ParseFloat(text, 64)
	d.text = &promql.String{T: at, V: text}
	if err == nil {
		d.scalar = &promql.Scalar{T: at, V: v}
	}
}

// readSeries reads one series of a matrix or one sample of a vector.
func (d *decoder) readSeries(it *jsoniter.Iterator) {
	var (
		metric labels.Labels
		points []promql.FPoint
		one    *promql.FPoint
	)
	d.charge(seriesBytes(labels.EmptyLabels()))
	for field := it.ReadObject(); field != "" && d.err == nil; field = it.ReadObject() {
		d.body.endToken()
		switch field {
		case "metric":
			metric = d.readLabels(it)
		case "value":
			it.ReadArray()
			p := d.readPoint(it)
			one = &p
		case "values":
			points = make([]promql.FPoint, 0, d.lastLength) // series usually have equal lengths
			for it.ReadArray() && d.err == nil {
				it.ReadArray()
				points = append(points, d.readPoint(it))
			}
		case "histogram", "histograms":
			d.histograms = true
			d.body.skip(it)
		default:
			d.body.skip(it)
		}
	}
	if one != nil {
		d.vector = append(d.vector, promql.Sample{T: one.T, F: one.F, Metric: metric})
	} else if len(points) > 0 {
		d.lastLength = len(points)
		d.matrix = append(d.matrix, promql.Series{Metric: metric, Floats: points})
	}
}

// readPoint reads [time, "value"] after its opening bracket.
func (d *decoder) readPoint(it *jsoniter.Iterator) promql.FPoint {
	d.charge(sampleBytes)
	at := it.ReadFloat64()
	it.ReadArray()
	text := it.ReadStringAsSlice()
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil && it.Error == nil {
		d.err = notTheAPI(fmt.Sprintf("the value %q", target.OneLine(string(text))))
	}
	it.ReadArray() // the closing bracket
	d.body.endToken()
	return promql.FPoint{T: Milliseconds(at), F: v}
}

// Milliseconds converts a time of the API, which is in Unix seconds.
func Milliseconds(seconds float64) int64 { return int64(math.Round(seconds * 1000)) }

// readLabels reads the labels of a series and interns their strings.
func (d *decoder) readLabels(it *jsoniter.Iterator) labels.Labels {
	d.builder.Reset()
	for name := it.ReadObject(); name != ""; name = it.ReadObject() {
		value := it.ReadString()
		d.body.endToken()
		if value == "" {
			continue
		}
		if d.rename != nil {
			name = d.rename(name)
		}
		d.builder.Add(d.intern(name), d.intern(value))
	}
	d.builder.Sort()
	l := d.builder.Labels()
	d.charge(seriesBytes(l) - seriesBytes(labels.EmptyLabels())) // readSeries has charged the rest
	return l
}

// seriesBytes is the memory of a series without its points.
func seriesBytes(l labels.Labels) int {
	return 64 + int(l.ByteSize()) //nolint:gosec // G115: a response has fewer bytes
}

func (d *decoder) intern(text string) string {
	if known, ok := d.strings[text]; ok {
		return known
	}
	if len(d.strings) < 100_000 {
		d.strings[text] = text
	}
	return text
}

// value returns the result of a query. A vector keeps the server's order, because topk and sort define it.
func (d *decoder) value() (parser.Value, error) {
	if d.histograms {
		d.warnings = append(d.warnings, "the result contains native histograms, which are not supported and were left out")
	}
	switch parser.ValueType(d.resultType) {
	case parser.ValueTypeMatrix:
		slices.SortFunc(d.matrix, func(a, b promql.Series) int { return labels.Compare(a.Metric, b.Metric) })
		return d.matrix, nil
	case parser.ValueTypeVector:
		return d.vector, nil
	case parser.ValueTypeScalar:
		if d.scalar != nil {
			return *d.scalar, nil
		}
	case parser.ValueTypeString:
		if d.text != nil {
			return *d.text, nil
		}
	}
	return nil, notTheAPI(fmt.Sprintf("a result of type %q", target.OneLine(d.resultType)))
}
