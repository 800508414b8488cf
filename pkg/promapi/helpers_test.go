package promapi

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/promapi/promapitest"
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

// client returns a Client that queries the fake server.
func (f fakeServer) client(t *testing.T, change ...func(*Config)) *Client {
	t.Helper()
	u, err := ParseURL(f.URL)
	require.NoError(t, err)
	c := Config{
		URL: u, Method: http.MethodPost, Interval: 15 * time.Second, Timeout: 5 * time.Second,
		Now: func() time.Time { return promapitest.Noon },
	}
	for _, to := range change {
		to(&c)
	}
	s, err := New(c)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}
