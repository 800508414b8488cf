package exposition

import (
	"bytes"
	"context"
	"mime"
	"strings"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
)

// ReadBody reads a response body of an endpoint. It returns the samples, or why it contains no metrics of the endpoint.
func (r *Reader) ReadBody(ctx context.Context, e signals.Endpoint, body []byte, contentType string) (*Result, *target.Failure) {
	if why := checkFormat(body, contentType, e); why != nil {
		return nil, why
	}
	result, why := r.ReadContext(ctx, body)
	switch {
	case why != nil:
		return nil, why
	case len(result.Samples) == 0 && r.keep.metrics != nil && bytes.Contains(body, []byte("# TYPE ")):
		return nil, notMetricsOf(e)
	case len(result.Samples) == 0:
		return nil, noSamples(body, e)
	}
	return result, result.checkKind(e, r.reading)
}

// Recognise reports whether a body looks like metrics of a kind of target, without reading it: a line begins with the prefix
// that identifies the kind. A body that it does not recognise may still be fine.
func Recognise(body []byte, contentType string, e signals.Endpoint, reading signals.Reading) bool {
	if !IsText(contentType) || checkFormat(body, contentType, e) != nil {
		return false
	}
	for _, mark := range reading.IdentifyingMetrics {
		if mark.Kind == e.Kind && (bytes.HasPrefix(body, []byte(mark.Prefix)) || bytes.Contains(body, []byte("\n"+mark.Prefix))) {
			return true
		}
	}
	return false
}

// checkFormat fails for a body that is obviously not in Prometheus's text format.
func checkFormat(body []byte, contentType string, e signals.Endpoint) *target.Failure {
	start := bodyStart(body)
	switch {
	case len(start) == 0:
		return target.Failf(target.Empty, "The response is empty. Check whether the process has just restarted, then the port and the path (%s), and last whether the port expects https://.", e.Address())
	case strings.Contains(contentType, "protobuf"):
		return notText(e, target.Binary, "binary data")
	case start[0] == '<':
		return notText(e, target.HTML, "an HTML page")
	case start[0] == '{', start[0] == '[':
		return notText(e, target.JSON, "JSON")
	}
	return nil
}

// noSamples explains a body without a readable sample.
func noSamples(body []byte, e signals.Endpoint) *target.Failure {
	if bytes.IndexByte(bodyStart(body), 0) >= 0 {
		return notText(e, target.Binary, "binary data")
	}
	return notText(e, target.NotMetrics, "text without a readable sample")
}

// bodyStart returns the beginning of a body without white space.
func bodyStart(body []byte) []byte {
	return bytes.TrimLeft(bytes.TrimPrefix(body[:min(len(body), 1024)], []byte("\ufeff")), " \t\r\n")
}

// IsText reports whether Prometheus would read a response of this content type.
func IsText(contentType string) bool {
	media, _, _ := mime.ParseMediaType(contentType)
	return media == "text/plain" || media == "application/openmetrics-text"
}

func tooManySamples(limit int) *target.Failure {
	return target.Failf(target.TooMany, "The response has more than %d samples and was discarded. Check that the address serves Falco's metrics, or raise limits.sampleLimit.", limit)
}

func parsingTooSlow() *target.Failure {
	return target.Failf(target.Timeout, "The response arrived but could not be parsed within the timeout, and was discarded. Check that the address serves Falco's metrics, or raise scrapeTimeout.")
}

func notText(e signals.Endpoint, c target.Cause, found string) *target.Failure {
	return target.Failf(c, "Expected metrics in Prometheus's text format, found %s. Check the port and the path (%s).", found, e.Address())
}

func wrongKind(want, found signals.Endpoint) *target.Failure {
	return target.Failf(target.NotFalco, "These are the metrics of %s, but the target's kind is %s. Set kind: %s.", found.Title, want.Kind, found.Kind)
}

func notMetricsOf(e signals.Endpoint) *target.Failure {
	return target.Failf(target.NotFalco, "These metrics are not those of %s. Check the port and the path (%s).", e.Title, e.Address())
}
