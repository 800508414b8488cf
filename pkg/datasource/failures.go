package datasource

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/frames"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/store"
)

// empty is whether there is no value at all.
func empty(results []frames.Result) bool {
	for _, r := range results {
		switch v := r.Value.(type) {
		case promql.Matrix:
			if len(v) > 0 {
				return false
			}
		case promql.Vector:
			if len(v) > 0 {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// userError is a mistake in a query or in the settings: nothing is wrong with the plugin.
type userError struct{ error }

// explain puts an error of the engine into words, with what to change.
func (d *Instance) explain(err error) error {
	var (
		parse     parser.ParseErrors
		samples   promql.ErrTooManySamples
		timeout   promql.ErrQueryTimeout
		cancelled promql.ErrQueryCanceled
		failed    *store.Failure
	)
	switch {
	case errors.As(err, &failed) && !failed.Query:
		return failed
	case errors.As(err, &failed):
		return userError{failed}
	case errors.As(err, &parse) && len(parse) > 0:
		return userError{fmt.Errorf("the expression cannot be read at %s: %w", position(parse[0]), parse[0].Err)}
	case errors.As(err, &samples):
		return userError{fmt.Errorf("the query needs more than %d samples at once: narrow its time range or its filters, or raise limits.maxSamples", d.settings.maxSamples)}
	case errors.As(err, &timeout), errors.Is(err, context.DeadlineExceeded):
		return userError{fmt.Errorf("the query took longer than %s: narrow its time range or its filters, or raise limits.queryTimeout", d.settings.queryTimeout)}
	case errors.As(err, &cancelled), errors.Is(err, context.Canceled):
		return context.Canceled
	}
	return userError{fmt.Errorf("the expression cannot be evaluated: %w", err)}
}

func position(e parser.ParseErr) string {
	before := e.Query[:min(int(e.PositionRange.Start), len(e.Query))]
	line := strings.Count(before, "\n") + 1
	column := len([]rune(before[strings.LastIndex(before, "\n")+1:])) + 1
	if strings.Contains(e.Query, "\n") {
		return fmt.Sprintf("line %d, character %d", line, column)
	}
	return fmt.Sprintf("character %d", column)
}

// refuse makes the response of a query that failed. None of these is the plugin's fault: it is the
// query's, the settings' or the targets'.
func refuse(err error) backend.DataResponse {
	status := backend.StatusBadGateway
	var mistake userError
	switch {
	case errors.As(err, &mistake):
		status = backend.StatusBadRequest
	case errors.Is(err, context.Canceled):
		return backend.ErrDataResponseWithSource(backend.StatusTimeout, backend.ErrorSourceDownstream, "the query was cancelled")
	}
	return backend.ErrDataResponseWithSource(status, backend.ErrorSourceDownstream, err.Error())
}
