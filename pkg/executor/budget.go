package executor

import (
	"context"
	"runtime"
	"sync/atomic"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

// Budget is what all evaluations of the process share: places, and the samples that they may hold in memory. Of
// limits.maxSamples, an eighth is for large evaluations of alert rules, a quarter for those of all others, a quarter for
// results, and the places share the rest. An evaluation that does not fit into its place is repeated as a large one, of
// which there is one at a time.
type Budget struct {
	panels, alerts lane
	results        atomic.Int64 // samples of results that are still in use
}

// lane holds the places of panels, or those of alert rules, which never wait for panels.
type lane struct {
	small, large *places
	largeShare   float64 // of limits.maxSamples
}

// resultShare is the share of limits.maxSamples for the results that requests hold.
const resultShare = 1. / 4

// NewBudget returns the budget of a process on a machine with some CPUs. Half of the places are out of reach for a single
// client.
func NewBudget(cpus int) *Budget {
	cpus = min(max(cpus, 1), 8)
	alerts := max(2, cpus/2)
	return &Budget{
		panels: lane{newPlaces(2*cpus, cpus), newPlaces(1, 1), 1. / 4},
		alerts: lane{newPlaces(alerts, alerts/2), newPlaces(1, 1), 1. / 8},
	}
}

// DefaultBudget returns the budget of a process on this machine.
func DefaultBudget() *Budget { return NewBudget(runtime.NumCPU()) }

// smallShare returns the share of limits.maxSamples for one place.
func (b *Budget) smallShare() float64 {
	rest := 1 - resultShare - b.panels.largeShare - b.alerts.largeShare
	return rest / float64(b.panels.small.total+b.alerts.small.total)
}

// hold counts the samples of a result until release is called. It reports false if there is no room for them.
func (b *Budget) hold(samples, maxSamples int) (release func(), ok bool) {
	n := int64(samples)
	if float64(b.results.Add(n)) > resultShare*float64(maxSamples) {
		b.results.Add(-n)
		return nil, false
	}
	return func() { b.results.Add(-n) }, true
}

// Client is on whose behalf an expression is evaluated.
type Client struct {
	Name  string // the user, or the data source if there is none
	Alert bool   // an alert rule
}

type clientKey struct{}

// WithClient returns a context for evaluations on behalf of the user of a request.
func WithClient(ctx context.Context, alert bool) context.Context {
	plugin := backend.PluginConfigFromContext(ctx)
	c := Client{Alert: alert}
	if s := plugin.DataSourceInstanceSettings; s != nil {
		c.Name = "data source " + s.UID
	}
	if u := plugin.User; u != nil && u.Login != "" {
		c.Name = "user " + u.Login
	}
	return context.WithValue(ctx, clientKey{}, c)
}

func clientOf(ctx context.Context) Client {
	c, _ := ctx.Value(clientKey{}).(Client)
	return c
}

func (b *Budget) lane(c Client) lane {
	if c.Alert {
		return b.alerts
	}
	return b.panels
}
