package budget

import "context"

// Requests bounds the requests that one Prometheus server gets at a time. Together they are as many queries as Prometheus
// evaluates at a time by default (--query.max-concurrency is 20), so that light queries and alert rules do not wait in the
// server's queue behind the heavy queries of one user.
type Requests struct {
	panels, alerts, background *places
}

const (
	maxPanelRequests, maxUserRequests       = 12, 6
	maxAlertRequests, maxBackgroundRequests = 4, 4
)

// NewRequests returns the bounds for one server.
func NewRequests() *Requests {
	return &Requests{
		panels:     newPlaces(maxPanelRequests, maxUserRequests, maxPanelRequests),
		alerts:     newPlaces(maxAlertRequests, maxAlertRequests, maxAlertRequests),
		background: newPlaces(maxBackgroundRequests, maxBackgroundRequests, maxBackgroundRequests),
	}
}

// Take waits until a request may be sent on behalf of the client of ctx, and returns a function that must be called at its
// end. The error is that of ctx.
func (r *Requests) Take(ctx context.Context) (give func(), err error) {
	c := clientOf(ctx)
	from := r.panels
	switch {
	case c.Background:
		from = r.background
	case c.Alert:
		from = r.alerts
	}
	if err := from.take(ctx, c); err != nil {
		return nil, err
	}
	return func() { from.give(c) }, nil
}
