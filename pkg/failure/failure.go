// Package failure holds the errors that requests end with, and says whose fault they are. Any other error is
// the plugin's own fault.
package failure

import (
	"context"
	"errors"
	"net/http"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi"
)

// userError is a mistake in a query or in the settings.
type userError struct{ error }

func (e userError) Unwrap() error { return e.error }

// User marks an error as a mistake in a query or in the settings.
func User(err error) error { return userError{err} }

// targetError says that no target can be measured.
type targetError struct{ error }

// Targets marks an error as the fault of the targets.
func Targets(err error) error { return targetError{err} }

// Forbidden tells users what they are not allowed to read, and why.
type Forbidden string

func (f Forbidden) Error() string { return string(f) }

// Response returns the response of a query that failed. Its source is the plugin only if the plugin is at fault.
func Response(err error) backend.DataResponse {
	source := backend.ErrorSourceDownstream
	message := err.Error()
	var status backend.Status
	switch code := HTTPStatus(err); {
	case errors.Is(err, context.Canceled):
		status, message = backend.StatusTimeout, "the query was cancelled"
	case code == http.StatusInternalServerError:
		status, source = backend.StatusInternal, backend.ErrorSourcePlugin
	default:
		status = backend.Status(code)
	}
	return backend.ErrDataResponseWithSource(status, source, message)
}

// HTTPStatus returns the status for an error: 400 for a mistake in the request or the settings, 403 for what the user is not
// allowed to read, 502 for a failure of the Prometheus server or the targets, and 500 for a fault of the plugin.
func HTTPStatus(err error) int {
	var (
		forbidden Forbidden
		mistake   userError
		targets   targetError
		failed    *promapi.Failure
	)
	switch {
	case errors.As(err, &forbidden):
		return http.StatusForbidden
	case errors.As(err, &mistake):
		return http.StatusBadRequest
	case errors.As(err, &failed) && failed.Query:
		return http.StatusBadRequest
	case errors.As(err, &failed), errors.As(err, &targets):
		return http.StatusBadGateway
	}
	return http.StatusInternalServerError
}
