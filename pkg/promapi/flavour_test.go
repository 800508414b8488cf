package promapi

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi/promapitest"
)

func TestFlavours(t *testing.T) {
	for body, want := range map[string]string{
		`{"status": "success", "data": {"version": "3.5.0"}}`:                                  "Prometheus 3.5.0",
		`{"status": "success", "data": {"version": "0.37.2"}}`:                                 "Thanos 0.37.2",
		`{"status": "success", "data": {"version": "2.15.0", "application": "Grafana Mimir"}}`: "Mimir 2.15.0",
		"404 page not found": "The Prometheus-compatible server",
	} {
		f, _ := newFakeServer(t, promapitest.Always(200, body)).client(t).Flavour(t.Context())
		require.Equal(t, want, f.String())
	}
}
