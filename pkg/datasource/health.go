package datasource

import (
	"context"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/health"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
)

// CheckHealth reports how many targets answer, and what is wrong with the others.
func (d *Instance) CheckHealth(ctx context.Context, _ *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	ctx, cancel := d.limited(ctx, false)
	defer cancel()
	if err := d.ready(ctx, health.Patience, false); err != nil {
		return health.Failed(err.Error()), nil
	}
	r := request.New(d.source, false)
	defer r.Close()
	if d.received == nil {
		return health.Check(ctx, r, nil, d.answers.details()...)
	}
	return health.Check(ctx, r, d.received, d.answers.details()...)
}
