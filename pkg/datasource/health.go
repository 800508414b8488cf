package datasource

import (
	"context"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/health"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
)

// CheckHealth reports how many targets answer, and what is wrong with the others.
func (d *Instance) CheckHealth(ctx context.Context, _ *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	if err := d.ready(ctx, health.Patience); err != nil {
		return health.Failed(err.Error()), nil
	}
	ctx, cancel := context.WithTimeout(executor.WithClient(ctx, false), d.source.Settings.QueryTimeout)
	defer cancel()
	r := request.New(d.source, false)
	defer r.Close()
	if d.received == nil {
		return health.Check(ctx, r, nil)
	}
	return health.Check(ctx, r, d.received)
}
