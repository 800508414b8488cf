package budget

import (
	"context"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"
)

// asUser returns a context for queries of a user.
func asUser(t *testing.T, login string, alert bool) context.Context {
	return WithClient(backend.WithPluginContext(t.Context(), backend.PluginContext{
		OrgID: 1, User: &backend.User{Login: login}, DataSourceInstanceSettings: &backend.DataSourceInstanceSettings{UID: "falco"}, //nolint:staticcheck // SA1019: every supported Grafana sends the number
	}), alert)
}

// All places and all results together never hold more than limits.maxSamples.
func TestSharesAddUp(t *testing.T) {
	for cpus := range 20 {
		b, sum := New(cpus), 0.
		for _, l := range []*lane{b.panels, b.alerts} {
			sum += float64(l.small.total)*l.smallShare + float64(l.large.total)*l.largeShare + l.results.share
		}
		require.InDelta(t, 1, sum, 1e-9, cpus)
	}
}

func TestEnlargedPlace(t *testing.T) {
	b := New(1)
	const maxSamples = 3200
	p, err := b.Take(asUser(t, "a", false), maxSamples)
	require.NoError(t, err)
	require.Equal(t, 150, p.Samples(), "12/32 of them for 8 places")
	require.False(t, p.IsLarge())
	require.NoError(t, p.Enlarge(t.Context()))
	require.Equal(t, 800, p.Samples())
	require.True(t, p.IsLarge())

	gone, cancel := context.WithCancel(asUser(t, "b", false))
	cancel()
	_, err = b.TakeLarge(gone, maxSamples)
	require.ErrorIs(t, err, context.Canceled, "there is one large place")
	alert, err := b.TakeLarge(asUser(t, "b", true), maxSamples)
	require.NoError(t, err, "alert rules have their own")
	require.Equal(t, 200, alert.Samples())
	p.Give()
	p, err = b.TakeLarge(asUser(t, "b", false), maxSamples)
	require.NoError(t, err)
	p.Give()
	alert.Give()
	require.Zero(t, b.panels.small.taken+b.panels.large.taken+b.alerts.small.taken+b.alerts.large.taken)
}

// A user's results leave room for those of other users and of alert rules.
func TestResultsAreShared(t *testing.T) {
	b := New(1)
	greedy, modest, alert := asUser(t, "greedy", false), asUser(t, "modest", false), asUser(t, "greedy", true)
	const maxSamples = 3200
	release, err := b.Hold(greedy, 800, maxSamples)
	require.NoError(t, err)
	_, err = b.Hold(greedy, 1, maxSamples)
	require.Equal(t, ResultsFull(800), err)
	releaseModest, err := b.Hold(modest, 100, maxSamples)
	require.NoError(t, err)
	releaseAlert, err := b.Hold(alert, 100, maxSamples)
	require.NoError(t, err)
	for _, f := range []func(){release, releaseModest, releaseAlert, release} {
		f()
	}
	require.Zero(t, b.panels.results.total+b.alerts.results.total)
	require.Empty(t, b.panels.results.users)
}

// The requests of one user leave the server time for those of others and of alert rules.
func TestRequestsAreShared(t *testing.T) {
	r := NewRequests()
	for range maxUserRequests {
		_, err := r.Take(asUser(t, "greedy", false))
		require.NoError(t, err)
	}
	gone, cancel := context.WithCancel(asUser(t, "greedy", false))
	cancel()
	_, err := r.Take(gone)
	require.ErrorIs(t, err, context.Canceled)
	require.False(t, r.panels.free(clientOf(gone)))
	for _, ctx := range []context.Context{asUser(t, "modest", false), asUser(t, "greedy", true)} {
		give, err := r.Take(ctx)
		require.NoError(t, err)
		give()
	}
	give, err := r.Take(InBackground(gone))
	require.NoError(t, err)
	give()
	require.Equal(t, maxUserRequests, r.panels.taken)
	require.Zero(t, r.alerts.taken)
}
