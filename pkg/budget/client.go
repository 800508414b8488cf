package budget

import (
	"context"
	"fmt"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

// Client is on whose behalf something is evaluated.
type Client struct {
	User       string // the login; empty without a user
	DataSource string // organisation and UID
	Alert      bool   // an alert rule
	Background bool   // what several users share, such as the search for targets
}

type clientKey struct{}

// WithClient returns a context for evaluations on behalf of the user of a request.
func WithClient(ctx context.Context, alert bool) context.Context {
	plugin := backend.PluginConfigFromContext(ctx)
	c := Client{Alert: alert}
	if s := plugin.DataSourceInstanceSettings; s != nil {
		c.DataSource = fmt.Sprintf("%d/%s", plugin.OrgID, s.UID) //nolint:staticcheck // SA1019: every supported Grafana sends the number
	}
	if u := plugin.User; u != nil {
		c.User = u.Login
	}
	return context.WithValue(ctx, clientKey{}, c)
}

// InBackground returns a context that outlives ctx, for work whose result others use as well. It does not wait for the
// places of the user who started it.
func InBackground(ctx context.Context) context.Context {
	c := Client{DataSource: clientOf(ctx).DataSource, Background: true}
	return context.WithValue(context.WithoutCancel(ctx), clientKey{}, c)
}

// IsAlert reports whether a context is that of an alert rule.
func IsAlert(ctx context.Context) bool { return clientOf(ctx).Alert }

// UserOf returns the name under which the memory of responses is counted. Alert rules share it with no user.
func UserOf(ctx context.Context) string {
	c := clientOf(ctx)
	if c.Alert {
		return "alert rules of " + c.user()
	}
	return c.user()
}

func clientOf(ctx context.Context) Client {
	c, _ := ctx.Value(clientKey{}).(Client)
	return c
}

// user returns the name under which a user's places are counted. Alert rules and work without a user count as their data
// source, so that one data source does not take the places of others.
func (c Client) user() string {
	switch {
	case c.Background:
		return "background of data source " + c.DataSource
	case c.User != "" && !c.Alert:
		return "user " + c.User
	}
	return "data source " + c.DataSource
}
