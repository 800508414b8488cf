// Package datasource answers Grafana: queries, the health check and the look-ups of the editors.
//
//	datasource.go  an instance: one data source's settings, its executor
//	executor.go    who answers expressions                  embedded.go, stored.go  the two that do
//	settings.go    jsonData, its defaults and checks        settings_store.go  those of a store
//	gauges.go      what is set for a target                 export.go    the targets, for a Prometheus
//	client.go      HTTP options
//	model.go       the query and its migrations             times.go     step, range, macros
//	query.go       QueryData: an index of the kinds         kind_*.go    one file a kind of query
//	request.go     what the queries of a request share      failures.go  errors in words
//	notices.go     why a panel shows less than expected     needs.go, states.go, coverage.go  reasons
//	targets.go     which targets a query is about           scope.go     the same, for kinds without signals
//	scan.go        samples as they were scraped
//	health.go      CheckHealth                              resources.go CallResource
//	live.go        scrapes for those who watch              live_*.go    samples and reasons for them
package datasource

import (
	"context"
	"fmt"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/datasource"
	"github.com/grafana/grafana-plugin-sdk-go/backend/instancemgmt"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/scrape"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// Instance serves one data source with one state of its settings; Grafana makes a new one at every change.
type Instance struct {
	settings  settings
	catalogue *signals.Catalogue
	exec      executor
	resources backend.CallResourceHandler
	now       func() time.Time
	process   string // a name for the plugin's process, to be told from that of other replicas

	// broken says what is wrong with the settings. Everything is answered with it, as an instance that
	// could not be made would only be "plugin unavailable" to its user.
	broken error
}

var (
	_ backend.QueryDataHandler      = (*Instance)(nil)
	_ backend.CheckHealthHandler    = (*Instance)(nil)
	_ backend.CallResourceHandler   = (*Instance)(nil)
	_ instancemgmt.InstanceDisposer = (*Instance)(nil)
)

// Factory makes instances that share one pool of scrapers.
func Factory(pool *scrape.Manager) datasource.InstanceFactoryFunc {
	return func(ctx context.Context, s backend.DataSourceInstanceSettings) (instancemgmt.Instance, error) {
		lease := func(c scrape.Config) (fleet, error) { return pool.Lease(c) }
		d := newInstance(ctx, s, lease)
		d.process = pool.Name()
		return d, nil
	}
}

func newInstance(ctx context.Context, s backend.DataSourceInstanceSettings, lease func(scrape.Config) (fleet, error)) *Instance {
	d := &Instance{catalogue: signals.Load(), now: time.Now}
	d.resources = d.routes()
	if err := d.start(ctx, s, lease); err != nil {
		d.broken = fmt.Errorf("the settings of this data source cannot be used: %w", err)
	}
	return d
}

func (d *Instance) start(ctx context.Context, s backend.DataSourceInstanceSettings, lease func(scrape.Config) (fleet, error)) error {
	var err error
	if d.settings, err = parseSettings(s.JSONData, d.catalogue); err != nil {
		return err
	}
	client, key, err := clientOptions(ctx, s)
	if err != nil {
		return err
	}
	if c := d.settings.store; c != nil {
		c.Client, c.Catalogue, c.Logger = client, d.catalogue, log.DefaultLogger.With("datasource", s.UID)
		exec, err := newStored(*c)
		if err != nil {
			return err // d.exec stays nil: there is nothing to release
		}
		d.exec = exec
		return nil
	}
	leased, err := lease(scrape.Config{
		OrgID:          backend.PluginConfigFromContext(ctx).OrgID, //nolint:staticcheck // SA1019: every supported Grafana sends the number
		Targets:        d.settings.targets,
		Interval:       d.settings.interval,
		Timeout:        d.settings.timeout,
		Retention:      d.settings.retention,
		RetentionBytes: d.settings.historyBytes,
		Limits:         d.settings.limits,
		Client:         client,
		ClientKey:      key,
		Reading:        d.catalogue.Reading,
		Logger:         log.DefaultLogger.With("datasource", s.UID),
	})
	if err != nil {
		return err
	}
	d.exec = newEmbedded(d.settings, leased)
	return nil
}

// Dispose gives back what the executor holds.
func (d *Instance) Dispose() {
	if d.exec != nil {
		d.exec.release()
	}
}

// ready says that somebody asks, and waits a moment for what is not known yet.
func (d *Instance) ready(ctx context.Context, patience time.Duration) error {
	if d.broken != nil {
		return userError{d.broken}
	}
	return d.exec.ready(ctx, patience)
}
