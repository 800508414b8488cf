// Package datasource answers Grafana: queries, the health check and the resources that the editors and live panels use.
//
// It only connects the other packages:
//
//	datasource.go  an instance: one data source's settings and its executor
//	query.go       QueryData: the index of query types
//	health.go      CheckHealth
//	resources.go   CallResource: the index of resources
//	receiver.go    the alert receiver: its settings, and its resource
package datasource

import (
	"context"
	"fmt"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/datasource"
	"github.com/grafana/grafana-plugin-sdk-go/backend/instancemgmt"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/failure"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/receiver"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/settings"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// Instance serves one data source. Grafana creates a new instance whenever the settings change.
type Instance struct {
	source    request.Source
	resources backend.CallResourceHandler
	received  *receiver.Handle // nil where the alert receiver is off
	answers   answers
	// broken says what is wrong with the settings, nil if nothing is. Such an instance answers everything with it: if
	// the factory returned the error, users would only read "plugin unavailable".
	broken error
}

var (
	_ backend.QueryDataHandler      = (*Instance)(nil)
	_ backend.CheckHealthHandler    = (*Instance)(nil)
	_ backend.CallResourceHandler   = (*Instance)(nil)
	_ instancemgmt.InstanceDisposer = (*Instance)(nil)
)

// Factory returns a factory of instances that share one pool of scrapers, one recorder of received alerts and what
// executors share.
func Factory(pool *scrape.Manager, recorder *receiver.Recorder) datasource.InstanceFactoryFunc {
	shared := executor.NewShared()
	return func(ctx context.Context, s backend.DataSourceInstanceSettings) (instancemgmt.Instance, error) {
		lease := func(c scrape.Config) (executor.Fleet, error) { return pool.Lease(c) }
		d := newInstance(ctx, s, lease, recorder, shared)
		d.source.Process = pool.Name()
		return d, nil
	}
}

func newInstance(ctx context.Context, s backend.DataSourceInstanceSettings, lease func(scrape.Config) (executor.Fleet, error), recorder *receiver.Recorder, shared *executor.Shared) *Instance {
	d := &Instance{source: request.Source{Catalogue: signals.Load(), Now: time.Now, Kept: &request.Kept{}}}
	d.resources = d.routes()
	if err := d.start(ctx, s, lease, recorder, shared); err != nil {
		d.broken = fmt.Errorf("the settings of this data source cannot be used: %w", err)
	}
	return d
}

func (d *Instance) start(ctx context.Context, s backend.DataSourceInstanceSettings, lease func(scrape.Config) (executor.Fleet, error), recorder *receiver.Recorder, shared *executor.Shared) error {
	var err error
	source := &d.source
	if source.Settings, err = settings.Parse(s.JSONData, source.Catalogue); err != nil {
		return err
	}
	client, key, err := settings.HTTPOptions(ctx, s)
	if err != nil {
		return err
	}
	if c := source.Settings.Store; c != nil {
		c.Client, c.Catalogue, c.Logger = client, source.Catalogue, log.DefaultLogger.With("datasource", s.UID)
		if source.Settings.Receiver.Enabled {
			c.Received = exposedBy(receiverKey(ctx, s))
		}
		exec, err := executor.NewPrometheus(*c, shared)
		if err != nil {
			return err // the executor stays nil: there is nothing to release
		}
		source.Executor = exec
		d.received, err = openReceiver(ctx, s, source, recorder, nil)
		return err
	}
	leased, err := lease(scrape.Config{
		OrgID:          backend.PluginConfigFromContext(ctx).OrgID, //nolint:staticcheck // SA1019: every supported Grafana sends the number
		Targets:        source.Settings.Targets,
		Interval:       source.Settings.Interval,
		Timeout:        source.Settings.Timeout,
		Retention:      source.Settings.Retention,
		RetentionBytes: source.Settings.RetentionSize,
		Limits:         source.Settings.Limits,
		Client:         client,
		ClientKey:      key,
		Reading:        source.Catalogue.Reading,
		Logger:         log.DefaultLogger.With("datasource", s.UID),
	})
	if err != nil {
		return err
	}
	d.received, err = openReceiver(ctx, s, source, recorder, leased.Targets)
	source.Executor = executor.NewEmbedded(source.Settings, leased, receivedAlerts(d.received), shared)
	return err
}

// Dispose releases the executor and the receiver.
func (d *Instance) Dispose() {
	if d.received != nil {
		d.received.Release()
	}
	if d.source.Executor != nil {
		d.source.Executor.Release()
	}
}

// ready prepares the executor for a request. It waits up to patience for targets that have not been scraped yet, with rates
// for those that have not been scraped twice.
func (d *Instance) ready(ctx context.Context, patience time.Duration, rates bool) error {
	if d.broken != nil {
		return failure.User(d.broken)
	}
	return d.source.Executor.Ready(ctx, patience, rates)
}
