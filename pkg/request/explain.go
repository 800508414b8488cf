package request

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/budget"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/hints"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi"
)

// Explain turns an error of the engine into one that says what to change.
func (r *Request) Explain(err error) error {
	var (
		parse     parser.ParseErrors
		share     budget.TooManySamples
		full      budget.ResultsFull
		series    executor.TooManySeries
		samples   promql.ErrTooManySamples
		timeout   promql.ErrQueryTimeout
		cancelled promql.ErrQueryCanceled
		failed    *promapi.Failure
	)
	switch {
	case errors.As(err, &failed) && !failed.Query:
		return failed
	case errors.As(err, &failed):
		return failure.User(failed)
	case errors.As(err, &parse) && len(parse) > 0:
		if hint := hints.ForParseError(parse[0]); hint != "" {
			return failure.User(fmt.Errorf("the expression cannot be parsed at %s: %w. %s", position(parse[0]), parse[0].Err, hint))
		}
		return failure.User(fmt.Errorf("the expression cannot be parsed at %s: %w", position(parse[0]), parse[0].Err))
	case errors.As(err, &share):
		return failure.User(fmt.Errorf("the query needs more than %d samples at once, which is its share of limits.maxSamples: narrow its time range or its filters, or raise limits.maxSamples", int(share)))
	case errors.As(err, &full):
		return failure.User(fmt.Errorf("the results of the running queries have more than %d samples together, which is their share of limits.maxSamples: try again, narrow the time ranges or the filters, or raise limits.maxSamples", int(full)))
	case errors.As(err, &series):
		return failure.User(fmt.Errorf("the query needs more than %d series at once, for whose labels and steps its share of limits.maxSamples has no room: narrow its filters or its time range, shorten the labels that it makes, or raise limits.maxSamples", int(series)))
	case errors.As(err, &samples):
		return failure.User(fmt.Errorf("the query needs more than %d samples at once: narrow its time range or its filters, or raise limits.maxSamples", r.Settings.MaxSamples))
	case errors.As(err, &timeout), errors.Is(err, context.DeadlineExceeded):
		return failure.User(fmt.Errorf("the query took longer than %s: narrow its time range or its filters, or raise limits.queryTimeout", r.Settings.QueryTimeout))
	case errors.As(err, &cancelled), errors.Is(err, context.Canceled):
		return context.Canceled
	}
	if errors.As(err, new(promql.ErrStorage)) {
		return fmt.Errorf("the history cannot be read: %w", err)
	}
	return failure.User(fmt.Errorf("the expression cannot be evaluated: %w", err))
}

// ExplainEnd explains an error of a context, which samples are read with, and returns others unchanged.
func (r *Request) ExplainEnd(err error) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return r.Explain(err)
	}
	return err
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
