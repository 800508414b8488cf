package store

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi/promapitest"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/signals"
)

// fakeServer is a server that answers as a test defines.
type fakeServer struct{ *promapitest.Server }

func newFakeServer(t *testing.T, respond func(path string, p url.Values) (int, string)) fakeServer {
	t.Helper()
	return fakeServer{promapitest.NewServer(t, respond)}
}

func newEngine(t *testing.T, script string, other func(path string, p url.Values) (int, string)) fakeServer {
	t.Helper()
	return fakeServer{promapitest.NewEngine(t, script, other)}
}

// store returns a Store that queries the fake server.
func (f fakeServer) store(t *testing.T, change ...func(*Config)) *Store {
	t.Helper()
	u, err := promapi.ParseURL(f.URL)
	require.NoError(t, err)
	c := Config{
		Config:   promapi.Config{URL: u, Method: http.MethodPost, Interval: 15 * time.Second, Timeout: 5 * time.Second},
		Identity: Identity{"instance"}, Catalogue: signals.Load(),
	}
	for _, to := range change {
		to(&c)
	}
	s, err := New(c)
	require.NoError(t, err)
	s.now = func() time.Time { return promapitest.Noon }
	t.Cleanup(s.Close)
	return s
}
