package store

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"

	jsoniter "github.com/json-iterator/go"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

// decoder reads one answer of Prometheus's HTTP API (https://prometheus.io/docs/prometheus/latest/querying/api/) while it
// arrives. Exactly what its data are is known only at the end, as the keys of JSON have no order.
type decoder struct {
	identity Identity
	keep     bool // the labels' names
	limit    int  // samples
	// whole, if set, reads the data, which are no result of a query then.
	whole func(*jsoniter.Iterator)
	// headers, if set, is told those of the answer.
	headers func(http.Header)

	status, errorType, message string
	partial                    bool
	warnings                   []string

	resultType string
	matrix     promql.Matrix
	vector     promql.Vector
	scalar     *promql.Scalar
	text       *promql.String
	samples    int
	longest    int // points of the last series
	histograms bool
	trouble    error

	builder labels.ScratchBuilder
	strings map[string]string
}

// read reads the whole answer; the error is a *Failure.
func (d *decoder) read(it *jsoniter.Iterator) error {
	d.strings = map[string]string{}
	for field := it.ReadObject(); field != ""; field = it.ReadObject() {
		switch field {
		case "status":
			d.status = it.ReadString()
		case "errorType":
			d.errorType = it.ReadString()
		case "error":
			d.message = it.ReadString()
		case "isPartial": // VictoriaMetrics's cluster
			d.partial = it.ReadBool()
		case "warnings", "infos":
			for it.ReadArray() {
				d.warn(field, it.ReadString())
			}
		case "data":
			if d.whole != nil {
				d.whole(it)
			} else {
				d.data(it)
			}
		default:
			it.Skip()
		}
		if d.trouble != nil {
			return d.trouble
		}
	}
	if it.Error != nil {
		return notTheAPI("JSON that is cut off or of another shape")
	}
	return nil
}

// warn keeps what the store wants to be told. Prometheus tells by infos of PromQL that may be meant otherwise: that
// concerns whoever wrote the expression.
func (d *decoder) warn(field, text string) {
	if (field == "warnings" || d.keep) && !slices.Contains(d.warnings, text) && len(d.warnings) < 10 {
		d.warnings = append(d.warnings, text)
	}
}

func (d *decoder) data(it *jsoniter.Iterator) {
	for field := it.ReadObject(); field != "" && d.trouble == nil; field = it.ReadObject() {
		switch field {
		case "resultType":
			d.resultType = it.ReadString()
		case "result":
			for it.ReadArray() && d.trouble == nil {
				if it.WhatIsNext() == jsoniter.NumberValue { // [time, "value"]
					d.single(it)
					continue
				}
				d.series(it)
			}
		default:
			it.Skip()
		}
	}
}

// single reads a scalar or a string, of which the bracket has been read.
func (d *decoder) single(it *jsoniter.Iterator) {
	at := milliseconds(it.ReadFloat64())
	it.ReadArray()
	text := it.ReadString()
	v, err := strconv.ParseFloat(text, 64)
	d.text = &promql.String{T: at, V: text}
	if err == nil {
		d.scalar = &promql.Scalar{T: at, V: v}
	}
}

// series reads one series of a matrix, or one sample of a vector.
func (d *decoder) series(it *jsoniter.Iterator) {
	var (
		metric labels.Labels
		points []promql.FPoint
		one    *promql.FPoint
	)
	for field := it.ReadObject(); field != "" && d.trouble == nil; field = it.ReadObject() {
		switch field {
		case "metric":
			metric = d.labels(it)
		case "value":
			it.ReadArray()
			p := d.point(it)
			one = &p
		case "values":
			points = make([]promql.FPoint, 0, d.longest) // most series of an answer are as long as the one before
			for it.ReadArray() && d.trouble == nil {
				it.ReadArray()
				points = append(points, d.point(it))
			}
		case "histogram", "histograms":
			d.histograms = true
			it.Skip()
		default:
			it.Skip()
		}
	}
	if one != nil {
		d.vector = append(d.vector, promql.Sample{T: one.T, F: one.F, Metric: metric})
	} else if len(points) > 0 {
		d.longest = len(points)
		d.matrix = append(d.matrix, promql.Series{Metric: metric, Floats: points})
	}
}

// point reads [time, "value"], of which the bracket has been read.
func (d *decoder) point(it *jsoniter.Iterator) promql.FPoint {
	if d.samples++; d.limit > 0 && d.samples > d.limit {
		d.trouble = tooManySamples(d.limit)
	}
	at := it.ReadFloat64()
	it.ReadArray()
	text := it.ReadStringAsSlice()
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil && it.Error == nil {
		d.trouble = notTheAPI(fmt.Sprintf("the value %q", text))
	}
	it.ReadArray() // the closing bracket
	return promql.FPoint{T: milliseconds(at), F: v}
}

func milliseconds(seconds float64) int64 { return int64(math.Round(seconds * 1000)) }

// labels reads the labels of a series. Their texts come again and again, and are kept once.
func (d *decoder) labels(it *jsoniter.Iterator) labels.Labels {
	d.builder.Reset()
	for name := it.ReadObject(); name != ""; name = it.ReadObject() {
		value := it.ReadString()
		if value == "" {
			continue
		}
		if !d.keep {
			name = d.identity.called(name)
		}
		d.builder.Add(d.shared(name), d.shared(value))
	}
	d.builder.Sort()
	return d.builder.Labels()
}

func (d *decoder) shared(text string) string {
	if known, ok := d.strings[text]; ok {
		return known
	}
	if len(d.strings) < 100_000 {
		d.strings[text] = text
	}
	return text
}

// value is the result of a query. The order of a vector is the store's, as topk and sort give it.
func (d *decoder) value() (parser.Value, error) {
	if d.histograms {
		d.warnings = append(d.warnings, "the result has native histograms, which are left out")
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
	return nil, notTheAPI(fmt.Sprintf("a result of type %q", d.resultType))
}
